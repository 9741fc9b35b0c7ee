// Which part of a tensor's values a grid of few bits should represent.
//
// The widest range clips nothing and has the coarsest steps; a narrower one is finer for the many
// and wrong for the few. The methods weigh the two differently:
//   minmax      everything that was seen;
//   average     the mean over samples of a sample's minimum and maximum (moving average of
//   observers); percentile  leaves out a share of the values at either tail (99.99 leaves out 0.01
//   % at each); mse         the least expected squared error of rounding and clipping; entropy the
//   least Kullback-Leibler divergence of the quantized from the float distribution.
// Every method works on statistics (range_statistics.h) that a calibration may have stored.
#pragma once

#include "compiler/quantize/range_grid.h"
#include "compiler/quantize/range_statistics.h"

#include <string_view>

namespace octet::quantize {

enum class Method { minmax, average, percentile, mse, entropy };

/// "minmax", ...
std::string_view name_of(Method method);

/// The range that the method chooses for values to be quantized to `grid`, extended to contain zero
/// and within min and max extended so. `percentile` is in percent, above 50 to 100. {0, 0} where
/// nothing was seen. Throws UsageError.
Range choose_range(const TensorStatistics &statistics, Method method, const Grid &grid,
                   double percentile = 99.99);

/// The value below which the share `q` (0 to 1) of the values lies; min for 0 and max for 1. Values
/// are spread evenly inside a bin, except exact zeros, which are all at zero. 0 when empty.
double quantile(const Histogram &histogram, double q);

/// The mean over all values of (value - its quantized value)^2. The integral over each bin, in
/// which values are spread evenly, is exact; exact zeros have no error.
double expected_squared_error(const Histogram &histogram, const Affine &affine, const Grid &grid);

/// The Kullback-Leibler divergence in nats of the distribution of a grid's values from the one of
/// the float values, in the manner of TensorRT's calibration (Migacz, 8-bit inference with
/// TensorRT, GTC 2017). P: the counts of the bins whose centres the grid rounds without clipping;
/// those of the others are added to the outermost of these. Q: the counts without the clipped ones,
/// of each level of the grid spread evenly over those of its bins where P is not 0. Both are
/// normalized. Infinite where Q is 0 and P is not, that is where values were clipped to a level
/// that has none of its own. Exact zeros are left out: every grid represents them, and in a ReLU's
/// output they would outweigh all else.
double divergence(const Histogram &histogram, const Affine &affine, const Grid &grid);

/// The range whose grid has the least expected squared error; its ends are edges of bins, min or
/// max (zero on the side without values), the widest of equal ones. Both ends are searched where
/// the grid is asymmetric and values have both signs, otherwise the one that is left
/// (range_search.h).
Range least_squared_error(const Histogram &histogram, const Grid &grid);

/// The range from -T to T, but no further than min and max, whose grid has the least divergence.
/// One threshold also for asymmetric grids, as calibrators commonly have it: divergence does not
/// see how far clipped values move, and with an end of their own it would give up whole tails that
/// happen to end in a well-filled bin. A range has at least as many bins as the grid has levels, or
/// all bins: fewer would not tell rounding from nothing.
Range least_divergence(const Histogram &histogram, const Grid &grid);

} // namespace octet::quantize
