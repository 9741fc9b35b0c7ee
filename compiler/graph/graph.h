// Graph: a network as a list of operators in execution order over a list of tensors.
//
// It is the one definition that importers produce, the reference interpreter executes and lowering
// consumes; float or int8. A tensor with data is a constant. Tensors are NHWC where they are images.
// Quantized tensors mean real = scale * (stored - zero_point), per tensor or along one axis.
#pragma once

#include "compiler/graph/attributes.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

enum class DType : uint8_t { f32 = 0, s8 = 1, u8 = 2, s16 = 3, s32 = 4, s64 = 5, boolean = 6 };

/// Bytes of one element.
size_t size_of(DType dtype);
/// numpy's name: float32, int8, uint8, int16, int32, int64, bool.
std::string_view name_of(DType dtype);

using Shape = std::vector<int>;

/// Product of the dimensions (1 for a scalar).
int64_t element_count(const Shape &shape);
/// "1x96x96x3"; "scalar" without dimensions.
std::string to_string(const Shape &shape);

/// scales and zero_points have one element (per tensor) or one per index of `axis` (per channel);
/// both are empty for a tensor that is not quantized.
struct Quantization {
    std::vector<float> scales;
    std::vector<int32_t> zero_points;
    int axis = 0;

    bool quantized() const { return !scales.empty(); }
    bool per_channel() const { return scales.size() > 1; }
    float scale() const { return scales.at(0); }
    int32_t zero_point() const { return zero_points.at(0); }
    bool operator==(const Quantization &) const = default;
};

using Bytes = std::vector<uint8_t>;

/// How model files keep the elements of a constant int8 tensor: in fewer bits than eight, as they
/// are or as indices into codebooks. `Tensor::data` always holds the decoded int8 values, so that
/// nobody who computes has to know.
struct WeightStorage {
    int bits = 8; ///< of one stored element or index: 1 to 8
    /// Codebooks of 2^bits int8 values, one after another; empty where elements are stored as they
    /// are. Each serves as many successive indices of `axis` as all others.
    std::vector<int8_t> codebooks;
    int axis = 0;

    bool plain() const { return bits == 8 && codebooks.empty(); }
    int codebook_count() const { return int(codebooks.size() >> bits); }
    bool operator==(const WeightStorage &) const = default;
};

struct Tensor {
    std::string name;
    DType dtype = DType::f32;
    Shape shape;
    Quantization quantization;
    std::shared_ptr<const Bytes> data; ///< Set for constants; element_count * size_of bytes.
    WeightStorage storage;             ///< Of a constant int8 tensor.

    bool constant() const { return data != nullptr; }
    int64_t elements() const { return element_count(shape); }
    size_t bytes() const { return size_t(elements()) * size_of(dtype); }
    /// A constant's elements; T must be the type that `dtype` names.
    template <typename T>
    std::span<const T> values() const {
        return {reinterpret_cast<const T *>(data->data()), data->size() / sizeof(T)};
    }
};

/// What the elements of a quantized int8 constant stand for.
std::vector<float> dequantized_values(const Tensor &tensor);

enum class OpKind : uint8_t {
#define OCTET_OPERATOR(kind, tflite, code) kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) kind,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
};

/// Octet's name ("conv2d") and TFLite's ("CONV_2D").
std::string_view name_of(OpKind kind);
std::string_view tflite_name_of(OpKind kind);

/// How an int32 accumulator becomes an int8 output; a property of each operator (docs/numerics.md).
enum class Rounding : uint8_t {
    reference = 0, ///< LiteRT's reference kernels: double rounding in convolutions, single in FC.
    micro = 1,     ///< TFLite Micro and CMSIS-NN: double rounding everywhere.
    float32 = 2,   ///< float32 multiply, round half to even, as XNNPACK and ONNX QDQ.
};

/// "reference", "micro" or "float".
std::string_view name_of(Rounding rounding);
/// The rounding of that name; throws UsageError that lists the names.
Rounding rounding_from_name(std::string_view name);

using TensorId = int;
inline constexpr TensorId no_tensor = -1;

struct Operator {
    OpKind kind{};
    std::string name; ///< Unique in the graph; messages, reports and benchmarks use it.
    std::vector<TensorId> inputs; ///< no_tensor where an optional input (a bias) is absent.
    std::vector<TensorId> outputs;
    Attributes attributes;
    Rounding rounding = Rounding::reference;

    /// The attributes of this operator's kind.
    template <typename T>
    const T &as() const {
        return std::get<T>(attributes);
    }
    TensorId input(size_t i) const { return i < inputs.size() ? inputs[i] : no_tensor; }
};

struct Graph {
    std::string name;   ///< A C identifier, from the file's name.
    std::string source; ///< The file it came from, for messages.
    std::vector<Tensor> tensors;
    std::vector<Operator> operators; ///< In execution order.
    std::vector<TensorId> inputs, outputs;
    std::vector<std::string> notes; ///< What import found and changed, one line each.

    const Tensor &tensor(TensorId id) const { return tensors.at(size_t(id)); }
    Tensor &tensor(TensorId id) { return tensors.at(size_t(id)); }

    void set_rounding(Rounding rounding);
};

/// Multiply-accumulates of one operator (convolutions and fully connected; 0 otherwise).
int64_t macs(const Graph &graph, const Operator &op);

/// How `op` turns its float activations into integers; none for the kinds that cannot.
DynamicInput dynamic_input(const Operator &op);

/// True for a convolution or fully connected operator of float activations and int8 weights: its
/// dynamic_input says which of the two types computes.
bool is_hybrid(const Graph &graph, const Operator &op);

/// Inclusive range of stored output values that `activation` leaves, for a quantized tensor:
/// the dtype's range cut to z + round(bound / scale), as TFLite computes it.
std::pair<int32_t, int32_t> activation_range(Activation activation, const Tensor &output);

/// Throws Error that names the operator and the tensor when shapes, types, quantization or
/// attributes do not fit together; afterwards reference and lowering need not look again.
void check(const Graph &graph);

} // namespace octet
