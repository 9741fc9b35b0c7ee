#include "compiler/import/octet/attributes_json.h"

#include "compiler/support/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet {

NLOHMANN_JSON_SERIALIZE_ENUM(Activation, {{Activation::none, "none"},
                                          {Activation::relu, "relu"},
                                          {Activation::relu6, "relu6"},
                                          {Activation::relu_n1_to_1, "relu_n1_to_1"}})

NLOHMANN_JSON_SERIALIZE_ENUM(DynamicInput, {{DynamicInput::none, "none"},
                                            {DynamicInput::symmetric, "symmetric"},
                                            {DynamicInput::asymmetric, "asymmetric"}})

#define OCTET_FIELDS NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE
OCTET_FIELDS(Padding, top, bottom, left, right)
OCTET_FIELDS(Conv2dAttributes, stride_h, stride_w, dilation_h, dilation_w, groups, padding,
             activation, dynamic_input)
OCTET_FIELDS(DepthwiseConv2dAttributes, stride_h, stride_w, dilation_h, dilation_w, multiplier,
             padding, activation, dynamic_input)
OCTET_FIELDS(FullyConnectedAttributes, keep_dims, activation, dynamic_input)
OCTET_FIELDS(Pool2dAttributes, kernel_h, kernel_w, stride_h, stride_w, padding, activation)
OCTET_FIELDS(AddAttributes, activation)
OCTET_FIELDS(SubAttributes, activation)
OCTET_FIELDS(MulAttributes, activation)
OCTET_FIELDS(LeakyReluAttributes, alpha)
OCTET_FIELDS(TransposeConv2dAttributes, stride_h, stride_w, padding, activation)
OCTET_FIELDS(ResizeAttributes, align_corners, half_pixel_centers)
OCTET_FIELDS(SliceAttributes, begin, strides)
OCTET_FIELDS(MeanAttributes, axes, keep_dims)
OCTET_FIELDS(PadAttributes, pads)
OCTET_FIELDS(SoftmaxAttributes, beta)
OCTET_FIELDS(ConcatenationAttributes, axis, activation)
OCTET_FIELDS(TransposeAttributes, permutation)
OCTET_FIELDS(StridedSliceAttributes, begin_mask, end_mask, ellipsis_mask, new_axis_mask,
             shrink_axis_mask)
OCTET_FIELDS(PackAttributes, axis)
#undef OCTET_FIELDS

namespace network {

namespace {

using Json = nlohmann::json;

// The struct's own name, so that the list of them is Attributes itself.
template <typename T>
std::string type_name() {
    const std::string function = __PRETTY_FUNCTION__; // "... [with T = octet::AddAttributes; ..."
    const size_t begin = function.find("octet::", function.find("T = ")) + 7;
    return function.substr(begin, function.find_first_of(";,]", begin) - begin);
}

constexpr const char *dynamic_input_key = "dynamic_input";

/// Files say `dynamic_input` only where there is one.
Json without_default(Json fields) {
    if (fields.contains(dynamic_input_key) && fields[dynamic_input_key] == "none")
        fields.erase(dynamic_input_key);
    return fields;
}

Json json_of(const Attributes &attributes) {
    return std::visit(
        [](const auto &a) -> Json {
            using T = std::decay_t<decltype(a)>;
            if constexpr (std::is_same_v<T, std::monostate>)
                return nullptr;
            else
                return {{type_name<T>(), without_default(a)}};
        },
        attributes);
}

template <size_t index = 1>
Attributes read(const std::string &name, const Json &fields) {
    if constexpr (index < std::variant_size_v<Attributes>) {
        using T = std::variant_alternative_t<index, Attributes>;
        if (name == type_name<T>()) {
            Json all = fields;
            if constexpr (requires(T a) { a.dynamic_input; })
                all.emplace(dynamic_input_key, "none");
            return all.get<T>();
        }
        return read<index + 1>(name, fields);
    }
    throw Error("attributes '{}' are not known", name.substr(0, 80));
}

// Numbers are converted without a look at their range, which the caller's comparison finds, but
// for those that C++ does not define.
bool numbers_convert(const Json &json) {
    if (json.is_structured())
        return std::all_of(json.begin(), json.end(), numbers_convert);
    return !json.is_number() ||
           std::abs(json.get<double>()) <= double(std::numeric_limits<int>::max());
}

} // namespace

std::string to_json(const Attributes &attributes) {
    return std::holds_alternative<std::monostate>(attributes) ? "" : json_of(attributes).dump();
}

Attributes from_json(const std::string &text) {
    if (text.empty())
        return {};
    try {
        const Json json = Json::parse(text);
        if (json.is_object() && json.size() == 1 && numbers_convert(json)) {
            Attributes attributes = read(json.begin().key(), json.begin().value());
            if (json_of(attributes) == json)
                return attributes;
        }
    } catch (const Json::exception &) {
    }
    throw Error("its attributes are not those that Octet writes");
}

} // namespace network

} // namespace octet
