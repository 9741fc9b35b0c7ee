#include "compiler/quantize/blocks.h"

#include "compiler/graph/connections.h"
#include "compiler/quantize/weighted.h"

#include <algorithm>
#include <set>

namespace octet::quantize {

namespace {

constexpr size_t most_weighted = 3; ///< layers of a chain that learn together

/// For each operator, whether one tensor at most is read on both sides behind it.
std::vector<bool> find_cuts(const Graph &graph, const Connections &connections) {
    std::vector<int> change(graph.operators.size() + 1); // of the number of tensors alive
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
        const TensorId id = TensorId(i);
        const auto &readers = connections.readers(id);
        if (graph.tensor(id).constant() || readers.empty())
            continue;
        ++change[size_t(std::max(0, connections.producer(id)))];
        --change[size_t(readers.back())];
    }
    std::vector<bool> cuts;
    int alive = 0;
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        alive += change[i];
        cuts.push_back(alive <= 1);
    }
    return cuts;
}

void find_ends(const Graph &graph, const Connections &connections, Block &block) {
    std::set<TensorId> inputs;
    for (size_t i = block.first; i < block.last; ++i) {
        const Operator &op = graph.operators[i];
        for (TensorId id : op.inputs)
            if (id != no_tensor && !graph.tensor(id).constant() &&
                connections.producer(id) < int(block.first))
                inputs.insert(id);
        const auto &readers = connections.readers(op.outputs[0]);
        if (connections.is_output(op.outputs[0]) ||
            (!readers.empty() && readers.back() >= int(block.last)))
            block.outputs.push_back(op.outputs[0]);
        if (has_weights(graph, op))
            block.weighted.push_back(i);
    }
    block.inputs.assign(inputs.begin(), inputs.end());
}

} // namespace

std::vector<Block> find_blocks(const Graph &graph) {
    const Connections connections(graph);
    const std::vector<bool> cuts = find_cuts(graph, connections);
    // Stretches between cuts, by where they end and how many weighted layers they have.
    std::vector<Block> blocks;
    size_t first = 0, in_block = 0, in_stretch = 0, stretch = 0;
    const auto close = [&](size_t last) {
        if (last == first)
            return;
        Block &block = blocks.emplace_back();
        block.first = first;
        block.last = last;
        first = last;
    };
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        in_stretch += has_weights(graph, graph.operators[i]);
        if (!cuts[i] && i + 1 < graph.operators.size())
            continue;
        if (in_block > 0 && in_block + in_stretch > most_weighted) {
            close(stretch); // Without this stretch.
            in_block = 0;
        }
        in_block += in_stretch;
        in_stretch = 0;
        stretch = i + 1;
    }
    close(graph.operators.size());
    for (Block &block : blocks)
        find_ends(graph, connections, block);
    return blocks;
}

} // namespace octet::quantize
