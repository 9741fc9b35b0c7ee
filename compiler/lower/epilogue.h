// Constants for a kernel's epilogue: exact rounding at the price of the cheapest arithmetic.
//
// Requantization of one channel is a monotone step function of the accumulator. Inside the range
// that the accumulator can reach it is given by its thresholds t_k, the smallest accumulator whose
// output is at least k, for every output value k. A candidate formula is the same function exactly
// when it is monotone and agrees at t_k and t_k - 1 for every k and at both ends of the range; that
// is what "proven" means here, evaluated with the very arithmetic of the kernel. For each channel
// the solver looks for constants of the float forms (generators/numerics.h), or of the fixed forms
// for chips without fast floats; channels without any keep the 64-bit form, whose constants are
// found and proven in the same way.
#pragma once

#include "compiler/reference/fixed_point.h"
#include "generators/numerics.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace octet::lower {

/// Output values as the kernel stores them.
struct OutputRange {
    int32_t zero_point = 0, lo = 0, hi = 255;
};

/// One output channel: the exact function (without zero point and clamp), a real estimate of its
/// slope, and the inclusive range that its accumulator can reach.
struct EpilogueChannel {
    std::function<int32_t(int32_t)> requantize;
    double slope = 0;
    int64_t acc_min = 0, acc_max = 0;
};

/// What the unfused float form adds to an odd zero point (and takes off after rounding), so that
/// ties go to even numbers of steps rather than to even stored values: 0 or 1.
int32_t rounding_parity(int32_t zero_point, bool fused);

struct EpilogueConstants {
    generators::EpilogueForm form = generators::EpilogueForm::scale;
    bool fused = true; ///< float forms: see generators/numerics.h
    bool narrow = false;
    std::vector<float> scale, offset;               ///< float forms
    std::vector<int64_t> m, r_positive, r_negative; ///< exact forms
    std::vector<uint64_t> shift;
    std::vector<uint8_t> exact_blocks;    ///< mixed
    int fixed_shift = 0, fixed_left = 0;  ///< fixed forms
    std::vector<int64_t> r;               ///< fixed forms; m as well
    std::vector<int32_t> d;               ///< fixed forms with d
    std::vector<int32_t> bias;            ///< fixed forms: added to the accumulators beforehand
    int channels = 0, exact_channels = 0; ///< how many needed the 64-bit form
};

/// Finds and proves constants for all channels, padded to `padded` channels (which yield the zero
/// point). `block` is the number of channels that share a choice in the mixed form; `fused` tells
/// whether the target fuses a multiply and an add. Throws Error, naming the channel, when not even
/// the 64-bit form has constants.
EpilogueConstants solve_epilogue(const std::vector<EpilogueChannel> &channels,
                                 const OutputRange &range, int padded, int block, bool fused);

/// The same in the first of the fixed `forms` that has constants for every channel, else in the
/// 64-bit form; nothing where that has none either: ties to even by a power of two are no linear
/// function, only floats round so. With `biased` the kernel adds a bias to each accumulator anyway,
/// so that the constants may ask for another one.
std::optional<EpilogueConstants>
solve_fixed_epilogue(const std::vector<EpilogueChannel> &channels, const OutputRange &range,
                     int padded, const std::vector<generators::EpilogueForm> &forms,
                     bool biased = false);

/// One output in the arithmetic of a fixed form.
int32_t fixed_output(const EpilogueConstants &constants, size_t channel, const OutputRange &range,
                     int32_t acc);

} // namespace octet::lower
