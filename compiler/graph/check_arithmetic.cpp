// Checks of the operators that combine two operands element by element.
#include "compiler/graph/check_operator.h"

#include <algorithm>

namespace octet {

namespace {

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

void check_binary(const OperatorCheck &check) {
    check.operands(2, 2);
    for (const Tensor *tensor : {&check.input(0), &check.input(1), &check.output()})
        check.activation(*tensor);
    check.same_type();
    check.output_shape(broadcast(check, check.input(0).shape, check.input(1).shape));
}

void check_sum(const OperatorCheck &check) {
    check_binary(check);
    if (!quantized(check.output().dtype))
        return;
    // TFLite adds in units of twice the larger input scale divided by 2^20, or 2^15 of 16 bits, and
    // needs the way back to the output to be a factor below 1.
    const double larger = std::max(scale_ratio(check.input(0), check.output()),
                                   scale_ratio(check.input(1), check.output()));
    const int bits = check.output().dtype == DType::s16 ? 14 : 19;
    if (!(larger < double(1 << bits)))
        check.fail("an input's scale is {:g} times the output's; it must be below 2^{}, quantize "
                   "the network again",
                   larger, bits);
}

/// The second operand holds constants: one for all elements, or one for each channel.
void check_constants(const OperatorCheck &check, bool one_for_all) {
    check.operands(2, 2);
    const Tensor &constants = check.input(1);
    check.constant(constants, "second operand");
    const Shape &in = check.input(0).shape;
    const bool channels = !in.empty() && !constants.shape.empty() &&
                          constants.shape.back() == in.back() && constants.elements() == in.back();
    if (!channels && !(one_for_all && constants.elements() == 1))
        check.fail("its second operand is {} beside {}; it must be one value{}",
                   to_string(constants.shape), to_string(in),
                   one_for_all ? " or one per channel" : " per channel");
    check_binary(check);
    check.output_shape(in);
}

void check_comparison(const OperatorCheck &check) {
    check_constants(check, true);
    check.same_quantization(check.input(0), check.output());
    check.same_quantization(check.input(1), check.output());
}

} // namespace

void check_add(const OperatorCheck &check) {
    check.attributes<AddAttributes>();
    check_sum(check);
}
void check_sub(const OperatorCheck &check) {
    check.attributes<SubAttributes>();
    check_sum(check);
}

void check_mul(const OperatorCheck &check) {
    check.attributes<MulAttributes>();
    check_binary(check);
    if (quantized(check.output().dtype))
        check.multiplier(scale_ratio(check.input(0), check.output()) *
                         double(check.input(1).quantization.scale()));
}

void check_minimum(const OperatorCheck &check) {
    check_comparison(check);
}
void check_maximum(const OperatorCheck &check) {
    check_comparison(check);
}

void check_prelu(const OperatorCheck &check) {
    check_constants(check, false);
    check.not_int16();
    if (quantized(check.output().dtype))
        check.multiplier(scale_ratio(check.input(0), check.output()) *
                         std::max(1.0, double(check.input(1).quantization.scale())));
}

} // namespace octet
