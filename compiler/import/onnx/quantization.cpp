// QuantizeLinear and DequantizeLinear.
//
// Of activations they become QUANTIZE and DEQUANTIZE; a DequantizeLinear of a constant says what
// its integers mean. quantize_operators then draws them together around the operators between.
#include "compiler/import/onnx/elementwise.h"

#include <algorithm>
#include <cmath>

namespace octet::onnx {

namespace {

/// Scales, zero points and axis, which are the same inputs of both operators; `shape` is the
/// input's.
Quantization parameters(const Node &node, const Shape &shape) {
    if (node.integer("block_size", 0))
        node.fail("it has a scale per block of {} elements; use one per tensor or per channel",
                  node.integer("block_size", 0));
    const Tensor scale = node.constant(1, "scale");
    Quantization q;
    q.scales.assign(scale.values<float>().begin(), scale.values<float>().end());
    q.zero_points.assign(q.scales.size(), 0);
    if (node.has_input(2)) {
        if (!node.input(2).is_constant())
            node.fail("its zero point is computed at run time; only constants are supported");
        const std::vector<int64_t> stored = integers(*node.input(2).constant);
        if (stored.size() != q.scales.size())
            node.fail("it has {} scales and {} zero points; give each scale its zero point",
                      q.scales.size(), stored.size());
        q.zero_points.assign(stored.begin(), stored.end());
    }
    if (q.scales.empty() || std::any_of(q.scales.begin(), q.scales.end(),
                                        [](float s) { return !std::isfinite(s) || s <= 0; }))
        node.fail("one of its {} scales is not above 0; quantize the network again",
                  q.scales.size());
    if (q.per_channel()) {
        q.axis = node.axis(node.integer("axis", 1), shape.size());
        if (size_t(shape[size_t(q.axis)]) != q.scales.size())
            node.fail("it has {} scales along axis {} of {}; give one per channel", q.scales.size(),
                      q.axis, to_string(shape));
    }
    return q;
}

/// What a QuantizeLinear makes, by its zero point or by an attribute.
DType quantized_type(const Node &node) {
    const int64_t type = node.integer("output_dtype", 0);
    if (node.has_input(2) && node.input(2).is_constant()) {
        const DType dtype = node.input(2).constant->dtype;
        if (dtype == DType::s8 || dtype == DType::u8 || dtype == DType::s16)
            return dtype;
        node.fail("it quantizes to {}; int8, uint8 and int16 are supported", name_of(dtype));
    }
    if (type == 0 || type == proto::TensorProto::UINT8)
        return DType::u8;
    if (type == proto::TensorProto::INT16)
        return DType::s16;
    if (type != proto::TensorProto::INT8)
        node.fail("it quantizes to {}; int8, uint8 and int16 are supported", type_name(int(type)));
    return DType::s8;
}

Tensor quantized_constant(const Tensor &source, const Quantization &q, DType dtype) {
    int64_t inner = 1;
    for (size_t axis = size_t(q.axis) + 1; axis < source.shape.size(); axis++)
        inner *= source.shape[axis];
    const float lowest = dtype == DType::s16 ? -32768.0f : dtype == DType::s8 ? -128.0f : 0.0f;
    const float highest = lowest + (dtype == DType::s16 ? 65535.0f : 255.0f);
    Bytes bytes;
    size_t count = 0;
    for (float value : source.values<float>()) {
        const size_t channel = q.per_channel() ? count++ / size_t(inner) % q.scales.size() : 0;
        const float steps =
            std::nearbyint(value / q.scales[channel]) + float(q.zero_points[channel]);
        const auto stored = int32_t(steps > lowest ? std::min(steps, highest) : lowest);
        for (size_t byte = 0; byte < size_of(dtype); byte++)
            bytes.push_back(uint8_t(stored >> (8 * byte)));
    }
    Tensor result;
    result.dtype = dtype;
    result.shape = source.shape;
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

} // namespace

void import_quantize_linear(Node &node) {
    node.need_inputs(2, 3);
    const Value &x = node.input(0);
    const Quantization q = parameters(node, x.shape());
    const DType dtype = quantized_type(node);
    if (x.is_constant()) {
        Tensor constant = quantized_constant(node.constant(0, "input"), q, dtype);
        constant.name = node.builder().name();
        return node.set_output(constant_value(std::move(constant)));
    }
    if (q.per_channel())
        node.fail("it has {} scales; activations are quantized per tensor", q.scales.size());
    Tensor output;
    output.dtype = dtype;
    output.shape = node.builder().tensor(x.tensor).shape;
    output.quantization = q;
    node.set_output_like(x, node.builder().emit(OpKind::quantize, "", {x.tensor}, {}, output));
}

void import_dequantize_linear(Node &node) {
    node.need_inputs(2, 3);
    Value x = node.input(0);
    const Quantization q = parameters(node, x.shape());
    if (x.is_constant()) {
        Tensor &constant = *x.constant;
        if (constant.dtype != DType::s8 && constant.dtype != DType::u8 &&
            constant.dtype != DType::s16 && constant.dtype != DType::s32)
            node.fail("its input is {}; int8, uint8, int16 and int32 are supported",
                      name_of(constant.dtype));
        constant.quantization = q;
        return node.set_output(std::move(x));
    }
    Tensor &stored = node.network().graph.tensor(x.tensor);
    if (q.per_channel())
        node.fail("it has {} scales; activations are quantized per tensor", q.scales.size());
    if (stored.dtype != DType::s8 && stored.dtype != DType::u8 && stored.dtype != DType::s16)
        node.fail("its input is {}; int8, uint8 and int16 are supported", name_of(stored.dtype));
    if (!stored.quantization.quantized())
        stored.quantization = q; // an input of the network
    if (!(stored.quantization == q))
        node.fail("its scale {} and zero point {} differ from those that its input was quantized "
                  "with, {} and {}; quantize the network again",
                  q.scale(), q.zero_point(), stored.quantization.scale(),
                  stored.quantization.zero_point());
    Tensor output;
    output.shape = stored.shape;
    node.set_output_like(x, node.builder().emit(OpKind::dequantize, "", {x.tensor}, {}, output));
}

} // namespace octet::onnx
