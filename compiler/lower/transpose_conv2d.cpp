// Lowering of transposed convolutions: the outputs between two strides become channels.
//
// Output row y = q stride + p gets input row i by tap ry where i stride - top + ry = y, which is
//
//     i = q + o,   ry = p + top - o stride
//
// with the same offsets o for every q. So for each of the stride^2 phases p (of rows and columns)
// the outputs are a convolution of the input with the taps that its phase meets, and all phases
// together one convolution of stride^2 as many channels, 0 standing where a phase has no tap. Its
// pixels are then laid out side by side.
#include "compiler/lower/convolution.h"
#include "compiler/lower/lower.h"
#include "generators/copy.h"

#include <algorithm>

namespace octet::lower {

using generators::Conv2dSpec;
using generators::DepthToSpaceSpec;

namespace {

/// One axis: its phases, and the offsets from `first` on that they need.
struct Phases {
    int stride, padding, kernel;

    static int floor_divide(int a, int b) { return a / b - (a % b < 0 ? 1 : 0); }
    int first() const { return -floor_divide(kernel - 1 - padding, stride); }
    int offsets() const { return floor_divide(stride - 1 + padding, stride) - first() + 1; }
    /// The tap by which `phase` takes offset number i, or -1.
    int tap(int phase, int i) const {
        const int tap = phase + padding - (first() + i) * stride;
        return tap >= 0 && tap < kernel ? tap : -1;
    }
    int places(int extent) const { return (extent + stride - 1) / stride; }
    /// Whether windows over `in` elements leave them.
    bool leaves(int in, int out) const {
        return first() < 0 || places(out) - 1 + first() + offsets() > in;
    }
};

/// Weights laid out (phase of rows, phase of columns, c_out, offsets of both axes, c_in).
std::vector<int8_t> phase_weights(const Tensor &weights, const Phases &rows,
                                  const Phases &columns) {
    const auto values = weights.values<int8_t>();
    const Shape &shape = weights.shape;
    std::vector<int8_t> result;
    for (int py = 0; py < rows.stride; ++py)
        for (int px = 0; px < columns.stride; ++px)
            for (int co = 0; co < shape[0]; ++co)
                for (int y = 0; y < rows.offsets(); ++y)
                    for (int x = 0; x < columns.offsets(); ++x) {
                        const int ry = rows.tap(py, y), rx = columns.tap(px, x);
                        for (int ci = 0; ci < shape[3]; ++ci) {
                            const size_t from = size_t(
                                ((int64_t(co) * shape[1] + ry) * shape[2] + rx) * shape[3] + ci);
                            result.push_back(ry < 0 || rx < 0 ? int8_t(0) : values[from]);
                        }
                    }
    return result;
}

void append_depth_to_space(Builder &builder, const Operator &op, const Phases &rows,
                           const Phases &columns, int from, int to) {
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    DepthToSpaceSpec spec;
    spec.channels = out.channels();
    spec.stride_h = rows.stride;
    spec.stride_w = columns.stride;
    spec.out_w = out.shape[2];
    spec.out_h = out.shape[1];
    spec.batch = out.shape[0];
    spec.in_stride_c = in.stride_c;
    spec.out_stride_c = out.stride_c;
    spec.rebias = in.rebiased != out.rebiased;
    const generators::Pointwise kernel = generators::depth_to_space(spec);
    builder.call(
        op, {.generator = "depth_to_space",
             .types = "u8",
             .spec = spec,
             .knobs = builder.choose(kernel.shape),
             .signature = &kernel.signature,
             .arguments = {{"input", builder.argument(from)}, {"output", builder.argument(to)}},
             .inputs = {from},
             .outputs = {to}});
}

} // namespace

void transpose_conv2d(Builder &builder, const Operator &op) {
    require_8_bits(builder, op);
    const Graph &graph = builder.graph();
    const auto &a = op.as<TransposeConv2dAttributes>();
    const Tensor &weights = graph.tensor(op.inputs[1]);
    const Shape &in = graph.tensor(op.inputs[0]).shape;
    const Shape &out = graph.tensor(op.outputs[0]).shape;
    const Phases rows{a.stride_h, a.padding.top, weights.shape[1]};
    const Phases columns{a.stride_w, a.padding.left, weights.shape[2]};
    const bool apart = rows.stride > 1 || columns.stride > 1;

    const int input = convolution_input(builder, op.inputs[0]);
    Conv2dSpec spec;
    spec.batch = in[0];
    spec.in_h = in[1];
    spec.in_w = in[2];
    spec.c_in = in[3];
    spec.c_out = out[3] * rows.stride * columns.stride;
    spec.in_stride_c = builder.stored_tensor(input).stride_c;
    spec.out_h = rows.places(out[1]);
    spec.out_w = columns.places(out[2]);
    spec.kernel_h = rows.offsets();
    spec.kernel_w = columns.offsets();
    spec.pad_top = -rows.first();
    spec.pad_left = -columns.first();
    spec.staged = rows.leaves(in[1], out[1]) || columns.leaves(in[2], out[2]);
    const int phases = apart ? builder.create_intermediate(
                                   op.outputs[0], {in[0], spec.out_h, spec.out_w, spec.c_out})
                             : builder.create(op.outputs[0]);
    append_conv2d(builder, op, spec, input, phases, a.activation,
                  phase_weights(weights, rows, columns));
    if (apart)
        append_depth_to_space(builder, op, rows, columns, phases,
                              builder.create_any(op.outputs[0]));
}

} // namespace octet::lower
