#include "compiler/reference/resize.h"
#include "compiler/float/layer.h"

#include <algorithm>
#include <cmath>

namespace octet::floats {

namespace {

/// Two rows or columns that an output's is made of.
struct Blend {
    int first = 0, second = 0;
    float share = 0; ///< of the second
};

Blend blend_of(const Operator &op, int index, int in, int out) {
    const auto &a = op.as<ResizeAttributes>();
    if (op.kind == OpKind::resize_nearest) {
        const int place = reference::nearest_place(a, index, in, out);
        return {place, place, 0.0f};
    }
    const float scale =
        a.align_corners && out > 1 ? float(in - 1) / float(out - 1) : float(in) / float(out);
    const float shift = a.half_pixel_centers ? 0.5f : 0.0f;
    const float place = (float(index) + shift) * scale - shift;
    const int first = std::clamp(int(std::floor(place)), 0, in - 1);
    const int second = std::min(first + 1, in - 1);
    return {first, second, std::clamp(place - float(first), 0.0f, 1.0f)};
}

class Resize : public Layer {
public:
    Resize(const Graph &graph, const Operator &op) : Layer(graph, op) {
        const Shape &in = input().shape, &out = output().shape;
        for (int y = 0; y < out[1]; ++y)
            rows_.push_back(blend_of(op, y, in[1], out[1]));
        for (int x = 0; x < out[2]; ++x)
            columns_.push_back(blend_of(op, x, in[2], out[2]));
    }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        const Shape &in = input().shape;
        const int64_t height = int64_t(rows_.size()), in_row = int64_t(in[2]) * in[3];
        const int64_t out_row = int64_t(columns_.size()) * in[3];
        workers.run(samples * in[0] * height, [&](int64_t task) {
            const Blend row = rows_[size_t(task % height)];
            const float *image = inputs[0].data + task / height * in[1] * in_row;
            blend_row(image + row.first * in_row, image + row.second * in_row, row.share,
                      output + task * out_row);
        });
    }

private:
    void blend_row(const float *above, const float *below, float share, float *out) const {
        const int channels = input().shape[3];
        for (const Blend &column : columns_) {
            const int left = column.first * channels, right = column.second * channels;
            for (int c = 0; c < channels; ++c) {
                const float upper =
                    above[left + c] + (above[right + c] - above[left + c]) * column.share;
                const float lower =
                    below[left + c] + (below[right + c] - below[left + c]) * column.share;
                *out++ = upper + (lower - upper) * share;
            }
        }
    }

    std::vector<Blend> rows_, columns_;
};

} // namespace

std::unique_ptr<Layer> make_resize(const Graph &graph, const Operator &op) {
    return std::make_unique<Resize>(graph, op);
}

} // namespace octet::floats
