// Operators that move elements: pad, concatenation, transpose, slice.
#include "compiler/float/elementwise.h"
#include "compiler/float/layer.h"
#include "compiler/float/strided.h"

#include <algorithm>

namespace octet::floats {

namespace {

/// Copies every input, by strides, to a place of its own in the output.
class Movement : public Layer {
public:
    using Layer::Layer;

    bool reads_constants() const override { return true; }

protected:
    /// The axes of input `i`, a being the output's strides and b the input's; where it starts in
    /// each goes to `start`.
    virtual std::vector<Axis> axes(size_t i, Place &start) const = 0;

    void copy(std::span<const Operand> inputs, float *out, int64_t samples,
              Workers &workers) const {
        for (size_t i = 0; i < inputs.size(); ++i) {
            Place start;
            std::vector<Axis> all = axes(i, start);
            const int64_t slab = inputs[i].constant ? 0 : input(i).elements();
            all.insert(all.begin(), {samples, output().elements(), slab});
            copy_strided(out + start.a, inputs[i].data + start.b, all, workers);
        }
    }
};

class Pad : public Movement {
public:
    using Movement::Movement;

    void run(std::span<const Operand> inputs, float *out, int64_t samples,
             Workers &workers) const override {
        for_chunks(samples * output().elements(), workers,
                   [&](int64_t begin, int64_t end) { std::fill(out + begin, out + end, 0.0f); });
        copy(inputs, out, samples, workers);
    }

protected:
    std::vector<Axis> axes(size_t i, Place &start) const override {
        const auto &pads = op().as<PadAttributes>().pads;
        const auto to = dense_strides(output().shape), from = dense_strides(input(i).shape);
        std::vector<Axis> result;
        for (size_t axis = 0; axis < pads.size(); ++axis) {
            result.push_back({input(i).shape[axis], to[axis], from[axis]});
            start.a += pads[axis].first * to[axis];
        }
        return result;
    }
};

class Concatenation : public Movement {
public:
    using Movement::Movement;

    std::vector<Kernel *> kernels() const override {
        return clamps() ? std::vector<Kernel *>{&unary_kernel(UnaryFunction::clamp)}
                        : std::vector<Kernel *>{};
    }

    void run(std::span<const Operand> inputs, float *out, int64_t samples,
             Workers &workers) const override {
        copy(inputs, out, samples, workers);
        if (!clamps())
            return;
        const Range range = range_of(op().as<ConcatenationAttributes>().activation);
        for_chunks(samples * output().elements(), workers, [&](int64_t begin, int64_t end) {
            run_unary(UnaryFunction::clamp, out + begin, out + begin, int(end - begin),
                      {range.lowest, range.highest});
        });
    }

protected:
    std::vector<Axis> axes(size_t i, Place &start) const override {
        const size_t joined = size_t(op().as<ConcatenationAttributes>().axis);
        const auto to = dense_strides(output().shape), from = dense_strides(input(i).shape);
        for (size_t before = 0; before < i; ++before)
            start.a += input(before).shape[joined] * to[joined];
        std::vector<Axis> result;
        for (size_t axis = 0; axis < to.size(); ++axis)
            result.push_back({input(i).shape[axis], to[axis], from[axis]});
        return result;
    }

private:
    bool clamps() const {
        return op().as<ConcatenationAttributes>().activation != Activation::none;
    }
};

class Transpose : public Movement {
public:
    using Movement::Movement;

    void run(std::span<const Operand> inputs, float *out, int64_t samples,
             Workers &workers) const override {
        copy(inputs, out, samples, workers);
    }

protected:
    std::vector<Axis> axes(size_t i, Place &) const override {
        const auto &permutation = op().as<TransposeAttributes>().permutation;
        const auto to = dense_strides(output().shape), from = dense_strides(input(i).shape);
        std::vector<Axis> result;
        for (size_t axis = 0; axis < to.size(); ++axis)
            result.push_back({output().shape[axis], to[axis], from[size_t(permutation[axis])]});
        return result;
    }
};

class Slice : public Movement {
public:
    using Movement::Movement;

    void run(std::span<const Operand> inputs, float *out, int64_t samples,
             Workers &workers) const override {
        copy(inputs, out, samples, workers);
    }

protected:
    std::vector<Axis> axes(size_t i, Place &start) const override {
        const auto &a = op().as<SliceAttributes>();
        const auto to = dense_strides(output().shape), from = dense_strides(input(i).shape);
        std::vector<Axis> result;
        for (size_t axis = 0; axis < to.size(); ++axis) {
            result.push_back({output().shape[axis], to[axis], from[axis] * a.strides[axis]});
            start.b += from[axis] * a.begin[axis];
        }
        return result;
    }
};

} // namespace

std::unique_ptr<Layer> make_pad(const Graph &graph, const Operator &op) {
    return std::make_unique<Pad>(graph, op);
}
std::unique_ptr<Layer> make_concatenation(const Graph &graph, const Operator &op) {
    return std::make_unique<Concatenation>(graph, op);
}
std::unique_ptr<Layer> make_transpose(const Graph &graph, const Operator &op) {
    return std::make_unique<Transpose>(graph, op);
}
std::unique_ptr<Layer> make_slice(const Graph &graph, const Operator &op) {
    return std::make_unique<Slice>(graph, op);
}

} // namespace octet::floats
