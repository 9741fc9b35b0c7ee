// How cases of the sweep are made, for the files that list them.
#pragma once

#include "tests/operators/reference_cases.h"
#include "tests/operators/reference_disturbance.h"

#include <functional>

namespace octet::test {

/// Builds cases of one operator after another; `dtype` is that of the activations.
class Sweep {
public:
    Sweep(DType dtype, uint32_t seed) : dtype_(dtype), seed_(seed) {}

    DType dtype() const { return dtype_; }

    std::vector<SweepCase> take() { return std::move(cases_); }

    using MakeShape = std::function<Shape(RandomGraph &)>;
    /// Appends one operator to x and returns its output.
    using Build = std::function<TensorId(RandomGraph &, TensorId)>;
    using Change = std::function<void(Graph &, RandomGraph &)>;

    void add(const MakeShape &shape, const Build &build, bool micro = true,
             const Change &change = disturb) {
        RandomGraph g(++seed_);
        const TensorId x = g.input(shape(g), dtype_);
        const TensorId y = build(g, x);
        Graph graph = g.finish({y});
        if (dtype_ != DType::f32)
            change(graph, g);
        std::vector<Bytes> inputs = random_inputs(graph, seed_);
        if (graph.operators.front().kind == OpKind::quantize && dtype_ == DType::f32)
            snap_to_half_steps(graph, inputs.front());
        cases_.push_back({{std::move(graph), std::move(inputs)}, micro && dtype_ != DType::u8});
    }

private:
    DType dtype_;
    uint32_t seed_;
    std::vector<SweepCase> cases_;
};

inline Activation random_activation(RandomGraph &g) {
    return Activation(g.uniform(0, 3));
}

/// NHWC with `extents` between the two, and height and width not below `smallest`.
inline Shape random_image(RandomGraph &g, int smallest, int largest, int channels) {
    return {g.uniform(1, 3), g.uniform(smallest, largest), g.uniform(smallest, largest),
            g.uniform(1, channels)};
}

inline Shape random_shape(RandomGraph &g, int rank, int largest) {
    Shape shape(static_cast<size_t>(rank));
    for (int &extent : shape)
        extent = g.uniform(1, largest);
    return shape;
}

/// Activations and operators of two operands; some have no counterpart for floats.
void add_elementwise(Sweep &sweep, int count);

/// Slices, resizing and transposed convolutions.
void add_images(Sweep &sweep, int count);

/// For the biases beside int16: int64, or now and then int32.
inline bool random_int32_bias(RandomGraph &g, const Tensor &x) {
    return x.dtype == DType::s16 && g.uniform(0, 3) == 0;
}

} // namespace octet::test
