#include "compiler/quantize/range_grid.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet::quantize {
namespace {

double scale_for(Range range, const Grid &grid) {
    const double lo = range.lo, hi = range.hi;
    if (!grid.symmetric)
        return (hi - lo) / (grid.highest() - grid.lowest());
    const double below = lo < 0 ? lo / grid.lowest() : 0;
    return std::max(below, hi / grid.highest());
}

float power_of_two_above(double scale) {
    int exponent = 0;
    const double mantissa = std::frexp(scale, &exponent); // in [0.5, 1)
    return std::ldexp(1.0f, std::min(127, mantissa == 0.5 ? exponent - 1 : exponent));
}

} // namespace

Affine scale_and_zero_point(Range range, const Grid &grid) {
    if (grid.bits < 2 || grid.bits > 16)
        throw UsageError("grid: {} bits are not supported; choose 2 to 16", grid.bits);
    if (grid.narrow && grid.symmetric && grid.is_unsigned)
        throw UsageError("grid: symmetric, unsigned and narrow together leave no integer for zero; "
                         "choose two of them");
    if (!std::isfinite(range.lo) || !std::isfinite(range.hi) || range.lo > range.hi)
        throw Error("range: {} to {} is not a range of finite values; check the calibration data",
                    range.lo, range.hi);
    range = {std::min(range.lo, 0.0f), std::max(range.hi, 0.0f)};
    if (grid.symmetric && grid.is_unsigned && range.lo < 0)
        throw Error("range: {} to {} has negative values, which a symmetric unsigned grid lacks; "
                    "choose a signed or an asymmetric one",
                    range.lo, range.hi);
    if (range.lo == range.hi)
        return {std::ldexp(1.0f, 1 - grid.bits), std::clamp(0, grid.lowest(), grid.highest())};

    double scale = std::max(scale_for(range, grid), double(std::numeric_limits<float>::min()));
    Affine affine;
    affine.scale = grid.power_of_two ? power_of_two_above(scale) : float(scale);
    if (!grid.symmetric) {
        const double zero_point = std::round(grid.lowest() - double(range.lo) / affine.scale);
        affine.zero_point =
            int32_t(std::clamp(zero_point, double(grid.lowest()), double(grid.highest())));
    }
    return affine;
}

Range representable(const Affine &affine, const Grid &grid) {
    return {affine.scale * float(grid.lowest() - affine.zero_point),
            affine.scale * float(grid.highest() - affine.zero_point)};
}

} // namespace octet::quantize
