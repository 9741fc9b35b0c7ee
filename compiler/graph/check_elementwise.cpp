// Checks of the operators that keep places: addition, activations, softmax and conversions.
#include "compiler/graph/check_operator.h"

#include <algorithm>
#include <cmath>

namespace octet {

namespace {

void check_unary(const OperatorCheck &check) {
    check.operands(1, 1);
    check.activation(check.input());
    check.activation(check.output());
    check.output_shape(check.input().shape);
}

double ratio(const Tensor &from, const Tensor &to) {
    return double(from.quantization.scale()) / double(to.quantization.scale());
}

void check_clamp(const OperatorCheck &check) {
    check_unary(check);
    check.same_type();
    if (quantized(check.input().dtype))
        check.multiplier(ratio(check.input(), check.output()));
}

/// Extents are aligned at the innermost axis; where they differ one must be 1.
Shape broadcast(const OperatorCheck &check, const Shape &a, const Shape &b) {
    const Shape &longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
    Shape result = longer;
    const size_t skipped = longer.size() - shorter.size();
    for (size_t axis = 0; axis < shorter.size(); axis++) {
        int &extent = result[skipped + axis];
        if (extent != shorter[axis] && extent != 1 && shorter[axis] != 1)
            check.fail("its inputs are {} and {}; extents that differ must be 1", to_string(a),
                       to_string(b));
        extent = std::max(extent, shorter[axis]);
    }
    return result;
}

} // namespace

void check_add(const OperatorCheck &check) {
    check.operands(2, 2);
    check.attributes<AddAttributes>();
    for (const Tensor *tensor : {&check.input(0), &check.input(1), &check.output()})
        check.activation(*tensor);
    check.same_type();
    check.output_shape(broadcast(check, check.input(0).shape, check.input(1).shape));
    if (!quantized(check.output().dtype))
        return;
    // TFLite adds in units of twice the larger input scale divided by 2^20, and needs the way back
    // to the output to be a factor below 1.
    const double larger =
        std::max(ratio(check.input(0), check.output()), ratio(check.input(1), check.output()));
    if (!(2 * larger < double(1 << 20)))
        check.fail("an input's scale is {:g} times the output's; it must be below 2^19, quantize "
                   "the network again",
                   larger);
}

void check_relu(const OperatorCheck &check) {
    check_clamp(check);
}
void check_relu6(const OperatorCheck &check) {
    check_clamp(check);
}
void check_relu_n1_to_1(const OperatorCheck &check) {
    check_clamp(check);
}

void check_logistic(const OperatorCheck &check) {
    check_unary(check);
    check.same_type();
    check.probability_quantization();
    // TFLite keeps 4 integer bits of the input.
    if (quantized(check.input().dtype) && !(check.input().quantization.scale() < 16))
        check.fail("its input has scale {}; it must be below 16, quantize the network again",
                   check.input().quantization.scale());
}

void check_softmax(const OperatorCheck &check) {
    check_unary(check);
    const auto &a = check.attributes<SoftmaxAttributes>();
    check.same_type();
    check.probability_quantization();
    if (check.input().shape.empty())
        check.fail("its input is a scalar; it needs at least one dimension");
    if (!std::isfinite(a.beta) || a.beta <= 0)
        check.fail("its beta is {}; it must be finite and above 0", a.beta);
    // TFLite sums exponentials with 12 integer bits.
    if (quantized(check.input().dtype) && check.input().shape.back() >= 4096)
        check.fail("its rows have {} elements; quantized ones must have fewer than 4096",
                   check.input().shape.back());
}

void check_quantize(const OperatorCheck &check) {
    check_unary(check);
    if (!quantized(check.output().dtype))
        check.fail("its output is {}; it must be int8 or uint8", name_of(check.output().dtype));
    if (quantized(check.input().dtype))
        check.multiplier(ratio(check.input(), check.output()));
}

void check_dequantize(const OperatorCheck &check) {
    check_unary(check);
    if (!quantized(check.input().dtype) || check.output().dtype != DType::f32)
        check.fail("it turns {} into {}; it must turn int8 or uint8 into float32",
                   name_of(check.input().dtype), name_of(check.output().dtype));
}

} // namespace octet
