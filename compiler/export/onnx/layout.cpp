// The operators that move elements, and resizing.
#include "compiler/export/onnx/writer.h"

namespace octet::onnx_export {

namespace {

/// By the file's axes: value(i) of Graph's axis i.
template <typename Value>
std::vector<int64_t> by_axis(size_t rank, Value &&value) {
    std::vector<int64_t> values(rank);
    for (size_t axis = 0; axis < rank; axis++)
        values[size_t(Writer::axis(int(axis), rank))] = value(axis);
    return values;
}

void write_reshaped(Writer &writer, const Operator &op) {
    const Tensor &x = writer.input(op), &y = writer.output(op);
    std::string value = writer.real(op.inputs[0]);
    if (x.shape.size() == 4)
        value = writer.between(writer.to_nhwc(value, x, op.name), x, op.name + "_nhwc");
    value = writer.reshape(value, y.shape, op.name);
    if (y.shape.size() == 4)
        value = writer.to_nchw(writer.between(value, y, op.name + "_nhwc"), y, op.name);
    writer.define(op, value);
}

void write_resize(Writer &writer, const Operator &op, const char *mode) {
    const auto &a = op.as<ResizeAttributes>();
    const Shape &out = writer.output(op).shape;
    const std::string sizes = writer.file().integers(
        op.name + "_sizes", by_axis(4, [&](size_t axis) { return int64_t(out[axis]); }));
    const char *coordinates = a.align_corners        ? "align_corners"
                              : a.half_pixel_centers ? "half_pixel"
                                                     : "asymmetric";
    // The nearest place rounds halves up, of places that count from pixels' corners down.
    const bool corners = !a.align_corners && !a.half_pixel_centers;
    writer.define(op,
                  writer.file().add_unique(
                      "Resize", {writer.real(op.inputs[0]), "", "", sizes}, op.name + "_real",
                      {{"mode", std::string(mode)},
                       {"coordinate_transformation_mode", std::string(coordinates)},
                       {"nearest_mode", std::string(corners ? "floor" : "round_prefer_ceil")}}));
}

} // namespace

void write_reshape(Writer &writer, const Operator &op) {
    write_reshaped(writer, op);
}
void write_squeeze(Writer &writer, const Operator &op) {
    write_reshaped(writer, op);
}

void write_transpose(Writer &writer, const Operator &op) {
    const std::vector<int> &permutation = op.as<TransposeAttributes>().permutation;
    const size_t rank = permutation.size();
    const std::vector<int64_t> axes =
        by_axis(rank, [&](size_t axis) { return Writer::axis(permutation[axis], rank); });
    writer.define(op, writer.file().add_unique("Transpose", {writer.real(op.inputs[0])},
                                               op.name + "_real", {{"perm", axes}}));
}

void write_pad(Writer &writer, const Operator &op) {
    const auto &pads = op.as<PadAttributes>().pads;
    std::vector<int64_t> both =
        by_axis(pads.size(), [&](size_t axis) { return int64_t(pads[axis].first); });
    const std::vector<int64_t> after =
        by_axis(pads.size(), [&](size_t axis) { return int64_t(pads[axis].second); });
    both.insert(both.end(), after.begin(), after.end());
    writer.define(op, writer.file().add_unique("Pad",
                                               {writer.real(op.inputs[0]),
                                                writer.file().integers(op.name + "_pads", both)},
                                               op.name + "_real"));
}

void write_slice(Writer &writer, const Operator &op) {
    const auto &a = op.as<SliceAttributes>();
    const Shape &out = writer.output(op).shape;
    const size_t rank = out.size();
    const auto list = [&](const char *what, auto &&value) {
        return writer.file().integers(op.name + what, by_axis(rank, value));
    };
    const std::string starts = list("_starts", [&](size_t axis) { return int64_t(a.begin[axis]); });
    const std::string ends = list("_ends", [&](size_t axis) {
        return a.begin[axis] + int64_t(out[axis] - 1) * a.strides[axis] + 1;
    });
    const std::string axes =
        list("_axes", [&](size_t axis) { return Writer::axis(int(axis), rank); });
    const std::string steps = list("_steps", [&](size_t axis) { return int64_t(a.strides[axis]); });
    writer.define(op, writer.file().add_unique(
                          "Slice", {writer.real(op.inputs[0]), starts, ends, axes, steps},
                          op.name + "_real"));
}

void write_concatenation(Writer &writer, const Operator &op) {
    const auto &a = op.as<ConcatenationAttributes>();
    std::vector<std::string> inputs;
    for (TensorId id : op.inputs)
        inputs.push_back(writer.real(id));
    const std::string value =
        writer.file().add_unique("Concat", inputs, op.name + "_real",
                                 {{"axis", Writer::axis(a.axis, writer.output(op).shape.size())}});
    writer.define(op, writer.activate(value, a.activation, op.name));
}

void write_resize_bilinear(Writer &writer, const Operator &op) {
    write_resize(writer, op, "linear");
}
void write_resize_nearest(Writer &writer, const Operator &op) {
    write_resize(writer, op, "nearest");
}

} // namespace octet::onnx_export
