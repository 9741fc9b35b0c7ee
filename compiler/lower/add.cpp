// Lowering of add and sub: constants of the linear form that are exact for all 65,536 pairs of
// inputs.
//
// The exact output is a function f of two stored bytes. For given ma, mb and shift, the linear form
// (a ma + b mb + offset) >> shift equals f on every pair whose output is not clamped exactly when
// offset lies in an interval, the intersection over all pairs; clamped pairs bound it on one side.
// The search tries multipliers around the true ones and takes the middle of the first interval that
// is not empty. A subtraction is an addition whose second multiplier is negative.
#include "compiler/reference/add.h"

#include "compiler/lower/accumulation.h"
#include "compiler/lower/lower.h"
#include "compiler/lower/operands.h"
#include "generators/add.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

namespace octet::lower {

using generators::AddForm;
using generators::AddSpec;

namespace {

/// Results for all pairs of stored values, indexed by 256 a + b from the lowest stored value on.
struct PairTable {
    std::array<int16_t, 65536> result;
    int32_t a_lowest = 0, b_lowest = 0; ///< the stored value of index 0
    int32_t lo = 0, hi = 255;
};

/// q = (a ma + b mb + offset) >> shift.
struct LinearConstants {
    int64_t ma, mb, offset;
    int shift;
};

/// An offset that fits every pair, or nothing. Stops at the first contradiction.
std::optional<int64_t> fit_offset(const PairTable &table, int64_t ma, int64_t mb, int shift) {
    int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
    for (int i = 0; i < 256; ++i)
        for (int j = 0; j < 256; ++j) {
            const int64_t sum = (i + table.a_lowest) * ma + (j + table.b_lowest) * mb;
            const int64_t q = table.result[size_t(256 * i + j)];
            if (q > table.lo)
                least = std::max(least, (q << shift) - sum);
            if (q < table.hi)
                most = std::min(most, ((q + 1) << shift) - 1 - sum);
            if (least > most)
                return std::nullopt;
        }
    return least + (most - least) / 2;
}

/// Constants with `extra_bits` more than int32 sums have room for.
std::optional<LinearConstants> solve_linear(const PairTable &table, double a_slope, double b_slope,
                                            int extra_bits) {
    // The largest shift at which sums of products stay within int32 has the finest steps.
    const double slope = std::max(std::abs(a_slope) + std::abs(b_slope), 0.5);
    const int coarse =
        std::clamp(int(std::floor(std::log2(double(1u << 31) / (520 * slope)))), 1, 24);
    const int shift = coarse + extra_bits;
    const int64_t ma = std::llround(std::ldexp(a_slope, shift));
    const int64_t mb = std::llround(std::ldexp(b_slope, shift));
    constexpr int reach = 12;
    for (int distance = 0; distance <= reach; ++distance)
        for (int da = -distance; da <= distance; ++da)
            for (int db = -distance; db <= distance; ++db) {
                if (std::max(std::abs(da), std::abs(db)) != distance)
                    continue;
                const auto offset = fit_offset(table, ma + da, mb + db, shift);
                if (!offset)
                    continue;
                const int64_t widest =
                    (256 * (std::abs(ma + da) + std::abs(mb + db)) + std::abs(*offset)) >>
                    extra_bits;
                if (widest + 512 < std::numeric_limits<int32_t>::max())
                    return LinearConstants{ma + da, mb + db, *offset, shift};
            }
    return std::nullopt;
}

constexpr int fine_bits = 8;

/// The kernel's parameters in the linear form, or in the fine one with the low bits apart.
std::vector<int32_t> parameters_of(const LinearConstants &constants, const OutputRange &range,
                                   int extra_bits) {
    const auto high = [&](int64_t value) { return int32_t(value >> extra_bits); };
    const auto low = [&](int64_t value) {
        return int32_t(value & ((int64_t{1} << extra_bits) - 1));
    };
    std::vector<int32_t> parameters = {
        high(constants.ma),           high(constants.mb), high(constants.offset),
        constants.shift - extra_bits, range.lo,           range.hi};
    if (extra_bits)
        for (const int64_t value : {constants.ma, constants.mb, constants.offset})
            parameters.push_back(low(value));
    return parameters;
}

/// Sets the form and its constants.
void set_parameters(Builder &builder, AddSpec &spec, NamedArguments &arguments,
                    const LinearConstants &constants, const OutputRange &range, int extra_bits) {
    spec.form = extra_bits ? AddForm::fine : AddForm::linear;
    arguments["parameters"] = builder.constant(parameters_of(constants, range, extra_bits));
    if (!builder.target().fixed_epilogue())
        return;
    spec.fixed = true;
    spec.shift = constants.shift - extra_bits;
    spec.lo = range.lo;
    spec.hi = range.hi;
}

void lower_sum(Builder &builder, const Operator &op, Activation activation, int sign) {
    const Graph &graph = builder.graph();
    const reference::AddParameters parameters = reference::add_parameters(graph, op);
    const int a = builder.readable(op.inputs[0]), b = builder.readable(op.inputs[1]);
    const int output = builder.create(op.outputs[0]);
    const StoredTensor stored_a = builder.stored_tensor(a), stored_b = builder.stored_tensor(b);
    const StoredTensor out = builder.stored_tensor(output);
    const OutputRange range = output_range(builder, output, activation);

    // Stored values run over 256 values from the type's lowest; the graph's own are `bias` less.
    const auto lowest = [](const StoredTensor &tensor) {
        return tensor.dtype == DType::s8 && !tensor.rebiased ? -128 : 0;
    };
    const auto bias = [](const StoredTensor &tensor) { return tensor.rebiased ? 128 : 0; };
    PairTable table{{}, lowest(stored_a), lowest(stored_b), range.lo, range.hi};
    for (int i = 0; i < 256; ++i)
        for (int j = 0; j < 256; ++j)
            table.result[size_t(256 * i + j)] =
                int16_t(reference::add_values(parameters, i + table.a_lowest - bias(stored_a),
                                              j + table.b_lowest - bias(stored_b)) +
                        bias(out));

    AddSpec spec;
    spec.a_type = Builder::type_name(stored_a);
    spec.b_type = Builder::type_name(stored_b);
    spec.out_type = Builder::type_name(out);
    set_dimensions(spec, stored_a, stored_b, out);
    NamedArguments arguments = {{"a", builder.argument(a)},
                                {"b", builder.argument(b)},
                                {"output", builder.argument(output)}};
    const double out_scale = graph.tensor(op.outputs[0]).quantization.scale();
    const auto slope = [&](int i) {
        return double(graph.tensor(op.inputs[size_t(i)]).quantization.scale()) / out_scale;
    };
    if (const auto linear = solve_linear(table, slope(0), sign * slope(1), 0)) {
        set_parameters(builder, spec, arguments, *linear, range, 0);
    } else if (const auto fine = solve_linear(table, slope(0), sign * slope(1), fine_bits)) {
        set_parameters(builder, spec, arguments, *fine, range, fine_bits);
    } else {
        spec.form = AddForm::table;
        std::vector<uint8_t> bytes(65536);
        for (int i = 0; i < 256; ++i)
            for (int j = 0; j < 256; ++j)
                bytes[size_t(256 * uint8_t(i + table.a_lowest) + uint8_t(j + table.b_lowest))] =
                    uint8_t(table.result[size_t(256 * i + j)]);
        arguments["table"] = builder.constant(bytes);
        builder.note(
            fmt::format("{}: no linear form is exact, computed by a table of all pairs", op.name));
    }
    builder.set_values(output, range.lo, range.hi);
    const generators::Pointwise kernel = generators::add(spec);
    builder.call(op, {.generator = "add",
                      .types = spec.out_type + "_" + spec.a_type + "_" + spec.b_type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = {a, b},
                      .outputs = {output},
                      .in_place = true});
}

} // namespace

void add(Builder &builder, const Operator &op) {
    lower_sum(builder, op, op.as<AddAttributes>().activation, 1);
}
void sub(Builder &builder, const Operator &op) {
    lower_sum(builder, op, op.as<SubAttributes>().activation, -1);
}

} // namespace octet::lower
