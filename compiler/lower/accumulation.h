// What convolutions, depthwise convolutions and fully connected operators share: the accumulator's
// algebra, its bounds and the epilogue's constants.
//
//   sum (x - zx) w + b = sum x w + (b - zx sum w)
//
// The bracket is the bias that kernels start from. Per channel the accumulator lies within
// bias + sum of min / max (x w) over the values that x can have; lowering refuses an operator whose
// partial sums could leave int32.
#pragma once

#include "compiler/lower/builder.h"
#include "compiler/lower/epilogue.h"

#include <functional>

namespace octet::lower {

/// Folded biases and, per output channel, the function and reach of its accumulator.
struct Accumulation {
    std::vector<int32_t> bias; ///< padded with 0
    std::vector<EpilogueChannel> channels;
};

/// `weights_of(c)` gives all weights of output channel c. With `rebias_input` the kernel adds 128
/// to the values of `input` as it reads them. Throws Error naming the operator and the bound when
/// an accumulator may overflow, or when the weights have a zero point.
Accumulation accumulate(const Builder &builder, const Operator &op, int input, bool rebias_input,
                        int padded_channels,
                        const std::function<std::vector<int8_t>(int channel)> &weights_of);

/// Double rounding shifts the accumulator left where the multiplier is 1 or more; what the engines
/// compute when that leaves int32 is no step function. Throws Error naming the operator when an
/// accumulator in [acc_min, acc_max] would.
void require_shift(const Operator &op, const reference::Requantizer &requantize, int64_t acc_min,
                   int64_t acc_max);

/// The stored output range of an operator with a fused activation.
OutputRange output_range(const Builder &builder, int output, Activation activation);

/// Solves the epilogue for a kernel whose tiles share a choice over `block` channels; fills `spec`
/// (its channels are set, and fixed.lanes where the schedule wants vectors of constants) and adds
/// the constants to `arguments`. With `vectors`, or several lanes, the kernel computes the epilogue
/// in vectors of 32-bit lanes. With `biased` the accumulators begin with the argument `bias`, which
/// is added as well.
void lower_epilogue(Builder &builder, const Operator &op, const Accumulation &accumulation,
                    const OutputRange &range, int block, generators::EpilogueSpec &spec,
                    NamedArguments &arguments, bool vectors = false, bool biased = false);

} // namespace octet::lower
