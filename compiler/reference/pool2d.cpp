#include "compiler/reference/pool2d.h"

#include "compiler/reference/accumulate.h"
#include "compiler/reference/indexing.h"

#include <functional>
#include <limits>

namespace octet::reference {

namespace {

/// The part of an output's window that lies inside the input; padded places do not count.
struct Window {
    int n, c;
    int top, bottom, left, right; ///< [top, bottom) x [left, right)
    int count() const { return (bottom - top) * (right - left); }
};

/// Calls body(position, window) for every output.
template <typename Body>
void for_each_window(const Operands &operands, Body &&body) {
    const auto &attributes = operands.op().as<Pool2dAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    for_each_index(out, [&](auto index, int64_t position) {
        const int top = index[1] * attributes.stride_h - attributes.padding.top;
        const int left = index[2] * attributes.stride_w - attributes.padding.left;
        body(position, Window{index[0], index[3], std::max(top, 0),
                              std::min(top + attributes.kernel_h, in[1]), std::max(left, 0),
                              std::min(left + attributes.kernel_w, in[2])});
    });
}

/// Folds the window's elements, read by read(position), into `value`.
template <typename Value, typename Read, typename Fold>
Value fold(const Window &window, const Shape &in, Value value, Read &&read, Fold &&fold) {
    for (int y = window.top; y < window.bottom; ++y)
        for (int x = window.left; x < window.right; ++x)
            value =
                fold(value, read(((int64_t(window.n) * in[1] + y) * in[2] + x) * in[3] + window.c));
    return value;
}

} // namespace

int32_t rounded_average(int32_t sum, int32_t count) {
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

Requantizer average_requantizer(const Graph &graph, const Operator &op, int64_t count) {
    const float input_scale = graph.tensor(op.inputs.at(0)).quantization.scale();
    const float output_scale = graph.tensor(op.outputs.at(0)).quantization.scale();
    const float scale = input_scale / (output_scale * float(count));
    return {Requantizer::Kind::float32, double(scale)};
}

void average_pool2d(const Operands &operands) {
    const Activation activation = operands.op().as<Pool2dAttributes>().activation;
    const Tensor &input = operands.input_tensor(0), &output = operands.output_tensor();
    if (operands.is_float()) {
        const auto [lowest, highest] = real_range(activation);
        const auto values = operands.input<float>(0);
        const auto results = operands.output<float>();
        const auto read = [&](int64_t i) { return values[size_t(i)]; };
        for_each_window(operands, [&, lowest = lowest, highest = highest](int64_t position,
                                                                          const Window &window) {
            const float sum = fold(window, input.shape, 0.0f, read, std::plus<float>());
            results[size_t(position)] = std::clamp(sum / float(window.count()), lowest, highest);
        });
        return;
    }
    const auto [lowest, highest] = activation_range(activation, output);
    const bool float32 = operands.op().rounding == Rounding::float32;
    const auto read = [&](int64_t i) { return operands.quantized_input(0, i); };
    for_each_window(operands, [&, lowest = lowest, highest = highest](int64_t position,
                                                                      const Window &window) {
        const int32_t sum = fold(window, input.shape, 0, read, std::plus<int32_t>());
        const int32_t count = window.count();
        int64_t average = rounded_average(sum, count);
        if (float32)
            average = int64_t(average_requantizer(operands.graph(), operands.op(), count)(
                          sum - count * input.quantization.zero_point())) +
                      output.quantization.zero_point();
        operands.store_quantized(position, int32_t(std::clamp<int64_t>(average, lowest, highest)));
    });
}

// Both tensors have one quantization, so that the largest stored value is the largest real one.
void max_pool2d(const Operands &operands) {
    const Activation activation = operands.op().as<Pool2dAttributes>().activation;
    const Shape &in = operands.input_tensor(0).shape;
    if (operands.is_float()) {
        const auto [lowest, highest] = real_range(activation);
        const auto values = operands.input<float>(0);
        const auto results = operands.output<float>();
        const auto read = [&](int64_t i) { return values[size_t(i)]; };
        for_each_window(operands, [&, lowest = lowest, highest = highest](int64_t position,
                                                                          const Window &window) {
            const float largest = fold(window, in, std::numeric_limits<float>::lowest(), read,
                                       [](float a, float b) { return std::max(a, b); });
            results[size_t(position)] = std::clamp(largest, lowest, highest);
        });
        return;
    }
    const auto [lowest, highest] = activation_range(activation, operands.output_tensor());
    const auto read = [&](int64_t i) { return operands.quantized_input(0, i); };
    for_each_window(
        operands, [&, lowest = lowest, highest = highest](int64_t position, const Window &window) {
            const int32_t largest = fold(window, in, std::numeric_limits<int32_t>::min(), read,
                                         [](int32_t a, int32_t b) { return std::max(a, b); });
            operands.store_quantized(position, std::clamp(largest, lowest, highest));
        });
}

} // namespace octet::reference
