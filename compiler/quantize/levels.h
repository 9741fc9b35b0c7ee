// The integers that a weight may become, in units of its channel's scale and less its zero point:
// all from lo to hi, or the centroids of a codebook.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace octet::quantize {

struct Levels {
    int lo = -127, hi = 127;
    std::vector<int> list; ///< sorted; empty: all from lo to hi

    /// The level nearest to a real value.
    int nearest(float value) const {
        if (list.empty())
            return int(std::lrint(std::clamp(value, float(lo), float(hi))));
        const auto above = std::lower_bound(list.begin(), list.end(), value);
        if (above == list.begin())
            return *above;
        if (above == list.end())
            return list.back();
        return float(*above) - value < value - float(*(above - 1)) ? *above : *(above - 1);
    }
};

} // namespace octet::quantize
