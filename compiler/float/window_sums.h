// Sums over windows of images: a convolution on any number of images, with weights packed once.
//
// Convolutions and transposed ones, fully connected operators and the gradients of all of them by
// their inputs are this with other windows.
#pragma once

#include "compiler/float/packed_weights.h"
#include "compiler/float/sums.h"
#include "compiler/float/window_parts.h"
#include "compiler/float/workers.h"

#include <span>
#include <vector>

namespace octet::floats {

class WindowSums {
public:
    /// Images of height x width x channels in and out (the shapes' first extents do not matter);
    /// results are clamped to [lowest, highest].
    WindowSums(const Shape &in, const Shape &out, const Window &window, int groups, float lowest,
               float highest);

    Kernel &kernel() const { return sums_kernel(packed_.block()); }

    /// (output channel, tap row, tap column, input channel of the group)
    void pack_weights(std::span<const float> values) { packed_.pack_weights(values); }
    void pack_bias(std::span<const float> values) { packed_.pack_bias(values); }

    void run(const float *input, float *output, int64_t images, Workers &workers) const;

private:
    void compute(const WindowParts::Part &part, int first_block, int channels, float *output) const;

    WindowParts parts_;
    int groups_, group_inputs_, out_channels_;
    bool runs_;
    int length_;
    std::vector<int32_t> steps_;
    float lowest_, highest_;
    PackedWeights packed_;
};

} // namespace octet::floats
