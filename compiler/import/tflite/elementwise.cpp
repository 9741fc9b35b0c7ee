// ADD, the activations, SOFTMAX and the conversions.
#include "compiler/import/tflite/operator_reader.h"

namespace octet::tflite {

void import_add(OperatorReader &reader) {
    AddAttributes a;
    if (const auto *o = reader.optional_options<schema::AddOptions>())
        a.activation = reader.activation(o->fused_activation_function());
    reader.set(a);
}

void import_softmax(OperatorReader &reader) {
    reader.set(SoftmaxAttributes{reader.options<schema::SoftmaxOptions>().beta()});
}

// These are their names and nothing else.
void import_relu(OperatorReader &) {}
void import_relu6(OperatorReader &) {}
void import_relu_n1_to_1(OperatorReader &) {}
void import_logistic(OperatorReader &) {}
void import_quantize(OperatorReader &) {}
void import_dequantize(OperatorReader &) {}

} // namespace octet::tflite
