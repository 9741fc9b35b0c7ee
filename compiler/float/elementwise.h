// Functions of one or two elements in the same places: kernels of activations and arithmetic.
#pragma once

#include "compiler/float/kernel.h"

#include <cstdint>

namespace octet::floats {

enum class UnaryFunction : uint8_t {
    clamp,      ///< to [parameters[0], parameters[1]]
    logistic,   ///< 1 / (1 + exp(-x))
    tanh,       ///<
    leaky_relu, ///< x where it is positive, parameters[0] x elsewhere
    hard_swish, ///< x clamp(x + 3, 0, 6) / 6
};

Kernel &unary_kernel(UnaryFunction function);

/// out[i] = function(in[i]) for i < count.
void run_unary(UnaryFunction function, const float *in, float *out, int count,
               const float (&parameters)[2]);

enum class BinaryFunction : uint8_t {
    add,
    sub,
    mul,
    minimum,
    maximum,
    prelu, ///< a where it is positive, a b elsewhere
};

/// One operand of `count` x `rows` elements. Along a row its elements are adjacent or all the same
/// one; rows lie `row_stride` apart, 0 where all read the same one.
struct BinaryOperand {
    const float *data = nullptr;
    bool one_per_row = false;
    int64_t row_stride = 0;
};

Kernel &binary_kernel(BinaryFunction function, bool a_one_per_row, bool b_one_per_row);

/// out[j][i] = clamp(function(a[j][i], b[j][i])) for dense rows j < rows of i < count elements.
void run_binary(BinaryFunction function, const BinaryOperand &a, const BinaryOperand &b,
                float lowest, float highest, float *out, int count, int rows);

} // namespace octet::floats
