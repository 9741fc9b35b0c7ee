#include "compiler/float/window_parts.h"

#include <algorithm>

namespace octet::floats {

namespace {

/// Elements of a staged part: 256 KB, which fit into the second cache beside weights.
constexpr int staged_elements = 1 << 16;
/// Pixels that parts have at least, where there are as many: several tiles, so that the last one,
/// which may be cut off, costs little.
constexpr int least_pixels = 96;

int divide_up(int64_t a, int64_t b) {
    return int((a + b - 1) / b);
}

} // namespace

Window seen_backwards(const Window &window) {
    Window result;
    result.kernel_h = window.kernel_h;
    result.kernel_w = window.kernel_w;
    result.dilation_h = window.dilation_h;
    result.dilation_w = window.dilation_w;
    result.spread_h = window.stride_h;
    result.spread_w = window.stride_w;
    result.top = window.dilation_h * (window.kernel_h - 1) - window.top;
    result.left = window.dilation_w * (window.kernel_w - 1) - window.left;
    return result;
}

WindowParts::WindowParts(const Shape &input, const Shape &output, const Window &window)
    : window_(window), in_h_(input[1]), in_w_(input[2]), in_channels_(input[3]), out_h_(output[1]),
      out_w_(output[2]), channels_(input[3] * window.multiplier) {}

bool WindowParts::in_place() const {
    const int last_row =
        (out_h_ - 1) * window_.stride_h + (window_.kernel_h - 1) * window_.dilation_h - window_.top;
    const int last_column = (out_w_ - 1) * window_.stride_w +
                            (window_.kernel_w - 1) * window_.dilation_w - window_.left;
    return window_.top == 0 && window_.left == 0 && last_row < in_h_ && last_column < in_w_ &&
           window_.spread_h == 1 && window_.spread_w == 1 && window_.multiplier == 1 &&
           window_.slack == 0;
}

int WindowParts::row_elements() const {
    const int pixels = in_place() ? in_w_
                                  : (out_w_ - 1) * window_.stride_w +
                                        (window_.kernel_w - 1) * window_.dilation_w + 1;
    return pixels * channels_;
}

int WindowParts::rows_read(int output_rows) const {
    return (output_rows - 1) * window_.stride_h + (window_.kernel_h - 1) * window_.dilation_h + 1;
}

int64_t WindowParts::Cut::parts() const {
    return images_per_part > 1 ? (images + images_per_part - 1) / images_per_part
                               : images * parts_per_image;
}

WindowParts::Cut WindowParts::cut(int64_t images, int wanted) const {
    Cut cut;
    cut.images = images;
    cut.rows_per_part = out_h_;
    if (pixels_per_image() < least_pixels && images > 1) {
        cut.images_per_part =
            std::min(divide_up(least_pixels, pixels_per_image()), divide_up(images, wanted));
        return cut;
    }
    const int fitting = staged_elements / (row_elements() * window_.stride_h);
    const int fair = divide_up(out_h_, divide_up(wanted, images));
    const int least = divide_up(least_pixels, out_w_);
    // Even parts: as many as `fitting` or `fair` ask for, but none below `least`.
    const int rows = std::clamp(std::min(fitting, fair), std::min(least, out_h_), out_h_);
    cut.parts_per_image = divide_up(out_h_, rows);
    cut.rows_per_part = divide_up(out_h_, cut.parts_per_image);
    cut.parts_per_image = divide_up(out_h_, cut.rows_per_part);
    return cut;
}

std::vector<int32_t> WindowParts::offsets(const Cut &cut) const {
    const int image = (in_place() ? in_h_ : rows_read(cut.rows_per_part)) * row_elements();
    std::vector<int32_t> result;
    result.reserve(size_t(cut.images_per_part) * size_t(cut.rows_per_part) * size_t(out_w_));
    for (int n = 0; n < cut.images_per_part; ++n)
        for (int y = 0; y < cut.rows_per_part; ++y)
            for (int x = 0; x < out_w_; ++x)
                result.push_back(n * image + y * window_.stride_h * row_elements() +
                                 x * window_.stride_w * channels_);
    return result;
}

std::vector<int32_t> WindowParts::steps(bool runs) const {
    std::vector<int32_t> result;
    for (int ry = 0; ry < window_.kernel_h; ++ry)
        for (int rx = 0; rx < (runs ? 1 : window_.kernel_w); ++rx)
            result.push_back(ry * window_.dilation_h * row_elements() +
                             rx * window_.dilation_w * channels_);
    return result;
}

void WindowParts::copy_row(const float *image, int row, float *to) const {
    const int y = row - window_.top;
    if (y < 0 || y % window_.spread_h != 0 || y / window_.spread_h >= in_h_) {
        std::fill(to, to + row_elements(), window_.fill);
        return;
    }
    const float *from = image + int64_t(y / window_.spread_h) * in_w_ * in_channels_;
    const int columns = row_elements() / channels_;
    if (window_.spread_w == 1 && window_.multiplier == 1) {
        // Columns [begin, end) of the staged row come from the input.
        const int begin = std::clamp(window_.left, 0, columns);
        const int end = std::clamp(window_.left + in_w_, begin, columns);
        std::fill(to, to + begin * channels_, window_.fill);
        std::copy_n(from + (begin - window_.left) * channels_, (end - begin) * channels_,
                    to + begin * channels_);
        std::fill(to + end * channels_, to + columns * channels_, window_.fill);
        return;
    }
    std::fill(to, to + row_elements(), window_.fill);
    for (int x = 0; x < in_w_; ++x) {
        const int column = x * window_.spread_w + window_.left;
        if (column < 0 || column >= columns)
            continue;
        for (int c = 0; c < channels_; ++c)
            to[column * channels_ + c] = from[x * in_channels_ + c / window_.multiplier];
    }
}

WindowParts::Part WindowParts::stage(const Cut &cut, int64_t index, const float *input,
                                     std::span<const int32_t> offsets) const {
    const int64_t image_elements = int64_t(in_h_) * in_w_ * in_channels_;
    const int64_t first_image =
        cut.images_per_part > 1 ? index * cut.images_per_part : index / cut.parts_per_image;
    const int images = int(std::min<int64_t>(cut.images_per_part, cut.images - first_image));
    const int first_row =
        cut.images_per_part > 1 ? 0 : int(index % cut.parts_per_image) * cut.rows_per_part;
    const int rows = std::min(cut.rows_per_part, out_h_ - first_row);
    Part part;
    part.offsets = offsets.first(size_t(images) * size_t(rows) * size_t(out_w_));
    part.first_pixel = (first_image * out_h_ + first_row) * out_w_;
    part.first_row = first_row;
    const float *image = input + first_image * image_elements;
    if (in_place()) {
        part.in = image + int64_t(first_row) * window_.stride_h * row_elements();
        return part;
    }
    thread_local std::vector<float> staged;
    const int rows_of_image = rows_read(cut.rows_per_part), row = row_elements();
    staged.resize(std::max(staged.size(), size_t(images) * size_t(rows_of_image) * size_t(row) +
                                              size_t(window_.slack)));
    for (int n = 0; n < images; ++n)
        for (int y = 0; y < rows_read(rows); ++y)
            copy_row(image + n * image_elements, first_row * window_.stride_h + y,
                     staged.data() + (int64_t(n) * rows_of_image + y) * row);
    part.in = staged.data();
    return part;
}

} // namespace octet::floats
