// Repeats a short piece of work and keeps the best and the median rate.
#pragma once

#include "bench/peak/peak.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace octet {

/// Runs `work()` many times; `units` is what one run does. Rates are in 10^9 units a second.
template <typename Work>
Rate sample(double units, Work work) {
    // Short runs, so that some fall between interruptions; odd, so that the median is one of them.
    std::array<double, 41> rates;
    work();
    for (double &rate : rates) {
        auto start = std::chrono::steady_clock::now();
        work();
        std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
        rate = units / taken.count();
    }
    std::sort(rates.begin(), rates.end());
    return {rates.back(), rates[rates.size() / 2]};
}

} // namespace octet
