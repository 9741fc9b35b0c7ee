#include "compiler/import/onnx/tensors.h"

#include "compiler/graph/check_operator.h"
#include "compiler/import/read_file.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace octet::onnx {

namespace {

using Type = proto::TensorProto;

/// How a type of the file becomes one of the Graph.
struct Form {
    DType dtype;
    size_t stored_size;                           ///< of an element in raw data
    float (*to_float)(const uint8_t *) = nullptr; ///< for types that are converted
};

template <typename T>
T load(const uint8_t *bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

float from_half(const uint8_t *bytes) {
    const auto half = load<uint16_t>(bytes);
    const uint32_t sign = uint32_t(half >> 15) << 31, mantissa = half & 0x3ff;
    const uint32_t exponent = half >> 10 & 31;
    if (exponent == 0) // zero and subnormal numbers, in units of 2^-24
        return (sign ? -1.0f : 1.0f) * float(mantissa) * 0x1p-24f;
    const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

float from_bfloat(const uint8_t *bytes) {
    return std::bit_cast<float>(uint32_t(load<uint16_t>(bytes)) << 16);
}

float from_double(const uint8_t *bytes) {
    return float(load<double>(bytes));
}

std::optional<Form> form_of(int type) {
    switch (type) {
    case Type::FLOAT:
        return Form{DType::f32, 4};
    case Type::FLOAT16:
        return Form{DType::f32, 2, from_half};
    case Type::BFLOAT16:
        return Form{DType::f32, 2, from_bfloat};
    case Type::DOUBLE:
        return Form{DType::f32, 8, from_double};
    case Type::INT8:
        return Form{DType::s8, 1};
    case Type::UINT8:
        return Form{DType::u8, 1};
    case Type::INT16:
        return Form{DType::s16, 2};
    case Type::INT32:
        return Form{DType::s32, 4};
    case Type::INT64:
        return Form{DType::s64, 8};
    case Type::BOOL:
        return Form{DType::boolean, 1};
    default:
        return std::nullopt;
    }
}

/// Elements from one of the typed lists, as the bytes that raw data would have.
template <typename Stored, typename List>
Bytes raw_from(const List &list) {
    Bytes bytes(size_t(list.size()) * sizeof(Stored));
    for (int i = 0; i < list.size(); i++) {
        const auto value = Stored(list.Get(i));
        std::memcpy(&bytes[size_t(i) * sizeof(Stored)], &value, sizeof(Stored));
    }
    return bytes;
}

Bytes typed_data(const proto::TensorProto &tensor) {
    switch (tensor.data_type()) {
    case Type::FLOAT:
        return raw_from<float>(tensor.float_data());
    case Type::DOUBLE:
        return raw_from<double>(tensor.double_data());
    case Type::INT64:
        return raw_from<int64_t>(tensor.int64_data());
    case Type::INT32:
        return raw_from<int32_t>(tensor.int32_data());
    case Type::INT16:
    case Type::FLOAT16:
    case Type::BFLOAT16:
        return raw_from<uint16_t>(tensor.int32_data());
    default:
        return raw_from<uint8_t>(tensor.int32_data());
    }
}

} // namespace

std::string type_name(int data_type) {
    return proto::TensorProto_DataType_IsValid(data_type)
               ? proto::TensorProto_DataType_Name(proto::TensorProto_DataType(data_type))
               : fmt::format("of type {}", data_type);
}

const Bytes &TensorReader::external_file(const std::string &object, const std::string &location) {
    const std::filesystem::path path(location);
    bool inside = !location.empty() && path.is_relative();
    for (const auto &part : path)
        inside = inside && part != "..";
    if (!inside)
        throw Error("{}: its data lies in '{}', outside the model's folder; put the file beside "
                    "the model",
                    object, printable(location));
    const auto found = files_.find(location);
    if (found != files_.end())
        return found->second;
    const auto file = std::filesystem::path(source_).parent_path() / path;
    if (!std::filesystem::is_regular_file(file))
        throw Error("{}: its data lies in the file '{}', which is missing; put it beside the model",
                    object, printable(location));
    return files_.emplace(location, read_file(file)).first->second;
}

Bytes TensorReader::external_data(const std::string &object, const proto::TensorProto &tensor,
                                  size_t wanted) {
    std::string location;
    uint64_t offset = 0, length = wanted;
    for (const auto &entry : tensor.external_data()) {
        const auto number = [&](uint64_t &value) {
            const char *end = entry.value().data() + entry.value().size();
            if (std::from_chars(entry.value().data(), end, value).ptr != end)
                throw Error("{}: its {} in an external file is '{}'; export the network again",
                            object, printable(entry.key()), printable(entry.value()));
        };
        if (entry.key() == "location")
            location = entry.value();
        else if (entry.key() == "offset")
            number(offset);
        else if (entry.key() == "length")
            number(length);
    }
    const Bytes &file = external_file(object, location);
    if (offset > file.size() || length > file.size() - offset)
        throw Error("{}: it lies at byte {} of '{}', which has {} bytes; copy that file again",
                    object, offset, printable(location), file.size());
    return {file.begin() + std::ptrdiff_t(offset), file.begin() + std::ptrdiff_t(offset + length)};
}

Tensor TensorReader::read(const proto::TensorProto &source, const std::string &fallback_name) {
    Tensor result;
    result.name = printable(source.name().empty() ? fallback_name : source.name());
    const std::string object = fmt::format("{}: constant '{}'", source_, result.name);
    const std::optional<Form> form = form_of(source.data_type());
    if (!form)
        throw Error("{}: its elements are {}; use float32, int8, uint8, int32 or int64", object,
                    type_name(source.data_type()));
    if (source.has_segment())
        throw Error("{}: it is stored in segments; export the network again", object);
    result.dtype = form->dtype;
    int64_t elements = 1;
    for (int64_t extent : source.dims()) {
        if (extent < 0 || extent > max_elements || source.dims_size() > 8)
            throw Error("{}: one of its {} extents is {}; at most 2^28 elements in 8 dimensions "
                        "are supported",
                        object, source.dims_size(), extent);
        elements *= extent;
        if (elements > max_elements)
            throw Error("{}: it has more than 2^28 elements; use a smaller network", object);
        result.shape.push_back(int(extent));
    }
    const size_t wanted = size_t(elements) * form->stored_size;
    Bytes bytes;
    if (source.data_location() == proto::TensorProto::EXTERNAL)
        bytes = external_data(object, source, wanted);
    else if (source.has_raw_data())
        bytes.assign(source.raw_data().begin(), source.raw_data().end());
    else
        bytes = typed_data(source);
    if (bytes.size() != wanted)
        throw Error("{}: it holds {} bytes; {} of {} need {}", object, bytes.size(),
                    to_string(result.shape), type_name(source.data_type()), wanted);
    builder_.spend(wanted);
    if (form->to_float) {
        converted_[type_name(source.data_type())]++;
        std::vector<float> values(size_t(elements), 0.0f);
        for (size_t i = 0; i < values.size(); i++)
            values[i] = form->to_float(&bytes[i * form->stored_size]);
        result.data = constant_of(result.shape, values).data;
    } else {
        result.data = std::make_shared<const Bytes>(std::move(bytes));
    }
    return result;
}

} // namespace octet::onnx
