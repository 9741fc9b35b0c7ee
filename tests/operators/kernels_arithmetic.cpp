// Cases of two operands other than additions, and of activations in a row.
#include "tests/operators/kernels_cases.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

using Outputs = std::vector<TensorId>;

/// Shapes of two operands: alike, broadcast, with padded channels and without.
const std::vector<std::pair<Shape, Shape>> &operand_shapes() {
    static const std::vector<std::pair<Shape, Shape>> shapes = {{{1, 5, 4, 24}, {1, 5, 4, 24}},
                                                                {{2, 3, 3, 10}, {2, 3, 3, 10}},
                                                                {{2, 4, 3, 10}, {1, 1, 1, 10}},
                                                                {{2, 4, 3, 24}, {24}},
                                                                {{1, 4, 3, 24}, {1, 4, 3, 1}},
                                                                {{3, 2, 3, 16}, {3, 1, 1, 16}},
                                                                {{2, 3, 8}, {1}},
                                                                {{1001}, {1001}}};
    return shapes;
}

CaseGroup sums_and_products() {
    CaseGroup group{"arithmetic", {}};
    for (const auto &[a, b] : operand_shapes())
        for (const bool constant : {false, true}) {
            const std::string name =
                fmt::format("{}_{}{}", to_string(a), to_string(b), constant ? "_constant" : "");
            const auto operands = [&](RandomGraph &g) {
                const TensorId x = g.input(a);
                return std::pair(x, constant ? g.constant(b) : g.input(b));
            };
            group.add("sub_" + name, [&](RandomGraph &g) -> Outputs {
                const auto [x, y] = operands(g);
                return {g.sub(x, y, Activation(g.uniform(0, 3)))};
            });
            group.add("mul_" + name, [&](RandomGraph &g) -> Outputs {
                const auto [x, y] = operands(g);
                return {g.mul(x, y, Activation(g.uniform(0, 3)))};
            });
        }
    group.add("uint8", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 3, 5, 10}, DType::u8);
        return {g.sub(x, g.input({1, 3, 5, 10}, DType::u8)), g.mul(x, g.input({10}, DType::u8))};
    });
    // The constant first: its difference to x is another function than x's to it.
    group.add("constant_first", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({2, 10}), y = g.constant({2, 10});
        return {g.sub(y, x), g.mul(y, x)};
    });
    group.add("square", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 3, 4, 10});
        return {g.mul(x, x), g.sub(x, x)};
    });
    return group;
}

CaseGroup comparisons_and_slopes() {
    CaseGroup group{"comparison", {}};
    for (const Shape &shape : {Shape{1, 4, 5, 24}, Shape{2, 3, 10}, Shape{7, 1}, Shape{33}})
        for (const DType dtype : {DType::s8, DType::u8}) {
            const std::string name = fmt::format("{}_{}", to_string(shape), name_of(dtype));
            for (const bool per_channel : {false, true})
                group.add((per_channel ? "channels_" : "scalar_") + name,
                          [&](RandomGraph &g) -> Outputs {
                              const TensorId x = g.input(shape, dtype);
                              return {g.compare(OpKind::minimum, x, per_channel),
                                      g.compare(OpKind::maximum, x, per_channel)};
                          });
            group.add("prelu_" + name,
                      [&](RandomGraph &g) -> Outputs { return {g.prelu(g.input(shape, dtype))}; });
        }
    return group;
}

/// The hard sigmoid as converters write it.
TensorId hard_sigmoid(RandomGraph &g, TensorId x) {
    const TensorId shifted = g.add(x, g.constant({1}, g.tensor(x).dtype));
    return g.mul(g.clamp(OpKind::relu6, shifted), g.constant({1}, g.tensor(x).dtype));
}

CaseGroup functions_of_a_byte() {
    CaseGroup group{"functions", {}};
    for (const DType dtype : {DType::s8, DType::u8}) {
        const auto add = [&](const char *name, const auto &build) {
            group.add(fmt::format("{}_{}", name, name_of(dtype)), [&](RandomGraph &g) -> Outputs {
                return build(g, g.input({2, 4, 64, 3}, dtype));
            });
        };
        add("tanh", [](RandomGraph &g, TensorId x) -> Outputs { return {g.tanh(x)}; });
        add("hard_swish", [](RandomGraph &g, TensorId x) -> Outputs { return {g.hard_swish(x)}; });
        add("leaky_relu", [](RandomGraph &g, TensorId x) -> Outputs { return {g.leaky_relu(x)}; });
        add("scalars", [dtype](RandomGraph &g, TensorId x) -> Outputs {
            const TensorId one = g.constant({1}, dtype);
            return {g.mul(x, one), g.add(x, one), g.sub(x, one)};
        });
        add("hard_sigmoid",
            [](RandomGraph &g, TensorId x) -> Outputs { return {hard_sigmoid(g, x)}; });
        add("chain_to_other_type", [dtype](RandomGraph &g, TensorId x) -> Outputs {
            return {
                g.quantize(g.leaky_relu(g.tanh(x)), dtype == DType::s8 ? DType::u8 : DType::s8)};
        });
        // What others need as well stays a tensor.
        add("chain_with_readers", [](RandomGraph &g, TensorId x) -> Outputs {
            const TensorId y = g.tanh(x), z = g.leaky_relu(y);
            return {g.mul(z, y), g.hard_swish(z), y};
        });
        add("clip", [](RandomGraph &g, TensorId x) -> Outputs {
            return {g.compare(OpKind::minimum, g.compare(OpKind::maximum, x))};
        });
    }
    return group;
}

} // namespace

std::vector<CaseGroup> arithmetic_cases() {
    return {sums_and_products(), comparisons_and_slopes(), functions_of_a_byte()};
}

} // namespace octet::test
