// Windows over each channel by itself: the kernel of depthwise convolutions and of pools.
//
//     depthwise:  out[p][c] = clamp(bias[c] + sum over r of in[offsets[p] + steps[r] + c]
//                                                          * weights[r][c])
//     average:    out[p][c] = clamp((sum over r of in[offsets[p] + steps[r] + c]) / counts[p])
//     largest:    out[p][c] = clamp(max over r of in[offsets[p] + steps[r] + c])
#pragma once

#include "compiler/float/kernel.h"

#include <cstdint>
#include <span>

namespace octet::floats {

enum class WindowFold : uint8_t { depthwise, average, largest };

struct WindowsArguments {
    const float *in = nullptr;        ///< Readable up to the end of the last window's last block.
    std::span<const int32_t> offsets; ///< One per pixel.
    std::span<const int32_t> steps;   ///< One per place of the window.
    /// depthwise: a row of whole blocks for each place; average: one number per pixel.
    const float *factors = nullptr;
    const float *bias = nullptr; ///< depthwise: whole blocks
    int channels = 0;
    float lowest = 0, highest = 0;
    float *out = nullptr; ///< dense
};

/// Channels that are computed together; reads go to the end of a block.
int windows_block(int channels);

Kernel &windows_kernel(WindowFold fold, int channels);

void run_windows(WindowFold fold, const WindowsArguments &arguments);

} // namespace octet::floats
