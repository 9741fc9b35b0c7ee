#include "compiler/import/tflite/tensors.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace octet::tflite {

namespace {

std::optional<DType> dtype_of(schema::TensorType type) {
    switch (type) {
    case schema::TensorType::FLOAT32:
        return DType::f32;
    case schema::TensorType::INT8:
        return DType::s8;
    case schema::TensorType::UINT8:
        return DType::u8;
    case schema::TensorType::INT16:
        return DType::s16;
    case schema::TensorType::INT32:
        return DType::s32;
    case schema::TensorType::INT64:
        return DType::s64;
    case schema::TensorType::BOOL:
        return DType::boolean;
    default:
        return std::nullopt;
    }
}

// The verifier aligns a vector for its length only; words of 64 bits may lie across.
std::vector<int64_t> read_words(const flatbuffers::Vector<int64_t> *vector) {
    std::vector<int64_t> words(vector ? vector->size() : 0);
    if (!words.empty())
        std::memcpy(words.data(), vector->Data(), words.size() * sizeof(int64_t));
    return words;
}

Quantization read_quantization(const std::string &object, const Tensor &tensor,
                               const schema::QuantizationParameters &source) {
    Quantization q;
    if (source.details_type() != 0)
        throw Error("{}: its quantization scheme (details of type {}) is not supported; use scales "
                    "and zero points",
                    object, source.details_type());
    // Floats may carry the ranges that a converter has observed; their values are real already.
    const bool integer = tensor.dtype == DType::s8 || tensor.dtype == DType::u8 ||
                         tensor.dtype == DType::s16 || tensor.dtype == DType::s32 ||
                         tensor.dtype == DType::s64;
    if (!integer || !source.scale() || source.scale()->size() == 0)
        return q;
    q.scales.assign(source.scale()->begin(), source.scale()->end());
    q.zero_points.assign(q.scales.size(), 0);
    const std::vector<int64_t> zero_points = read_words(source.zero_point());
    if (zero_points.size() > 1 && zero_points.size() != q.scales.size())
        throw Error("{}: {} scales and {} zero points; give each scale its zero point", object,
                    q.scales.size(), zero_points.size());
    for (size_t i = 0; i < q.scales.size() && !zero_points.empty(); i++) {
        const int64_t value = zero_points[zero_points.size() == 1 ? 0 : i];
        if (value < INT32_MIN || value > INT32_MAX)
            throw Error("{}: zero point {} does not fit into its type; quantize the network again",
                        object, value);
        q.zero_points[i] = int32_t(value);
    }
    // Vectors (a bias) have one axis, whatever a file says; per tensor the axis means nothing.
    q.axis = q.per_channel() && tensor.shape.size() != 1 ? source.quantized_dimension() : 0;
    return q;
}

} // namespace

std::string printable(const flatbuffers::String *text) {
    return text ? octet::printable(text->string_view()) : "";
}

TensorReader::TensorReader(const schema::Model &model, const std::string &source, size_t file_size)
    : model_(model), source_(source), budget_(source, file_size),
      buffers_(model.buffers() ? model.buffers()->size() : 0) {}

std::shared_ptr<const Bytes> TensorReader::data(const std::string &object,
                                                const schema::Tensor &tensor) {
    const uint32_t index = tensor.buffer();
    if (index >= buffers_.size())
        throw Error("{}: its data is buffer {}; the file has {} buffers", object, index,
                    buffers_.size());
    const schema::Buffer *buffer = model_.buffers()->Get(index);
    if (buffer->size() > 0 || tensor.external_buffer() != 0)
        throw Error("{}: its data lies outside the model's tables; convert the network to one file "
                    "below 2 GiB",
                    object);
    if (!buffer->data() || buffer->data()->size() == 0)
        return nullptr;
    if (!buffers_[index]) {
        spend(buffer->data()->size());
        buffers_[index] =
            std::make_shared<const Bytes>(buffer->data()->begin(), buffer->data()->end());
    }
    return buffers_[index];
}

Tensor TensorReader::read(const schema::Tensor &source, size_t index) {
    Tensor tensor;
    spend(source.name() ? source.name()->size() : 0);
    tensor.name = printable(source.name());
    if (tensor.name.empty())
        tensor.name = "tensor_" + std::to_string(index);
    const std::string object = fmt::format("{}: tensor {} ('{}')", source_, index, tensor.name);

    const std::optional<DType> dtype = dtype_of(source.type());
    if (!dtype)
        throw Error("{}: its type {} ({}) is not supported; convert the network to int8 or float32",
                    object, schema::EnumNameTensorType(source.type()), int(source.type()));
    tensor.dtype = *dtype;
    if (source.is_variable())
        throw Error("{}: it keeps its value between runs; networks with state are not supported",
                    object);
    if (source.sparsity())
        throw Error("{}: it is stored sparse; convert the network to dense weights", object);
    if (const auto *shape = source.shape()) {
        spend(shape->size() * sizeof(int32_t));
        tensor.shape.assign(shape->begin(), shape->end());
    }
    tensor.data = data(object, source);
    // A constant without elements (the shape of a scalar) looks like a tensor without data.
    if (!tensor.data && std::count(tensor.shape.begin(), tensor.shape.end(), 0) > 0)
        tensor.data = std::make_shared<const Bytes>();
    if (const auto *quantization = source.quantization()) {
        spend(quantization->scale() ? quantization->scale()->size() * sizeof(float) : 0);
        spend(quantization->zero_point() ? quantization->zero_point()->size() * 8 : 0);
        tensor.quantization = read_quantization(object, tensor, *quantization);
    }
    return tensor;
}

} // namespace octet::tflite
