#include "compiler/float/layer.h"
#include "compiler/float/strided.h"

#include <algorithm>

namespace octet::floats {

namespace {

class Mean : public Layer {
public:
    using Layer::Layer;

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        const std::vector<Axis> all = merge_axes(axes());
        const int64_t in_slab = input().elements(), out_slab = this->output().elements();
        const float count = float(in_slab / out_slab);
        workers.run(samples, [&](int64_t sample) {
            float *out = output + sample * out_slab;
            std::fill(out, out + out_slab, 0.0f);
            add_up(all, inputs[0].data + sample * in_slab, out);
            for (int64_t i = 0; i < out_slab; ++i)
                out[i] /= count;
        });
    }

private:
    /// The input's axes: a is the output's stride, 0 along those that are reduced, b the input's.
    std::vector<Axis> axes() const {
        const auto &reduced = op().as<MeanAttributes>().axes;
        Shape kept = input().shape;
        for (int axis : reduced)
            kept[size_t(axis)] = 1;
        const auto to = dense_strides(kept), from = dense_strides(input().shape);
        std::vector<Axis> result;
        for (size_t axis = 0; axis < kept.size(); ++axis)
            result.push_back({input().shape[axis], kept[axis] == 1 ? 0 : to[axis], from[axis]});
        return result;
    }

    static void add_up(const std::vector<Axis> &axes, const float *in, float *out) {
        const Axis row = axes.back();
        const size_t outer = axes.size() - 1;
        int64_t rows = 1;
        for (size_t axis = 0; axis < outer; ++axis)
            rows *= axes[axis].extent;
        for (int64_t i = 0; i < rows; ++i) {
            const Place place = place_of(axes, outer, i);
            const float *from = in + place.b;
            float *to = out + place.a;
            if (row.a == 0) { // The row's sum; rows are dense, being the input's innermost axis.
                for (int64_t k = 0; k < row.extent; ++k)
                    *to += from[k];
            } else {
                for (int64_t k = 0; k < row.extent; ++k)
                    to[k] += from[k];
            }
        }
    }
};

} // namespace

std::unique_ptr<Layer> make_mean(const Graph &graph, const Operator &op) {
    return std::make_unique<Mean>(graph, op);
}

} // namespace octet::floats
