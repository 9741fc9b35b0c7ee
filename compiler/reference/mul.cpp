#include "compiler/reference/mul.h"

#include "compiler/reference/broadcast.h"

namespace octet::reference {

namespace {

Requantizer product_requantizer(float a, float b, float output, Rounding rounding) {
    if (rounding == Rounding::float32)
        return Requantizer(Requantizer::Kind::float32, a, b, output);
    const double real = rounding == Rounding::reference ? double(a * b / output)
                                                        : double(a) * double(b) / double(output);
    return Requantizer(Requantizer::Kind::double_rounding, real);
}

} // namespace

MulParameters mul_parameters(const Graph &graph, const Operator &op) {
    const Quantization &a = graph.tensor(op.inputs.at(0)).quantization;
    const Quantization &b = graph.tensor(op.inputs.at(1)).quantization;
    const Tensor &output = graph.tensor(op.outputs.at(0));
    const auto [lowest, highest] = activation_range(op.as<MulAttributes>().activation, output);
    return {{a.zero_point(), b.zero_point()},
            output.quantization.zero_point(),
            product_requantizer(a.scale(), b.scale(), output.quantization.scale(), op.rounding),
            lowest,
            highest};
}

int32_t mul_values(const MulParameters &parameters, int32_t a, int32_t b) {
    const int32_t product = (a - parameters.zero_points[0]) * (b - parameters.zero_points[1]);
    const int64_t value = int64_t(parameters.requantize(product)) + parameters.zero_point;
    return int32_t(std::clamp<int64_t>(value, parameters.lowest, parameters.highest));
}

void mul(const Operands &operands) {
    if (operands.is_float())
        return combine_reals(operands, operands.op().as<MulAttributes>().activation,
                             [](float a, float b) { return a * b; });
    const MulParameters parameters = mul_parameters(operands.graph(), operands.op());
    combine_stored(operands, [&](int32_t a, int32_t b) { return mul_values(parameters, a, b); });
}

} // namespace octet::reference
