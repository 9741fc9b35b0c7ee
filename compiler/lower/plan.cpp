// The memory plan: one arena in which tensors that are alive at once do not overlap.
//
// A tensor lives from the call that writes it to the last one that reads it; views share the memory
// of what they view. No plan can be smaller than the largest sum of tensors alive at one call, the
// lower bound. Offsets are assigned greedily, each tensor at the lowest place that is free during
// its life, or else from the lower bound downwards; since the result depends on the order, several
// orders are tried and the smallest arena wins.
#include "compiler/lower/lower.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

namespace octet::lower {

namespace {

uint64_t aligned(uint64_t bytes, uint64_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
}

/// One piece of memory: a tensor with all its views.
struct Block {
    uint64_t bytes = 0, offset = 0;
    int first = std::numeric_limits<int>::max(), last = -1; ///< calls, inclusive
};

bool overlap(const Block &a, const Block &b) {
    return a.first <= b.last && b.first <= a.last;
}

/// The tensor whose memory `tensor` lies in.
int root_of(const Program &program, int tensor) {
    while (program.tensors[size_t(tensor)].alias_of >= 0)
        tensor = program.tensors[size_t(tensor)].alias_of;
    return tensor;
}

/// The lowest free place of that size beside `taken`, which is sorted.
uint64_t lowest_place(const std::vector<std::pair<uint64_t, uint64_t>> &taken, uint64_t bytes) {
    uint64_t offset = 0;
    for (const auto &[begin, end] : taken) {
        if (offset + bytes <= begin)
            break;
        offset = std::max(offset, end);
    }
    return offset;
}

/// The highest free place that ends at `ceiling` or below, if there is one.
std::optional<uint64_t> highest_place(const std::vector<std::pair<uint64_t, uint64_t>> &taken,
                                      uint64_t bytes, uint64_t ceiling) {
    // Free from the end of all that begins lower up to `limit`.
    for (size_t count = taken.size() + 1; count-- > 0;) {
        const uint64_t limit =
            count < taken.size() ? std::min(ceiling, taken[count].first) : ceiling;
        uint64_t begin = 0;
        for (size_t i = 0; i < count; ++i)
            begin = std::max(begin, taken[i].second);
        if (begin + bytes <= limit)
            return limit - bytes;
    }
    return std::nullopt;
}

/// Places all blocks in that order; returns the arena's size. With a ceiling, what cannot lie at
/// the bottom goes below the ceiling where it fits: neighbours in a chain then share the arena from
/// both ends.
uint64_t place(std::vector<Block> &blocks, const std::vector<int> &order, uint64_t ceiling = 0) {
    uint64_t size = 0;
    std::vector<int> placed;
    for (const int i : order) {
        Block &block = blocks[size_t(i)];
        std::vector<std::pair<uint64_t, uint64_t>> taken;
        for (const int j : placed)
            if (overlap(block, blocks[size_t(j)]))
                taken.emplace_back(blocks[size_t(j)].offset,
                                   blocks[size_t(j)].offset + blocks[size_t(j)].bytes);
        std::sort(taken.begin(), taken.end());
        block.offset = lowest_place(taken, block.bytes);
        if (ceiling && block.offset > 0)
            block.offset = highest_place(taken, block.bytes, ceiling).value_or(block.offset);
        size = std::max(size, block.offset + block.bytes);
        placed.push_back(i);
    }
    return size;
}

/// Joins the output of an in-place call with an input that ends there and has the same size, so
/// that both count once.
void join_in_place(const Program &program, std::vector<Block> &blocks, std::vector<int> &block_of) {
    for (size_t i = 0; i < program.calls.size(); ++i) {
        const Call &call = program.calls[i];
        if (!call.in_place)
            continue;
        const int output = block_of[size_t(call.outputs[0])];
        for (const int input_tensor : call.inputs) {
            const int input = block_of[size_t(input_tensor)];
            if (input < 0 || output < 0 || input == output)
                continue;
            Block &from = blocks[size_t(input)], &to = blocks[size_t(output)];
            const StoredTensor &a = program.tensors[size_t(input_tensor)];
            const StoredTensor &b = program.tensors[size_t(call.outputs[0])];
            const bool same_layout = a.shape == b.shape && a.stride_c == b.stride_c;
            if (from.last != int(i) || from.bytes != to.bytes || !same_layout || to.first != int(i))
                continue;
            from.last = to.last;
            to = Block{};
            for (int &block : block_of)
                if (block == output)
                    block = input;
            break;
        }
    }
}

} // namespace

void plan_memory(Program &program) {
    const int tensors = int(program.tensors.size()), calls = int(program.calls.size());
    std::vector<Block> blocks(program.tensors.size());
    std::vector<int> block_of(program.tensors.size(), -1);
    for (int i = 0; i < tensors; ++i) {
        const int root = root_of(program, i);
        if (program.tensors[size_t(root)].region == Region::arena)
            block_of[size_t(i)] = root;
    }
    const auto use = [&](int tensor, int call) {
        const int block = block_of[size_t(tensor)];
        if (block < 0)
            return;
        blocks[size_t(block)].bytes =
            aligned(program.tensors[size_t(block)].bytes, program.alignment);
        blocks[size_t(block)].first = std::min(blocks[size_t(block)].first, call);
        blocks[size_t(block)].last = std::max(blocks[size_t(block)].last, call);
    };
    for (int i = 0; i < calls; ++i) {
        for (const int tensor : program.calls[size_t(i)].inputs)
            use(tensor, i);
        for (const int tensor : program.calls[size_t(i)].outputs)
            use(tensor, i);
    }
    join_in_place(program, blocks, block_of);

    for (int i = 0; i < calls; ++i) {
        uint64_t alive = 0;
        for (const Block &block : blocks)
            if (block.first <= i && i <= block.last)
                alive += block.bytes;
        program.arena_lower_bound = std::max(program.arena_lower_bound, alive);
    }

    std::vector<int> live;
    for (int i = 0; i < tensors; ++i)
        if (blocks[size_t(i)].last >= 0)
            live.push_back(i);
    const auto block = [&](int i) -> const Block & { return blocks[size_t(i)]; };
    const std::vector<std::function<bool(int, int)>> orders = {
        [&](int a, int b) { return block(a).bytes > block(b).bytes; },
        [&](int a, int b) { return block(a).first < block(b).first; },
        [&](int a, int b) { return block(a).last > block(b).last; },
        [&](int a, int b) {
            const int life_a = block(a).last - block(a).first;
            const int life_b = block(b).last - block(b).first;
            return life_a != life_b ? life_a > life_b : block(a).bytes > block(b).bytes;
        },
    };
    program.arena_bytes = std::numeric_limits<uint64_t>::max();
    std::vector<Block> best;
    for (const auto &order : orders)
        for (const uint64_t ceiling : {uint64_t{0}, program.arena_lower_bound}) {
            std::vector<int> sorted = live;
            std::stable_sort(sorted.begin(), sorted.end(), order);
            const uint64_t size = place(blocks, sorted, ceiling);
            if (size < program.arena_bytes) {
                program.arena_bytes = size;
                best = blocks;
            }
        }
    for (int i = 0; i < tensors; ++i)
        if (block_of[size_t(i)] >= 0)
            program.tensors[size_t(i)].offset = best[size_t(block_of[size_t(i)])].offset;
    for (Call &call : program.calls)
        for (Argument &argument : call.arguments)
            if (argument.tensor >= 0 && argument.region == Region::arena)
                argument.offset += program.tensors[size_t(argument.tensor)].offset;
}

} // namespace octet::lower
