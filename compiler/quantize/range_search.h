// The search that the methods with an objective share: over ends that are edges of bins.
#pragma once

#include "compiler/quantize/range.h"
#include "compiler/quantize/range_bins.h"

#include <functional>

namespace octet::quantize {

/// What a search may choose.
enum class Freedom {
    ends,      ///< both ends, where values have both signs
    threshold, ///< T, for a range from -T to T but no further than min and max
};

/// The range of the least objective among those whose ends are min, max or edges of bins between
/// (zero on the side without values); the widest of equal ones. Thresholds are all tried. Of pairs
/// of ends, all of about 64 at either side are, and the surroundings of the best again at twice the
/// resolution, until the ends are neighbouring edges. The objective is called only for ranges with
/// lo <= 0, hi >= 0 and lo < hi.
Range search_range(const Bins &bins, Freedom freedom,
                   const std::function<double(Range)> &objective);

} // namespace octet::quantize
