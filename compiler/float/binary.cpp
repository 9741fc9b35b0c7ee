// Operators of two operands that broadcast.
#include "compiler/float/elementwise.h"
#include "compiler/float/layer.h"
#include "compiler/float/strided.h"

#include <algorithm>

namespace octet::floats {

namespace {

class Binary : public Layer {
public:
    Binary(const Graph &graph, const Operator &op, BinaryFunction function, Activation activation)
        : Layer(graph, op), function_(function), range_(range_of(activation)) {}

    std::vector<Kernel *> kernels() const override {
        const Axis row = axes(2, input(0).constant(), input(1).constant()).back();
        return {&binary_kernel(function_, row.a == 0, row.b == 0)};
    }
    bool reads_constants() const override { return true; }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        const std::vector<Axis> all = axes(samples, inputs[0].constant, inputs[1].constant);
        const float *a = inputs[0].data, *b = inputs[1].data;
        const Axis row = all.back();
        const auto compute = [&](Place place, const Axis &rows, int64_t count, float *out) {
            run_binary(function_, {a + place.a, row.a == 0, rows.a},
                       {b + place.b, row.b == 0, rows.b}, range_.lowest, range_.highest, out,
                       int(count), int(rows.extent));
        };
        if (all.size() == 1)
            return for_chunks(row.extent, workers, [&](int64_t begin, int64_t end) {
                compute({begin * row.a, begin * row.b}, Axis{}, end - begin, output + begin);
            });
        // Planes of rows, and of each some rows that are worth a task.
        const size_t outer = all.size() - 2;
        const Axis rows = all[outer];
        int64_t planes = 1;
        for (size_t axis = 0; axis < outer; ++axis)
            planes *= all[axis].extent;
        const int64_t per_task = std::max<int64_t>(1, (1 << 14) / row.extent);
        const int64_t pieces = (rows.extent + per_task - 1) / per_task;
        workers.run(planes * pieces, [&](int64_t task) {
            const int64_t plane = task / pieces, first = task % pieces * per_task;
            Place place = place_of(all, outer, plane);
            place.a += first * rows.a;
            place.b += first * rows.b;
            const Axis some{std::min(per_task, rows.extent - first), rows.a, rows.b};
            compute(place, some, row.extent, output + (plane * rows.extent + first) * row.extent);
        });
    }

private:
    /// The output's axes behind one for the samples, with the operands' strides.
    std::vector<Axis> axes(int64_t samples, bool a_constant, bool b_constant) const {
        const Shape &shape = output().shape;
        std::vector<Axis> result{
            {samples, a_constant ? 0 : input(0).elements(), b_constant ? 0 : input(1).elements()}};
        const std::vector<int64_t> a = strides_of(input(0).shape, shape.size()),
                                   b = strides_of(input(1).shape, shape.size());
        for (size_t axis = 0; axis < shape.size(); ++axis)
            result.push_back({shape[axis], a[axis], b[axis]});
        return merge_axes(result);
    }

    /// Strides along the output's axes, which are aligned at the innermost one.
    static std::vector<int64_t> strides_of(const Shape &shape, size_t rank) {
        std::vector<int64_t> strides = dense_strides(shape);
        for (size_t axis = 0; axis < shape.size(); ++axis)
            if (shape[axis] == 1)
                strides[axis] = 0;
        strides.insert(strides.begin(), rank - shape.size(), 0);
        return strides;
    }

    BinaryFunction function_;
    Range range_;
};

} // namespace

std::unique_ptr<Layer> make_binary(const Graph &graph, const Operator &op) {
    const auto make = [&](BinaryFunction function, Activation activation = Activation::none) {
        return std::make_unique<Binary>(graph, op, function, activation);
    };
    switch (op.kind) {
    case OpKind::add:
        return make(BinaryFunction::add, op.as<AddAttributes>().activation);
    case OpKind::sub:
        return make(BinaryFunction::sub, op.as<SubAttributes>().activation);
    case OpKind::mul:
        return make(BinaryFunction::mul, op.as<MulAttributes>().activation);
    case OpKind::minimum:
        return make(BinaryFunction::minimum);
    case OpKind::maximum:
        return make(BinaryFunction::maximum);
    default:
        return make(BinaryFunction::prelu);
    }
}

} // namespace octet::floats
