// A sliding window over images, cut into parts that are computed one at a time.
//
// A part is some rows of one image or several whole small images, so that it is large enough for
// the kernels' tiles and small enough for the cache. Its input is staged: copied into scratch
// memory together with its padding, after which every window is full and kernels need not know of
// edges. Stretched channels (a depthwise multiplier) and rows and columns of zeros between the
// pixels (a transposed convolution) are made by the same copy. Where nothing of that is needed,
// kernels read the input in place.
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>
#include <span>
#include <vector>

namespace octet::floats {

struct Window {
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1;
    int dilation_h = 1, dilation_w = 1;
    int top = 0, left = 0;          ///< padding, which may be negative
    int spread_h = 1, spread_w = 1; ///< distance of the input's pixels, zeros between them
    int multiplier = 1;             ///< times that a channel is repeated
    float fill = 0;                 ///< of the padding
    int slack = 0;                  ///< elements that kernels may read behind the last window
};

/// The window of a convolution's attributes for weights (channels, height, width, ...) or, of a
/// depthwise one, (1, height, width, channels).
template <typename Attributes>
Window window_of(const Attributes &a, const Shape &weights) {
    Window window;
    window.kernel_h = weights[1];
    window.kernel_w = weights[2];
    window.stride_h = a.stride_h;
    window.stride_w = a.stride_w;
    window.dilation_h = a.dilation_h;
    window.dilation_w = a.dilation_w;
    window.top = a.padding.top;
    window.left = a.padding.left;
    return window;
}

/// The window through which a convolution's input sees its output, for weights turned by half a
/// turn: the one of the gradient by the input.
Window seen_backwards(const Window &window);

class WindowParts {
public:
    /// Images of height x width x channels, and the output's height and width.
    WindowParts(const Shape &input, const Shape &output, const Window &window);

    /// Cuts `images` images, at least into `wanted` parts if they are large enough for it.
    struct Cut {
        int64_t images = 0;
        int images_per_part = 1, rows_per_part = 1, parts_per_image = 1;
        int64_t parts() const;
    };
    Cut cut(int64_t images, int wanted) const;

    struct Part {
        const float *in;                  ///< What offsets count from.
        std::span<const int32_t> offsets; ///< of its pixels, of which the output holds as many
        int64_t first_pixel;              ///< in the output, over all images
        int first_row;                    ///< in its image
    };
    /// Part `index` of the images at `input`; it is valid until this thread stages the next one.
    Part stage(const Cut &cut, int64_t index, const float *input,
               std::span<const int32_t> offsets) const;

    /// Offsets of the pixels of any part of `cut`.
    std::vector<int32_t> offsets(const Cut &cut) const;
    /// Offsets of a window's places: where `runs`, only of those at the left, whose neighbours to
    /// the right are adjacent in memory.
    std::vector<int32_t> steps(bool runs) const;

    int channels() const { return channels_; }
    int row_pixels() const { return out_w_; } ///< of the output
    int pixels_per_image() const { return out_h_ * out_w_; }

private:
    bool in_place() const;
    int row_elements() const;             ///< of what kernels read
    int rows_read(int output_rows) const; ///< of what kernels read
    void copy_row(const float *image, int row, float *to) const;

    Window window_;
    int in_h_, in_w_, in_channels_, out_h_, out_w_;
    int channels_; ///< after their repetition
};

} // namespace octet::floats
