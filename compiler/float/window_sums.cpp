#include "compiler/float/window_sums.h"

#include <algorithm>

namespace octet::floats {

WindowSums::WindowSums(const Shape &in, const Shape &out, const Window &window, int groups,
                       float lowest, float highest)
    : parts_(in, out, window), groups_(groups), group_inputs_(in[3] / groups),
      out_channels_(out[3]),
      // Neighbouring pixels are adjacent in memory, so a row of the window is one run.
      runs_(groups == 1 && window.dilation_w == 1),
      length_(runs_ ? window.kernel_w * in[3] : group_inputs_), steps_(parts_.steps(runs_)),
      lowest_(lowest), highest_(highest),
      packed_(groups, out[3], window.kernel_h * window.kernel_w * group_inputs_) {}

void WindowSums::run(const float *input, float *output, int64_t images, Workers &workers) const {
    const WindowParts::Cut cut = parts_.cut(images, workers.count());
    const std::vector<int32_t> offsets = parts_.offsets(cut);
    // One part for all threads, as a fully connected operator on one sample is: each thread
    // computes some of the channels.
    const int64_t parts = cut.parts();
    const int pieces =
        int(std::min<int64_t>(packed_.blocks(), (workers.count() + parts - 1) / parts));
    const int blocks = (packed_.blocks() + pieces - 1) / pieces;
    workers.run(parts * pieces, [&](int64_t task) {
        const auto part = parts_.stage(cut, task / pieces, input, offsets);
        const int first = int(task % pieces) * blocks;
        const int channels =
            std::min(blocks * packed_.block(), packed_.group_channels() - first * packed_.block());
        if (channels > 0)
            compute(part, first, channels, output);
    });
}

/// `channels` channels of every group, from that of block `first_block` on.
void WindowSums::compute(const WindowParts::Part &part, int first_block, int channels,
                         float *output) const {
    SumsArguments arguments;
    arguments.offsets = part.offsets;
    arguments.steps = steps_;
    arguments.length = length_;
    arguments.block = packed_.block();
    arguments.channels = channels;
    arguments.lowest = lowest_;
    arguments.highest = highest_;
    arguments.out_stride = out_channels_;
    for (int group = 0; group < groups_; ++group) {
        arguments.in = part.in + group * group_inputs_;
        arguments.weights = packed_.weights(group, first_block);
        arguments.bias = packed_.bias(group, first_block);
        arguments.out = output + part.first_pixel * out_channels_ +
                        group * packed_.group_channels() + first_block * packed_.block();
        run_sums(arguments);
    }
}

} // namespace octet::floats
