#include "tests/operators/kernels_decode_cases.h"

#include "tests/support/stored_weights.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

/// Stores the weights of all the graph's convolutions so. Channels that a number of codebooks does
/// not divide share one.
void store_all(Graph &graph, const StorageCase &storage) {
    for (const Operator &op : graph.operators) {
        if (macs(graph, op) == 0)
            continue;
        Tensor &weights = graph.tensor(op.inputs[1]);
        const int axis = op.kind == OpKind::depthwise_conv2d ? 3 : 0;
        const int channels = weights.shape[size_t(axis)];
        int codebooks = storage.codebooks < 0 ? channels : storage.codebooks;
        if (codebooks > 1 && channels % codebooks)
            codebooks = 1;
        store_in(weights, storage.bits, codebooks, 7, axis);
    }
    check(graph);
}

} // namespace

std::vector<StorageCase> storage_cases() {
    return {
        {"values_1", 1, 0},   {"values_2", 2, 0},   {"values_3", 3, 0},    {"values_4", 4, 0},
        {"values_5", 5, 0},   {"values_6", 6, 0},   {"values_7", 7, 0},    {"tensor_2", 1, 1},
        {"tensor_4", 2, 1},   {"tensor_16", 4, 1},  {"tensor_32", 5, 1},   {"tensor_64", 6, 1},
        {"channel_4", 2, -1}, {"channel_8", 3, -1}, {"channel_16", 4, -1}, {"channel_32", 5, -1},
        {"half_16", 4, 2},    {"quarter_32", 5, 4}, {"sixth_4", 2, 6}};
}

std::vector<CaseGroup> decoded_cases() {
    std::vector<CaseGroup> groups;
    for (const StorageCase &storage : storage_cases()) {
        CaseGroup group{storage.name, {}};
        const auto add = [&](const std::string &name, const auto &layer) {
            group.add(name, [&](RandomGraph &g) -> std::vector<TensorId> { return {layer(g)}; });
            store_all(group.cases.back(), storage);
        };
        const auto conv2d = [&](const std::string &name, Shape in, const ConvolutionOptions &o) {
            add(name, [&](RandomGraph &g) { return g.conv2d(g.input(in), o); });
        };
        conv2d("plain", {1, 5, 6, 16}, {.channels_out = 32, .same = true});
        conv2d("pointwise", {1, 4, 4, 32}, {.channels_out = 24, .kernel_h = 1, .kernel_w = 1});
        conv2d("odd", {1, 5, 5, 10}, {.channels_out = 12, .kernel_h = 2});
        conv2d("few", {1, 8, 8, 3}, {.channels_out = 48, .stride_h = 2, .stride_w = 2});
        conv2d("groups", {1, 4, 4, 16}, {.channels_out = 16, .groups = 2, .same = true});
        add("depthwise", [](RandomGraph &g) {
            return g.depthwise_conv2d(g.input({1, 6, 6, 48}), {.same = true});
        });
        add("depthwise_5", [](RandomGraph &g) {
            return g.depthwise_conv2d(g.input({1, 7, 7, 12}),
                                      {.kernel_h = 5, .kernel_w = 5, .stride_w = 2});
        });
        add("transposed", [](RandomGraph &g) {
            return g.transpose_conv2d(g.input({1, 4, 4, 16}),
                                      {.channels_out = 8, .stride_h = 2, .stride_w = 2});
        });
        add("connected", [](RandomGraph &g) {
            return g.fully_connected(g.input({1, 64}), {.channels_out = 40});
        });
        add("connected_odd", [](RandomGraph &g) {
            return g.fully_connected(g.input({2, 37}), {.channels_out = 10});
        });
        groups.push_back(std::move(group));
    }
    return groups;
}

Graph large_convolution(const StorageCase &storage) {
    RandomGraph g(3, "large_" + storage.name);
    const TensorId x = g.input({1, 4, 4, 64});
    Graph graph = g.finish({g.conv2d(x, {.channels_out = 64, .same = true})});
    store_all(graph, storage);
    return graph;
}

} // namespace octet::test
