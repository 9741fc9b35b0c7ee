#include "compiler/lower/accumulation.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <limits>

namespace octet::lower {

void require_shift(const Operator &op, const reference::Requantizer &requantize, int64_t acc_min,
                   int64_t acc_max) {
    const int left = std::max(requantize.multiplier().shift, 0);
    const int64_t reach = std::max(std::abs(acc_min), std::abs(acc_max));
    if (reach << left > std::numeric_limits<int32_t>::max())
        throw Error("operator {}: its multiplier {:g} shifts accumulators up to {} beyond int32; "
                    "enlarge the output's scale",
                    op.name, requantize.real(), reach);
}

Accumulation accumulate(const Builder &builder, const Operator &op, int input, bool rebias_input,
                        int padded_channels,
                        const std::function<std::vector<int8_t>(int channel)> &weights_of) {
    const Graph &graph = builder.graph();
    const Tensor &weights = graph.tensor(op.inputs[1]);
    for (int32_t zero_point : weights.quantization.zero_points)
        if (zero_point != 0)
            throw Error("operator {}: weights {} have the zero point {}, kernels take symmetric "
                        "weights only; quantize them with zero point 0",
                        op.name, weights.name, zero_point);
    const std::vector<reference::Requantizer> requantizers = reference::requantizers(graph, op);
    // Everything in values as the kernel sees them.
    const int64_t bias_of_input = rebias_input ? 128 : 0;
    const int64_t zero_point = builder.zero_point(input) + bias_of_input;
    const StoredTensor &stored = builder.stored_tensor(input);
    const int64_t x_lo = std::min<int64_t>(stored.value_lo + bias_of_input, zero_point);
    const int64_t x_hi = std::max<int64_t>(stored.value_hi + bias_of_input, zero_point);

    Accumulation result;
    result.bias.assign(size_t(padded_channels), 0);
    for (size_t c = 0; c < requantizers.size(); ++c) {
        int64_t positive = 0, negative = 0;
        for (const int8_t w : weights_of(int(c)))
            (w > 0 ? positive : negative) += w;
        int64_t bias = -zero_point * (positive + negative);
        if (op.input(2) != no_tensor)
            bias += graph.tensor(op.inputs[2]).values<int32_t>()[c];
        const int64_t bound = std::abs(bias) + 255 * (positive - negative);
        if (bound > std::numeric_limits<int32_t>::max())
            throw Error("operator {}: the accumulator of channel {} may reach {}, beyond int32; "
                        "reduce the weights' scale or split the operator",
                        op.name, c, bound);
        result.bias[c] = int32_t(bias);
        const reference::Requantizer &requantize = requantizers[c];
        require_shift(op, requantize, bias + positive * x_lo + negative * x_hi,
                      bias + positive * x_hi + negative * x_lo);
        result.channels.push_back({[requantize](int32_t acc) { return requantize(acc); },
                                   requantize.real(), bias + positive * x_lo + negative * x_hi,
                                   bias + positive * x_hi + negative * x_lo});
    }
    return result;
}

OutputRange output_range(const Builder &builder, int output, Activation activation) {
    const StoredTensor &stored = builder.stored_tensor(output);
    const auto [lo, hi] = activation_range(activation, builder.graph().tensor(stored.like));
    const int32_t bias = stored.rebiased ? 128 : 0;
    return {builder.zero_point(output), lo + bias, hi + bias};
}

namespace {

using generators::EpilogueForm;
using generators::EpilogueSpec;

/// The fixed forms that suit the target, cheapest first.
std::vector<EpilogueForm> fixed_forms(const Target &target, bool vectors) {
    if (vectors)
        return {EpilogueForm::doubling, EpilogueForm::doubling_sign, EpilogueForm::fixed,
                EpilogueForm::fixed_sign};
    // One instruction multiplies, takes the high word and adds.
    if (target.has_instruction("smmla"))
        return {EpilogueForm::high, EpilogueForm::fixed, EpilogueForm::high_sign,
                EpilogueForm::fixed_sign};
    // Without an instruction that adds a 64-bit product, products of 32 bits are cheaper.
    if (target.has_instruction("smlal"))
        return {EpilogueForm::high, EpilogueForm::fixed, EpilogueForm::fixed_sign};
    if (target.has_instruction("mulh"))
        return {EpilogueForm::split,     EpilogueForm::high,  EpilogueForm::split_sign,
                EpilogueForm::high_sign, EpilogueForm::fixed, EpilogueForm::fixed_sign};
    return {EpilogueForm::split, EpilogueForm::split_sign, EpilogueForm::fixed,
            EpilogueForm::fixed_sign};
}

EpilogueConstants solve(const Builder &builder, const Operator &op,
                        const Accumulation &accumulation, const OutputRange &range, int block,
                        const EpilogueSpec &spec, bool vectors, bool biased) {
    const Target &target = builder.target();
    try {
        if (target.fixed_epilogue())
            if (const auto solved = solve_fixed_epilogue(
                    accumulation.channels, range, spec.channels,
                    fixed_forms(target, vectors || spec.fixed.lanes > 1), biased))
                return *solved;
        return solve_epilogue(accumulation.channels, range, spec.channels, block,
                              target.fused_multiply_add);
    } catch (const Error &error) {
        throw Error("operator {}, {}", op.name, error.what());
    }
}

/// The words of a fixed form in the order that kernels read them.
std::vector<int32_t> fixed_words(const EpilogueConstants &constants, const EpilogueSpec &spec) {
    std::vector<int32_t> words(size_t(spec.channels) * size_t(spec.fixed_words()));
    for (int c = 0; c < spec.channels; ++c) {
        std::vector<int32_t> channel = {int32_t(constants.r[size_t(c)])};
        if (spec.form == EpilogueForm::fixed || spec.form == EpilogueForm::fixed_sign)
            channel.push_back(int32_t(constants.r[size_t(c)] >> 32));
        channel.push_back(int32_t(constants.m[size_t(c)]));
        if (has_sign(spec.form))
            channel.push_back(constants.d[size_t(c)]);
        for (int word = 0; word < spec.fixed_words(); ++word)
            words[size_t(spec.fixed_offset(c, word))] = channel[size_t(word)];
    }
    return words;
}

} // namespace

void lower_epilogue(Builder &builder, const Operator &op, const Accumulation &accumulation,
                    const OutputRange &range, int block, EpilogueSpec &spec,
                    NamedArguments &arguments, bool vectors, bool biased) {
    const EpilogueConstants constants =
        solve(builder, op, accumulation, range, block, spec, vectors, biased);
    spec.form = constants.form;
    if (biased) {
        std::vector<int32_t> bias = accumulation.bias;
        for (size_t i = 0; i < std::min(bias.size(), constants.bias.size()); ++i)
            bias[i] += constants.bias[i];
        arguments["bias"] = builder.constant(bias);
    }
    if (is_fixed(spec.form)) {
        spec.fixed.shift = constants.fixed_shift;
        spec.fixed.left = constants.fixed_left;
        spec.fixed.lo = range.lo;
        spec.fixed.hi = range.hi;
        arguments["constants"] = builder.constant(fixed_words(constants, spec));
        return;
    }
    spec.fixed.lanes = 1;
    spec.fused = constants.fused;
    spec.narrow = constants.narrow && spec.form != EpilogueForm::exact;
    spec.block = spec.form == EpilogueForm::mixed ? block : 0;
    const int32_t parity = rounding_parity(range.zero_point, spec.fused);
    arguments["range"] = builder.constant(std::vector<int32_t>{range.lo, range.hi, parity});
    const float magic = generators::rounding_magic + float(parity);
    arguments["float_range"] = builder.constant(std::vector<float>{
        magic + float(range.zero_point), magic + float(range.lo), magic + float(range.hi)});
    if (spec.has_float())
        arguments["scale"] = builder.constant(constants.scale);
    if (spec.has_offset())
        arguments["offset"] = builder.constant(constants.offset);
    if (spec.has_exact()) {
        arguments["m"] = builder.constant(constants.m);
        arguments["r_positive"] = builder.constant(constants.r_positive);
        arguments["r_negative"] = builder.constant(constants.r_negative);
        arguments["shift"] = builder.constant(constants.shift);
        builder.note(fmt::format("{}: {} of {} channels round in 64 bits ({} epilogue)", op.name,
                                 constants.exact_channels, constants.channels,
                                 nlohmann::json(spec.form).get<std::string>()));
    }
    if (spec.form == EpilogueForm::mixed)
        arguments["exact_blocks"] = builder.constant(constants.exact_blocks);
}

} // namespace octet::lower
