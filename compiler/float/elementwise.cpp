#include "compiler/float/elementwise.h"

#include "compiler/float/pipeline.h"

#include <string>

namespace octet::floats {

namespace {

using namespace Halide;

/// tanh |x| = (1 - e) / (1 + e) with e = exp(-2 |x|) loses digits where e is near 1; there the
/// first terms of the series x - x^3 / 3 + 2 x^5 / 15 - 17 x^7 / 315 are exact to a float.
Expr tanh_of(const Expr &x) {
    const Expr e = exp(-2.0f * abs(x)), far = (1.0f - e) / (1.0f + e);
    const Expr square = x * x;
    const Expr near =
        x * (1.0f - square * (1.0f / 3 - square * (2.0f / 15 - square * (17.0f / 315))));
    return select(abs(x) < 0.15f, near, select(x < 0.0f, -far, far));
}

Expr unary_value(UnaryFunction function, const Expr &x, const Param<float> (&parameters)[2]) {
    switch (function) {
    case UnaryFunction::clamp:
        return clamp(x, parameters[0], parameters[1]);
    case UnaryFunction::logistic:
        return 1.0f / (1.0f + exp(-x));
    case UnaryFunction::tanh:
        return tanh_of(x);
    case UnaryFunction::leaky_relu:
        return select(x > 0.0f, x, parameters[0] * x);
    case UnaryFunction::hard_swish:
        return x * clamp(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6);
    }
    return x;
}

Callable build_unary(UnaryFunction function) {
    ImageParam in(Float(32), 1, "in");
    const Param<float> parameters[2] = {Param<float>("parameter0"), Param<float>("parameter1")};
    Var i("i"), io("io"), il("il");
    Func out("out");
    out(i) = unary_value(function, in(i), parameters);
    in.dim(0).set_min(0);
    out.output_buffer().dim(0).set_min(0);
    out.split(i, io, il, machine().lanes, TailStrategy::Predicate).vectorize(il);
    return out.compile_to_callable({in, parameters[0], parameters[1]}, host());
}

Expr binary_value(BinaryFunction function, const Expr &a, const Expr &b) {
    switch (function) {
    case BinaryFunction::add:
        return a + b;
    case BinaryFunction::sub:
        return a - b;
    case BinaryFunction::mul:
        return a * b;
    case BinaryFunction::minimum:
        return min(a, b);
    case BinaryFunction::maximum:
        return max(a, b);
    case BinaryFunction::prelu:
        return select(a > 0.0f, a, a * b);
    }
    return a;
}

Callable build_binary(BinaryFunction function, bool a_one_per_row, bool b_one_per_row) {
    ImageParam a(Float(32), 2, "a"), b(Float(32), 2, "b");
    Param<float> lowest("lowest"), highest("highest");
    Var i("i"), j("j"), io("io"), il("il");
    Func out("out");
    const Expr left = a_one_per_row ? a(0, j) : a(i, j), right = b_one_per_row ? b(0, j) : b(i, j);
    out(i, j) = clamp(binary_value(function, left, right), lowest, highest);
    for (ImageParam *parameter : {&a, &b}) {
        parameter->dim(0).set_min(0);
        parameter->dim(1).set_min(0);
    }
    out.output_buffer().dim(0).set_min(0);
    out.output_buffer().dim(1).set_min(0);
    out.split(i, io, il, machine().lanes, TailStrategy::Predicate).vectorize(il);
    return out.compile_to_callable({a, b, lowest, highest}, host());
}

Runtime::Buffer<const float> rows_of(const BinaryOperand &operand, int count, int rows) {
    const halide_dimension_t shape[] = {{0, operand.one_per_row ? 1 : count, 1},
                                        {0, rows, int32_t(operand.row_stride)}};
    return Runtime::Buffer<const float>(operand.data, 2, shape);
}

} // namespace

Kernel &unary_kernel(UnaryFunction function) {
    return kernel_named("unary" + std::to_string(int(function)),
                        [=] { return build_unary(function); });
}

void run_unary(UnaryFunction function, const float *in, float *out, int count,
               const float (&parameters)[2]) {
    const Runtime::Buffer<const float> from(in, count);
    Runtime::Buffer<float> to(out, count);
    unary_kernel(function).get()(from, parameters[0], parameters[1], to);
}

Kernel &binary_kernel(BinaryFunction function, bool a_one_per_row, bool b_one_per_row) {
    const std::string name = "binary" + std::to_string(int(function)) +
                             (a_one_per_row ? "r" : "i") + (b_one_per_row ? "r" : "i");
    return kernel_named(name, [=] { return build_binary(function, a_one_per_row, b_one_per_row); });
}

void run_binary(BinaryFunction function, const BinaryOperand &a, const BinaryOperand &b,
                float lowest, float highest, float *out, int count, int rows) {
    const Runtime::Buffer<const float> left = rows_of(a, count, rows),
                                       right = rows_of(b, count, rows);
    Runtime::Buffer<float> to(out, count, rows);
    binary_kernel(function, a.one_per_row, b.one_per_row).get()(left, right, lowest, highest, to);
}

} // namespace octet::floats
