#include "compiler/float/layer.h"

#include <algorithm>
#include <cmath>

namespace octet::floats {

namespace {

// Rows are few and short beside everything else in a network; plain loops do.
class Softmax : public Layer {
public:
    using Layer::Layer;

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        const int64_t depth = input().shape.back(), rows = samples * input().elements() / depth;
        const float beta = op().as<SoftmaxAttributes>().beta;
        const int64_t per_task = std::max<int64_t>(1, (1 << 12) / depth);
        workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
            for (int64_t row = task * per_task; row < std::min(rows, (task + 1) * per_task); ++row)
                softmax_row(inputs[0].data + row * depth, output + row * depth, depth, beta);
        });
    }

private:
    static void softmax_row(const float *in, float *out, int64_t depth, float beta) {
        const float largest = *std::max_element(in, in + depth);
        float sum = 0;
        for (int64_t i = 0; i < depth; ++i)
            sum += out[i] = std::exp((in[i] - largest) * beta);
        for (int64_t i = 0; i < depth; ++i)
            out[i] /= sum;
    }
};

} // namespace

std::unique_ptr<Layer> make_softmax(const Graph &graph, const Operator &op) {
    return std::make_unique<Softmax>(graph, op);
}

} // namespace octet::floats
