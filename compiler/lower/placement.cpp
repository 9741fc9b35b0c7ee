#include "compiler/lower/placement.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace octet::lower {

namespace {

/// Begin and end of what is taken, sorted.
using Taken = std::vector<std::pair<uint64_t, uint64_t>>;

Taken taken_during(const Blocks &blocks, const std::vector<int> &members, const Block &life) {
    Taken taken;
    for (const int i : members) {
        const Block &block = blocks[size_t(i)];
        if (block.first <= life.last && life.first <= block.last)
            taken.emplace_back(block.offset, block.offset + block.bytes);
    }
    std::sort(taken.begin(), taken.end());
    return taken;
}

/// The lowest free place of that size beside `taken`.
uint64_t lowest_place(const Taken &taken, uint64_t bytes) {
    uint64_t offset = 0;
    for (const auto &[begin, end] : taken) {
        if (offset + bytes <= begin)
            break;
        offset = std::max(offset, end);
    }
    return offset;
}

/// The highest free place that ends at `ceiling` or below, if there is one.
std::optional<uint64_t> highest_place(const Taken &taken, uint64_t bytes, uint64_t ceiling) {
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

/// Places the blocks in that order; returns the arena's size. With a ceiling, what cannot lie at
/// the bottom goes below the ceiling where it fits: neighbours in a chain then share the arena from
/// both ends.
uint64_t place_in_order(Blocks &blocks, const std::vector<int> &order, uint64_t ceiling) {
    uint64_t size = 0;
    std::vector<int> placed;
    for (const int i : order) {
        Block &block = blocks[size_t(i)];
        const Taken taken = taken_during(blocks, placed, block);
        block.offset = lowest_place(taken, block.bytes);
        if (ceiling && block.offset > 0)
            block.offset = highest_place(taken, block.bytes, ceiling).value_or(block.offset);
        size = std::max(size, block.offset + block.bytes);
        placed.push_back(i);
    }
    return size;
}

} // namespace

uint64_t lowest_offset(const Blocks &blocks, const std::vector<int> &members, int candidate) {
    const Block &block = blocks[size_t(candidate)];
    return lowest_place(taken_during(blocks, members, block), block.bytes);
}

uint64_t place(Blocks &blocks, const std::vector<int> &members, uint64_t lower_bound) {
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
    uint64_t smallest = std::numeric_limits<uint64_t>::max();
    std::vector<uint64_t> best(members.size());
    for (const auto &order : orders)
        for (const uint64_t ceiling : {uint64_t{0}, lower_bound}) {
            std::vector<int> sorted = members;
            std::stable_sort(sorted.begin(), sorted.end(), order);
            const uint64_t size = place_in_order(blocks, sorted, ceiling);
            if (size >= smallest)
                continue;
            smallest = size;
            for (size_t i = 0; i < members.size(); ++i)
                best[i] = block(members[i]).offset;
        }
    for (size_t i = 0; i < members.size(); ++i)
        blocks[size_t(members[i])].offset = best[i];
    return smallest;
}

} // namespace octet::lower
