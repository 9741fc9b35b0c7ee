// Consecutive operators that are functions of one byte are one function of one byte: a hard sigmoid
// that a converter wrote as an addition, a clamp and a multiplication is one table of 256 bytes.
#pragma once

#include "compiler/lower/builder.h"

#include <vector>

namespace octet::lower {

class LookupChains {
public:
    LookupChains(const Graph &graph, const Target &target);

    /// True when operator i is computed together with the one that reads it.
    bool continues(size_t i) const { return next_[i]; }

    /// The operators that one table computes, in their order, operator i being the last: none when
    /// it has a kernel of its own.
    std::vector<const Operator *> ending_at(size_t i) const;

private:
    const Graph &graph_;
    std::vector<int> previous_; ///< of each operator the one before it in its chain, or -1
    std::vector<bool> next_;    ///< whether there is one behind it
};

/// Appends one look-up for them all.
void lower_lookups(Builder &builder, const std::vector<const Operator *> &chain);

} // namespace octet::lower
