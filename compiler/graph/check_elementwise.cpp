// Checks of the operators of one operand that keep places: activations, softmax and conversions.
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

void check_clamp(const OperatorCheck &check) {
    check_unary(check);
    check.same_type();
    if (quantized(check.input().dtype))
        check.multiplier(scale_ratio(check.input(), check.output()));
}

/// TFLite keeps 4 integer bits of the input; of 16 bits it multiplies values by up to 2^16.
void check_integer_bits(const OperatorCheck &check) {
    const float limit = check.input().dtype == DType::s16 ? 4 : 16;
    if (quantized(check.input().dtype) && !(check.input().quantization.scale() < limit))
        check.fail("its input has scale {}; it must be below {}, quantize the network again",
                   check.input().quantization.scale(), limit);
}

} // namespace

void check_relu(const OperatorCheck &check) {
    check_clamp(check);
}
void check_relu6(const OperatorCheck &check) {
    check_clamp(check);
}
void check_relu_n1_to_1(const OperatorCheck &check) {
    check_clamp(check);
    check.not_int16();
}

void check_logistic(const OperatorCheck &check) {
    check_unary(check);
    check.same_type();
    check.probability_quantization();
    check_integer_bits(check);
}

void check_tanh(const OperatorCheck &check) {
    check_unary(check);
    check.same_type();
    if (check.output().dtype == DType::s16)
        check.fixed_quantization(1.0f / 32768, 0);
    else
        check.fixed_quantization(1.0f / 128, check.output().dtype == DType::s8 ? 0 : 128);
    check_integer_bits(check);
}

void check_leaky_relu(const OperatorCheck &check) {
    check_unary(check);
    const float alpha = check.attributes<LeakyReluAttributes>().alpha;
    check.same_type();
    if (!std::isfinite(alpha) || alpha < 0)
        check.fail("its alpha is {}; it must be finite and at least 0", alpha);
    if (quantized(check.input().dtype))
        check.multiplier(scale_ratio(check.input(), check.output()) * std::max(1.0, double(alpha)));
}

void check_hard_swish(const OperatorCheck &check) {
    check_unary(check);
    check.same_type();
    check.not_int16();
    if (!quantized(check.input().dtype) || check.input().dtype == DType::s16)
        return;
    // TFLite computes in 16 bits, with shifts by less than that: of the input in units of 3 * 2^-15
    // and, from 7 more bits than the input has, to the output.
    const float scale = check.input().quantization.scale();
    const double factor = scale_ratio(check.input(), check.output());
    if (!(scale > 0x1p-20f && scale < 0x1p14f && factor > 0x1p-8 && factor < 0x1p7))
        check.fail("its scale is {:g} and {:g} times the output's; these must lie within 2^-20 and "
                   "2^14 and within 2^-8 and 2^7, quantize the network again",
                   scale, factor);
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
    // TFLite sums exponentials with 12 integer bits, or 16 of 16-bit values.
    const int most = check.input().dtype == DType::s16 ? 65536 : 4096;
    if (quantized(check.input().dtype) && check.input().shape.back() >= most)
        check.fail("its rows have {} elements; quantized ones must have fewer than {}",
                   check.input().shape.back(), most);
}

void check_quantize(const OperatorCheck &check) {
    check_unary(check);
    const DType from = check.input().dtype, to = check.output().dtype;
    if (!quantized(to))
        check.fail("its output is {}; it must be int8, uint8 or int16", name_of(to));
    if ((from == DType::u8 && to == DType::s16) || (from == DType::s16 && to == DType::u8))
        check.fail("it turns {} into {}, for which engines have no kernel; use int8 on one side",
                   name_of(from), name_of(to));
    if (quantized(check.input().dtype))
        check.multiplier(scale_ratio(check.input(), check.output()));
}

void check_dequantize(const OperatorCheck &check) {
    check_unary(check);
    if (!quantized(check.input().dtype) || check.output().dtype != DType::f32)
        check.fail("it turns {} into {}; it must turn int8, uint8 or int16 into float32",
                   name_of(check.input().dtype), name_of(check.output().dtype));
}

} // namespace octet
