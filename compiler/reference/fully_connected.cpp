#include "compiler/reference/accumulate.h"

namespace octet::reference {

// y[n, co] = sum over ci of x[n, ci] * w[co, ci]
void fully_connected(const Operands &operands) {
    const auto &attributes = operands.op().as<FullyConnectedAttributes>();
    const int channels = operands.input_tensor(1).shape[0],
              depth = operands.input_tensor(1).shape[1];
    const int64_t batch = operands.input_tensor(0).elements() / depth;

    accumulate(operands, attributes.activation, [&](auto *input, auto *weights, auto &&emit) {
        for (int64_t n = 0; n < batch; ++n)
            for (int co = 0; co < channels; ++co) {
                std::decay_t<decltype(*input)> sum = 0;
                for (int ci = 0; ci < depth; ++ci)
                    sum += input[n * depth + ci] * weights[int64_t(co) * depth + ci];
                emit(n * channels + co, co, sum);
            }
    });
}

} // namespace octet::reference
