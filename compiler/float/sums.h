// Sums of products: the kernel of convolutions and of fully connected operators.
//
//     out[p][c] = clamp(bias[c] + sum over r < rows, l < length of
//                       in[offsets[p] + steps[r] + l] * weights[r * length + l][c])
//
// What distinguishes a 3x3 convolution, a pointwise one and a product of matrices lies in two
// tables of offsets, so one pipeline serves them all: a pixel's window is `rows` runs of `length`
// elements that are adjacent in memory.
#pragma once

#include "compiler/float/kernel.h"

#include <cstdint>
#include <span>

namespace octet::floats {

struct SumsArguments {
    const float *in = nullptr;
    std::span<const int32_t> offsets; ///< One per pixel; the sums of all are computed.
    std::span<const int32_t> steps;   ///< One per row of the window.
    int length = 0;
    int block = 0;                  ///< Channels that are packed together.
    const float *weights = nullptr; ///< [block of channels][row][element][channel in block]
    const float *bias = nullptr;    ///< Padded to whole blocks.
    int channels = 0;               ///< Fewer than the weights have are computed, too.
    float lowest = 0, highest = 0;
    float *out = nullptr;
    int64_t out_stride = 0; ///< From one pixel to the next.
};

/// The best block for so many output channels.
int sums_block(int channels);

Kernel &sums_kernel(int block);

void run_sums(const SumsArguments &arguments);

} // namespace octet::floats
