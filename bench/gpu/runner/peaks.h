// What the card can do at most: 8-bit products from registers alone, and copies in its memory.
#pragma once

#include "card.h"

#include <string>

namespace octet::bench {

struct Peaks {
    double dot = 0;    ///< multiply-accumulates per second by dp4a
    double tiles = 0;  ///< by mma.sync.m16n8k32, 0 below compute capability 8.0
    double copied = 0; ///< bytes per second, read and written ones together
};

/// A few milliseconds each; without `seconds` each kernel runs once on little, to see that it does.
Peaks measure_peaks(Card &card, double seconds);

/// The PTX of "dot", "tiles" or "copy"; empty for other names.
std::string peak_ptx(const std::string &name);

} // namespace octet::bench
