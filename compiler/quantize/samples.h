// Calibration data: arrays of real numbers, one per input of the network, samples outermost.
#pragma once

#include "compiler/float/float_executor.h"
#include "compiler/support/npy.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace octet::quantize {

struct Samples {
    std::vector<Values> inputs;
    int64_t count = 0; ///< runs of the network

    /// The elements of samples [first, first + n) of every input.
    std::vector<std::span<const float>> slice(int64_t first, int64_t n) const {
        std::vector<std::span<const float>> result;
        for (const Values &values : inputs) {
            const size_t one = values.size() / size_t(count);
            result.push_back(std::span(values).subspan(size_t(first) * one, size_t(n) * one));
        }
        return result;
    }
    /// Samples [first, first + n), as many as there are of them.
    Samples part(int64_t first, int64_t n) const {
        Samples result;
        result.count = std::min(n, count - first);
        for (const std::span<const float> values : slice(first, result.count))
            result.inputs.emplace_back(values.begin(), values.end());
        return result;
    }
    /// At most `most` of them, evenly spread.
    Samples some(int64_t most) const {
        if (count <= most)
            return *this;
        Samples result;
        result.count = most;
        for (const Values &values : inputs) {
            const size_t one = values.size() / size_t(count);
            Values &chosen = result.inputs.emplace_back();
            for (int64_t i = 0; i < most; ++i) {
                const auto begin = values.begin() + long(size_t(i * count / most) * one);
                chosen.insert(chosen.end(), begin, begin + long(one));
            }
        }
        return result;
    }
};

/// Signal and noise of values against their exact ones.
struct Noise {
    double signal = 0, noise = 0;

    void add(std::span<const float> exact, std::span<const float> values) {
        for (size_t i = 0; i < exact.size(); ++i) {
            const double difference = double(values[i]) - exact[i];
            signal += double(exact[i]) * exact[i];
            noise += difference * difference;
        }
    }
    /// Signal-to-noise ratio in dB: 10 log10 of the energies' quotient; 200 without noise.
    double sqnr() const {
        constexpr double silent = 200;
        if (noise <= 0)
            return silent;
        return signal > 0 ? std::min(silent, 10 * std::log10(signal / noise)) : -silent;
    }
};

} // namespace octet::quantize
