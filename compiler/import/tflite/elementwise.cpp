// Arithmetic of two operands, the activations, SOFTMAX and the conversions.
#include "compiler/import/tflite/operator_reader.h"

#include <cmath>

namespace octet::tflite {

namespace {

/// To the tolerance of the engines.
bool is_power_of_two(float scale) {
    const float exponent = std::log2(scale);
    return std::abs(exponent - std::round(exponent)) < 1e-3f;
}

/// Sums of int16 whose scales are all powers of two have a second form, with another rounding, that
/// LSTM cells use; converters say which one is meant.
template <typename Options>
void refuse_shifted_sum(OperatorReader &reader, const Options &options) {
    if (!options.pot_scale_int16() || reader.output().dtype != DType::s16)
        return;
    for (const Tensor *tensor : {&reader.input(0), &reader.input(1), &reader.output()})
        if (!tensor->quantization.quantized() || !is_power_of_two(tensor->quantization.scale()))
            return;
    reader.fail("its scales are powers of two and it asks for the form of sums that shifts one "
                "operand; convert the network with pot_scale_int16 false");
}

/// The options table of ADD and its like holds a fused activation, and may be absent.
template <typename Attributes, typename Options>
void import_arithmetic(OperatorReader &reader) {
    Attributes a;
    if (const auto *o = reader.optional_options<Options>())
        a.activation = reader.activation(o->fused_activation_function());
    reader.set(a);
}

template <typename Attributes, typename Options>
void import_sum(OperatorReader &reader) {
    reader.operands(2, 2);
    if (const auto *o = reader.optional_options<Options>())
        refuse_shifted_sum(reader, *o);
    import_arithmetic<Attributes, Options>(reader);
}

// The operand to compare with is the second one, whichever a file has as a constant.
void import_comparison(OperatorReader &reader) {
    reader.operands(2, 2);
    if (reader.input(0).constant() && !reader.input(1).constant())
        reader.select_inputs({1, 0});
}

} // namespace

void import_add(OperatorReader &reader) {
    import_sum<AddAttributes, schema::AddOptions>(reader);
}
void import_sub(OperatorReader &reader) {
    import_sum<SubAttributes, schema::SubOptions>(reader);
}
void import_mul(OperatorReader &reader) {
    import_arithmetic<MulAttributes, schema::MulOptions>(reader);
}

void import_minimum(OperatorReader &reader) {
    import_comparison(reader);
}
void import_maximum(OperatorReader &reader) {
    import_comparison(reader);
}

void import_softmax(OperatorReader &reader) {
    reader.set(SoftmaxAttributes{reader.options<schema::SoftmaxOptions>().beta()});
}

void import_leaky_relu(OperatorReader &reader) {
    reader.set(LeakyReluAttributes{reader.options<schema::LeakyReluOptions>().alpha()});
}

// These are their names and nothing else.
void import_relu(OperatorReader &) {}
void import_relu6(OperatorReader &) {}
void import_relu_n1_to_1(OperatorReader &) {}
void import_prelu(OperatorReader &) {}
void import_logistic(OperatorReader &) {}
void import_tanh(OperatorReader &) {}
void import_hard_swish(OperatorReader &) {}
void import_quantize(OperatorReader &) {}
void import_dequantize(OperatorReader &) {}

} // namespace octet::tflite
