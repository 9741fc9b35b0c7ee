// Budgets: what a quantized network may cost, in the user's words.
//
//     size=50K        bytes of the stored weights; K and M are 1024 and 1024 K
//     latency=1.2ms   time of one run (us, ms, s), where the target runs on this machine
//     latency=14.8M   instructions of one run (K, M, G), where the target's emulator counts them
//     size=50%        relative to the same network with all weights in 8 bits
#pragma once

#include <string>

namespace octet::quantize {

struct Budget {
    enum class Resource : unsigned char { size, latency };
    enum class Unit : unsigned char { percent, bytes, seconds, instructions };
    Resource resource = Resource::size;
    Unit unit = Unit::percent;
    double amount = 100;
    std::string text; ///< the user's own words
};

/// Throws UsageError for words that say no budget.
Budget budget(const std::string &text);

/// "81,034 bytes", "62.4 us", "14,803,211 instructions".
std::string amount_text(Budget::Unit unit, double amount);

} // namespace octet::quantize
