#include "compiler/quantize/patches.h"

#include "compiler/support/hash.h"

#include <algorithm>

namespace octet::quantize {

namespace {

std::vector<float> column_means(const Matrix &matrix) {
    std::vector<double> sums(size_t(matrix.columns));
    for (int r = 0; r < matrix.rows; ++r)
        for (int c = 0; c < matrix.columns; ++c)
            sums[size_t(c)] += matrix.row(r)[c];
    std::vector<float> means(sums.size());
    for (size_t c = 0; c < sums.size(); ++c)
        means[c] = float(sums[c] / std::max(1, matrix.rows));
    return means;
}

} // namespace

Patches::Geometry Patches::geometry(const Graph &graph, const Operator &op) {
    const Shape &in = graph.tensor(op.inputs[0]).shape, &out = graph.tensor(op.outputs[0]).shape;
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    Geometry g;
    const auto set_window = [&](const auto &attributes) {
        g.images = in[0];
        g.in_h = in[1], g.in_w = in[2], g.in_c = in[3];
        g.out_h = out[1], g.out_w = out[2], g.out_c = out[3];
        g.kernel_h = weights[1], g.kernel_w = weights[2];
        g.stride_h = attributes.stride_h, g.stride_w = attributes.stride_w;
        g.dilation_h = attributes.dilation_h, g.dilation_w = attributes.dilation_w;
        g.padding = attributes.padding;
    };
    if (op.kind == OpKind::conv2d) {
        set_window(op.as<Conv2dAttributes>());
        g.groups = op.as<Conv2dAttributes>().groups;
    } else if (op.kind == OpKind::depthwise_conv2d) {
        set_window(op.as<DepthwiseConv2dAttributes>());
        g.groups = g.in_c;
    } else {
        g.out_c = weights[0];
        g.in_c = weights[1];
        g.images = graph.tensor(op.inputs[0]).elements() / weights[1];
    }
    return g;
}

Patches::Patches(const Graph &graph, const Operator &op, std::span<const float> quantized,
                 std::span<const float> exact, int64_t samples, Behind behind, int64_t most)
    : geometry_(geometry(graph, op)), rows_(weight_rows(graph, op)), bias_(bias_of(graph, op)),
      quantized_(quantized), exact_(exact), samples_(samples), behind_(behind) {
    positions_ = geometry_.images * geometry_.out_h * geometry_.out_w * samples;
    if (most <= 0) // Sixteen equations for each unknown.
        most = std::clamp<int64_t>(16 * rows_.depth, 4096, 1 << 16);
    count_ = std::min(positions_, most);
}

double Patches::independent() const {
    constexpr double per_image = 8;
    const double images = double(samples_ * geometry_.images);
    const double places = double(geometry_.out_h) * geometry_.out_w;
    return std::min(double(count_), images * std::min(per_image, places));
}

int64_t Patches::position(int64_t patch) const {
    // One place in each of as many equal stretches, at random: a fixed step would meet the same
    // columns of all images, and the borders more or less often than they count.
    const int64_t first = patch * positions_ / count_;
    const int64_t length = std::max<int64_t>(1, (patch + 1) * positions_ / count_ - first);
    return first + int64_t(fnv1a(&patch, sizeof patch) % uint64_t(length));
}

/// The patches of `group` and the groups behind it at an output position of the whole batch, zeros
/// where they lie in the padding; in the order of weight_rows().
void Patches::read(const float *input, int64_t position, int group,
                   std::span<float *> patches) const {
    const Geometry &g = geometry_;
    const int64_t image = position / (int64_t(g.out_h) * g.out_w);
    const int y = int(position / g.out_w % g.out_h), x = int(position % g.out_w);
    const int width = g.in_c / g.groups;
    int at = 0;
    for (int ky = 0; ky < g.kernel_h; ++ky)
        for (int kx = 0; kx < g.kernel_w; ++kx, at += width) {
            const int iy = y * g.stride_h - g.padding.top + ky * g.dilation_h;
            const int ix = x * g.stride_w - g.padding.left + kx * g.dilation_w;
            if (iy < 0 || iy >= g.in_h || ix < 0 || ix >= g.in_w) {
                for (float *patch : patches)
                    std::fill_n(patch + at, width, 0.0f);
                continue;
            }
            const float *values = input + ((image * g.in_h + iy) * g.in_w + ix) * g.in_c;
            values += group * width;
            if (width == 1) { // A call for each would take longer than the copy.
                for (float *patch : patches)
                    patch[at] = *values++;
                continue;
            }
            for (float *patch : patches) {
                std::copy_n(values, width, patch + at);
                values += width;
            }
        }
}

std::vector<PatchGroup> Patches::some_groups(int first, int count) const {
    const int channels = rows_.channels / groups(), patches = int(count_);
    std::vector<PatchGroup> result(static_cast<size_t>(count));
    std::vector<Matrix> exact(static_cast<size_t>(count));
    for (int g = 0; g < count; ++g) {
        exact[size_t(g)] = Matrix(patches, rows_.depth);
        result[size_t(g)].first_channel = (first + g) * channels;
        result[size_t(g)].x = Matrix(patches, rows_.depth);
    }
    std::vector<float *> rows(static_cast<size_t>(count));
    for (int i = 0; i < patches; ++i) {
        const int64_t place = position(i);
        for (int g = 0; g < count; ++g)
            rows[size_t(g)] = result[size_t(g)].x.row(i);
        read(quantized_.data(), place, first, rows);
        for (int g = 0; g < count; ++g)
            rows[size_t(g)] = exact[size_t(g)].row(i);
        read(exact_.data(), place, first, rows);
    }
    for (int g = 0; g < count; ++g) {
        PatchGroup &data = result[size_t(g)];
        add_sums(data, exact[size_t(g)]);
        data.mean_x = column_means(data.x);
        for (int i = 0; i < patches; ++i)
            for (int k = 0; k < rows_.depth; ++k)
                data.x.row(i)[k] -= data.mean_x[size_t(k)];
    }
    return result;
}

/// The float sums, from the patches of the float network, and what an addition adds to them.
void Patches::add_sums(PatchGroup &result, const Matrix &exact) const {
    const int channels = rows_.channels / groups(), count = int(count_);
    Matrix weights(channels, rows_.depth);
    for (int c = 0; c < channels; ++c)
        std::copy_n(rows_.row(result.first_channel + c), rows_.depth, weights.row(c));
    result.sums = product_with_transpose(exact, weights);
    if (!behind_.exact.empty())
        result.added = Matrix(count, channels);
    for (int i = 0; i < count; ++i) {
        float *sums = result.sums.row(i);
        const size_t first =
            size_t(position(i)) * size_t(rows_.channels) + size_t(result.first_channel);
        for (int c = 0; c < channels; ++c) {
            sums[c] += bias_[size_t(result.first_channel + c)];
            if (behind_.exact.empty())
                continue;
            sums[c] += behind_.exact[first + size_t(c)];
            result.added.row(i)[c] = behind_.noisy[first + size_t(c)];
        }
    }
}

std::vector<float> Patches::energy() const {
    // Taps of one input channel see the same values but for the border.
    std::vector<double> squares(size_t(geometry_.in_c));
    for (size_t pixel = 0; pixel < quantized_.size(); pixel += squares.size())
        for (size_t c = 0; c < squares.size(); ++c)
            squares[c] += double(quantized_[pixel + c]) * quantized_[pixel + c];
    const int width = geometry_.in_c / geometry_.groups;
    std::vector<float> energy;
    for (int group = 0; group < geometry_.groups; ++group)
        for (int k = 0; k < rows_.depth; ++k)
            energy.push_back(float(squares[size_t(group * width + k % width)] /
                                   std::max(1.0, double(quantized_.size() / squares.size()))));
    return energy;
}

bool has_patches(const Operator &op) {
    return op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d ||
           op.kind == OpKind::fully_connected;
}

} // namespace octet::quantize
