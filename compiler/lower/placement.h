// Placing blocks in one arena so that those that are alive at once do not overlap.
//
// Offsets are assigned greedily, each block at the lowest place that is free during its life, or
// else from the lower bound downwards; since the result depends on the order, several orders are
// tried and the smallest arena wins.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace octet::lower {

/// One piece of memory: a tensor with all its views.
struct Block {
    uint64_t bytes = 0, offset = 0;
    int first = std::numeric_limits<int>::max(), last = -1; ///< calls, inclusive
    double traffic = 0;                                     ///< bytes that kernels move there
    bool alive_at(int call) const { return first <= call && call <= last; }
};
using Blocks = std::vector<Block>;

/// The lowest offset at which blocks[candidate] overlaps none of `members`.
uint64_t lowest_offset(const Blocks &blocks, const std::vector<int> &members, int candidate);

/// Places `members`, numbers of `blocks`, in the smallest arena that is found; returns its bytes.
uint64_t place(Blocks &blocks, const std::vector<int> &members, uint64_t lower_bound);

} // namespace octet::lower
