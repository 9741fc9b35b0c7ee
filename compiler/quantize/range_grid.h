// The grid of few bits that values are rounded to: which integers it has, and its scale and zero
// point for a range of real values.
#pragma once

#include <cstdint>

namespace octet::quantize {

/// Real values from lo to hi.
struct Range {
    float lo = 0, hi = 0;
    bool operator==(const Range &) const = default;
};

struct Grid {
    int bits = 8;              ///< 2 to 16
    bool symmetric = false;    ///< zero point 0
    bool power_of_two = false; ///< scales are powers of two
    bool is_unsigned =
        false;           ///< integers from 0 on; symmetric ones are for values that are never < 0
    bool narrow = false; ///< without the lowest integer: -127 to 127

    int lowest() const { return (is_unsigned ? 0 : -(1 << (bits - 1))) + int(narrow); }
    int highest() const { return is_unsigned ? (1 << bits) - 1 : (1 << (bits - 1)) - 1; }
    int levels() const { return highest() - lowest() + 1; }
    bool operator==(const Grid &) const = default;
};

/// real = scale (integer - zero_point)
struct Affine {
    float scale = 1;
    int32_t zero_point = 0;
    bool operator==(const Affine &) const = default;
};

/// The finest grid for a range, which is first extended to contain zero: padding, ReLU and sparse
/// weights need an exact zero, so a tensor that is constantly c has the range between 0 and c.
///
/// Symmetric: the least scale with which both ends are between the outermost integers. Otherwise
/// scale = (hi - lo) / (highest - lowest), and the zero point is lowest - lo / scale, rounded; what
/// the grid represents is then moved by up to half a step, which rounding to the nearest makes
/// good. A power of two is the least that is not less than that scale.
///
/// A range of nothing but zero has scale 2^(1 - bits) and stands for tensors that are always 0. No
/// scale is less than the least normal float. Throws UsageError for bits out of range and for
/// narrow symmetric unsigned grids, which have no zero; Error for ends that are not finite or out
/// of order and for negative values on a symmetric unsigned grid.
Affine scale_and_zero_point(Range range, const Grid &grid);

/// The real values of the grid's outermost integers.
Range representable(const Affine &affine, const Grid &grid);

} // namespace octet::quantize
