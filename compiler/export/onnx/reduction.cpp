// Pools and means.
#include "compiler/export/onnx/writer.h"

#include <algorithm>

namespace octet::onnx_export {

namespace {

void write_pool(Writer &writer, const Operator &op, const char *kind) {
    const auto &a = op.as<Pool2dAttributes>();
    const Padding &p = a.padding;
    NodeAttributes attributes = {
        {"kernel_shape", std::vector<int64_t>{a.kernel_h, a.kernel_w}},
        {"strides", std::vector<int64_t>{a.stride_h, a.stride_w}},
        {"pads", std::vector<int64_t>{p.top, p.left, p.bottom, p.right}},
    };
    if (op.kind == OpKind::average_pool2d)
        attributes["count_include_pad"] = int64_t(0);
    const std::string value =
        writer.file().add_unique(kind, {writer.real(op.inputs[0])}, op.name + "_real", attributes);
    writer.define(op, writer.activate(value, a.activation, op.name));
}

} // namespace

void write_average_pool2d(Writer &writer, const Operator &op) {
    write_pool(writer, op, "AveragePool");
}
void write_max_pool2d(Writer &writer, const Operator &op) {
    write_pool(writer, op, "MaxPool");
}

namespace {

/// Its axes were an attribute once.
std::string reduce_mean(OnnxFile &file, const std::string &value, const std::string &name,
                        const std::vector<int64_t> &axes, bool keep_dims) {
    const int64_t keep = keep_dims;
    if (file.opset() >= 18)
        return file.add_unique("ReduceMean", {value, file.integers(name + "_axes", axes)},
                               name + "_real", {{"keepdims", keep}});
    return file.add_unique("ReduceMean", {value}, name + "_real",
                           {{"axes", axes}, {"keepdims", keep}});
}

} // namespace

// Without the channels' axis behind rows or columns that remain, the axes that remain have the
// same order in both layouts.
void write_mean(Writer &writer, const Operator &op) {
    const auto &a = op.as<MeanAttributes>();
    const Tensor &x = writer.input(op);
    const size_t rank = x.shape.size();
    std::string value = writer.real(op.inputs[0]);
    if (rank == 4 && a.keep_dims && a.axes == std::vector<int>{1, 2}) {
        writer.define(op,
                      writer.file().add_unique("GlobalAveragePool", {value}, op.name + "_real"));
        return;
    }
    const auto remains = [&](int axis) {
        return std::find(a.axes.begin(), a.axes.end(), axis) == a.axes.end();
    };
    const bool back = rank == 4 && !a.keep_dims && remains(3) && (remains(1) || remains(2));
    if (back)
        value = writer.between(writer.to_nhwc(value, x, op.name), x, op.name + "_nhwc");
    std::vector<int64_t> axes;
    for (int axis : a.axes)
        axes.push_back(back ? axis : Writer::axis(axis, rank));
    std::sort(axes.begin(), axes.end());
    writer.define(op, reduce_mean(writer.file(), value, op.name, axes, a.keep_dims));
}

} // namespace octet::onnx_export
