#include "compiler/quantize/moments.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize {

namespace {

/// How an operator's patches lie in its input: a fully connected operator is a 1x1 convolution.
struct Geometry {
    int in_h = 1, in_w = 1, in_c = 1, out_h = 1, out_w = 1, out_c = 1;
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
    Padding padding = {};
    int groups = 1;
    int64_t images = 1; ///< of one sample

    int64_t positions() const { return images * out_h * out_w; }
};

template <typename Attributes>
void set_window(const Graph &graph, const Operator &op, const Attributes &a, Geometry &g) {
    const Shape &in = graph.tensor(op.inputs[0]).shape, &out = graph.tensor(op.outputs[0]).shape;
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    g.images = in[0];
    g.in_h = in[1], g.in_w = in[2], g.in_c = in[3];
    g.out_h = out[1], g.out_w = out[2], g.out_c = out[3];
    g.kernel_h = weights[1], g.kernel_w = weights[2];
    g.stride_h = a.stride_h, g.stride_w = a.stride_w;
    g.dilation_h = a.dilation_h, g.dilation_w = a.dilation_w;
    g.padding = a.padding;
}

Geometry geometry(const Graph &graph, const Operator &op) {
    Geometry g;
    if (op.kind == OpKind::conv2d) {
        const auto &a = op.as<Conv2dAttributes>();
        set_window(graph, op, a, g);
        g.groups = a.groups;
    } else if (op.kind == OpKind::depthwise_conv2d) {
        set_window(graph, op, op.as<DepthwiseConv2dAttributes>(), g);
        g.groups = g.in_c;
    } else {
        const Shape &weights = graph.tensor(op.inputs[1]).shape;
        g.out_c = weights[0];
        g.in_c = weights[1];
        g.images = graph.tensor(op.inputs[0]).elements() / weights[1];
    }
    return g;
}

/// The patch of group `group` at output position `position` of a whole batch, zeros where it lies
/// in the padding; in the order of weight_rows().
void read_patch(const Geometry &g, const float *input, int64_t position, int group, float *patch) {
    const int64_t image = position / (int64_t(g.out_h) * g.out_w);
    const int y = int(position / g.out_w % g.out_h), x = int(position % g.out_w);
    const int width = g.in_c / g.groups;
    for (int ky = 0; ky < g.kernel_h; ++ky)
        for (int kx = 0; kx < g.kernel_w; ++kx, patch += width) {
            const int iy = y * g.stride_h - g.padding.top + ky * g.dilation_h;
            const int ix = x * g.stride_w - g.padding.left + kx * g.dilation_w;
            if (iy < 0 || iy >= g.in_h || ix < 0 || ix >= g.in_w) {
                std::fill_n(patch, width, 0.0f);
                continue;
            }
            const float *pixel = input + ((image * g.in_h + iy) * g.in_w + ix) * g.in_c;
            std::copy_n(pixel + group * width, width, patch);
        }
}

/// Means of the columns.
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

void subtract(Matrix &matrix, const std::vector<float> &means) {
    for (int r = 0; r < matrix.rows; ++r)
        for (int c = 0; c < matrix.columns; ++c)
            matrix.row(r)[c] -= means[size_t(c)];
}

} // namespace

bool has_moments(const Operator &op) {
    return op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d ||
           op.kind == OpKind::fully_connected;
}

Moments moments(const Graph &graph, const Operator &op, std::span<const float> quantized,
                std::span<const float> exact, int64_t samples, std::span<const float> correction,
                int64_t most_patches) {
    const Geometry g = geometry(graph, op);
    const Rows rows = weight_rows(graph, op);
    const std::vector<float> bias = bias_of(graph, op);
    const int64_t positions = g.positions() * samples;
    if (most_patches <= 0) // Sixteen equations for each unknown.
        most_patches = std::clamp<int64_t>(16 * rows.depth, 4096, 1 << 16);
    const int64_t count = std::min(positions, most_patches);

    Moments m;
    m.channels = rows.channels;
    m.depth = rows.depth;
    m.groups = g.groups;
    m.count = count;
    m.xt.resize(size_t(m.channels) * size_t(m.depth));
    m.mean_t.resize(size_t(m.channels));
    m.variance_t.resize(size_t(m.channels));
    const int group_channels = m.channels / m.groups;
    for (int group = 0; group < m.groups; ++group) {
        Matrix x(int(count), m.depth), exact_x(int(count), m.depth);
        std::vector<int64_t> where(static_cast<size_t>(count));
        for (int64_t i = 0; i < count; ++i) {
            where[size_t(i)] = i * positions / count;
            read_patch(g, quantized.data(), where[size_t(i)], group, x.row(int(i)));
            read_patch(g, exact.data(), where[size_t(i)], group, exact_x.row(int(i)));
        }
        Matrix weights(group_channels, m.depth);
        for (int c = 0; c < group_channels; ++c)
            std::copy_n(rows.row(group * group_channels + c), m.depth, weights.row(c));
        Matrix target = product_with_transpose(exact_x, weights);
        for (int64_t i = 0; i < count; ++i)
            for (int c = 0; c < group_channels; ++c) {
                const int channel = group * group_channels + c;
                float &value = target.row(int(i))[c];
                value += bias[size_t(channel)];
                if (!correction.empty())
                    value += correction[size_t(where[size_t(i)] * m.channels + channel)];
            }

        const std::vector<float> mean_x = column_means(x), mean_t = column_means(target);
        subtract(x, mean_x);
        subtract(target, mean_t);
        Matrix xx(m.depth, m.depth), xt(m.depth, group_channels);
        add_transposed_product(x, x, xx);
        add_transposed_product(x, target, xt);
        const float scale = 1.0f / float(std::max<int64_t>(1, count));
        for (float &value : xx.values)
            value *= scale;
        for (int c = 0; c < group_channels; ++c) {
            const size_t channel = size_t(group * group_channels + c);
            for (int k = 0; k < m.depth; ++k)
                m.xt[channel * size_t(m.depth) + size_t(k)] = xt.row(k)[c] * scale;
            double energy = 0;
            for (int64_t i = 0; i < count; ++i)
                energy += double(target.row(int(i))[c]) * target.row(int(i))[c];
            m.mean_t[channel] = mean_t[size_t(c)];
            m.variance_t[channel] = float(energy * scale);
        }
        m.mean_x.insert(m.mean_x.end(), mean_x.begin(), mean_x.end());
        m.xx.push_back(std::move(xx));
    }
    return m;
}

} // namespace octet::quantize
