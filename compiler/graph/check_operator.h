// What the checks of all operator kinds share: access that cannot fail badly, and one way to fail.
//
// check_<kind> looks at one operator alone: its operands' types, quantization and attributes, and
// that its output has the shape that follows from them. Each throws the first Error that it finds.
// The graph around the operators (who writes what, and in which order) is check.cpp's.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/support/error.h"

namespace octet {

/// Tensors above this are refused: 2^28 elements, a gigabyte of floats.
inline constexpr int64_t max_elements = int64_t(1) << 28;

/// Throws Error unless `tensor` is consistent in itself: extents, element count, quantization, and
/// the size of a constant's data.
void check_tensor(const Graph &graph, const Tensor &tensor);

/// Throws Error unless `op` is consistent with its tensors, which must have passed check_tensor.
void check_operator(const Graph &graph, const Operator &op);

/// The start of every message about `graph`: the file it came from, or its name.
std::string where(const Graph &graph);

/// The multiplier of a requantization must stay below this, so that its left shift is defined.
inline constexpr double max_multiplier = double(1 << 30);

class OperatorCheck {
public:
    OperatorCheck(const Graph &graph, const Operator &op) : graph_(graph), op_(op) {}

    const Operator &op() const { return op_; }

    template <typename... Args>
    [[noreturn]] void fail(fmt::format_string<Args...> format, Args &&...args) const {
        fail_with(fmt::format(format, std::forward<Args>(args)...));
    }

    /// The number of inputs lies in [least, most], none but the last may be absent, and there is
    /// one output. Every check starts with it; afterwards input() and output() are safe.
    void operands(size_t least, size_t most) const;
    /// The same for operators with any number of inputs above 0, all present.
    void variadic() const;
    bool has_input(size_t i) const { return op_.input(i) != no_tensor; }
    const Tensor &input(size_t i = 0) const { return graph_.tensor(op_.inputs[i]); }
    const Tensor &output() const { return graph_.tensor(op_.outputs[0]); }

    /// The attributes, which must be those of the operator's kind.
    template <typename T>
    const T &attributes() const {
        if (const T *found = std::get_if<T>(&op_.attributes))
            return *found;
        fail("its attributes are those of another operator; set the ones of its kind");
    }

    void rank(const Tensor &tensor, size_t rank) const;
    void output_shape(const Shape &expected) const;
    void same_type() const; ///< of all inputs and the output
    /// Float, or int8, uint8 or int16 with per-tensor quantization.
    void activation(const Tensor &tensor) const;
    /// Bytes are moved or compared as stored, so the scale and the zero point must not change.
    void same_quantization(const Tensor &a, const Tensor &b) const;
    /// TFLite fixes the output of SOFTMAX and LOGISTIC: scale 1/256, lowest value 0; of 16 bits
    /// scale 1/32768.
    void probability_quantization() const;
    /// The output, where it is quantized, has the scale and zero point that TFLite fixes; in the
    /// rounding `float` it may have any.
    void fixed_quantization(float scale, int32_t zero_point) const;
    /// The output is not int16, except in the rounding `float`: TFLite has no kernel for it.
    void not_int16() const;
    /// The factor from one quantization to another is finite and below max_multiplier.
    void multiplier(double real) const;
    void constant(const Tensor &tensor, const char *role) const;
    /// `value` lies in [1, 65536].
    void extent(int value, const char *what) const;
    /// Output extent of a window that slides over a padded input, by TFLite's formula.
    int window_extent(int input, int kernel, int stride, int dilation, int before, int after) const;

private:
    [[noreturn]] void fail_with(const std::string &reason) const;

    const Graph &graph_;
    const Operator &op_;
};

inline bool quantized(DType dtype) {
    return dtype == DType::s8 || dtype == DType::u8 || dtype == DType::s16;
}

/// The factor from one tensor's steps to another's.
inline double scale_ratio(const Tensor &from, const Tensor &to) {
    return double(from.quantization.scale()) / double(to.quantization.scale());
}

#define OCTET_OPERATOR(kind, tflite, code) void check_##kind(const OperatorCheck &check);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) void check_##kind(const OperatorCheck &check);
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

} // namespace octet
