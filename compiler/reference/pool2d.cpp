#include "compiler/reference/pool2d.h"

#include "compiler/reference/accumulate.h"

#include <limits>

namespace octet::reference {

namespace {

/// Calls body(position, begin_y, end_y, begin_x, end_x, n, c) for every output with the part of its
/// window that lies inside the input; padded places do not count.
template <typename Body>
void for_each_window(const Operands &operands, Body &&body) {
    const auto &attributes = operands.op().as<Pool2dAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    int64_t position = 0;
    for (int n = 0; n < out[0]; ++n)
        for (int y = 0; y < out[1]; ++y)
            for (int x = 0; x < out[2]; ++x) {
                const int top = y * attributes.stride_h - attributes.padding.top;
                const int left = x * attributes.stride_w - attributes.padding.left;
                const int begin_y = std::max(top, 0), begin_x = std::max(left, 0);
                const int end_y = std::min(top + attributes.kernel_h, in[1]);
                const int end_x = std::min(left + attributes.kernel_w, in[2]);
                for (int c = 0; c < out[3]; ++c)
                    body(position++, begin_y, end_y, begin_x, end_x, n, c);
            }
}

/// Folds the window's elements, read by read(position), into `initial`.
template <typename Value, typename Read, typename Fold>
Value fold_window(const Shape &in, Value initial, int begin_y, int end_y, int begin_x, int end_x,
                  int n, int c, Read &&read, Fold &&fold) {
    for (int y = begin_y; y < end_y; ++y)
        for (int x = begin_x; x < end_x; ++x)
            initial = fold(initial, read(((int64_t(n) * in[1] + y) * in[2] + x) * in[3] + c));
    return initial;
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
        for_each_window(operands,
                        [&, lowest = lowest, highest = highest](int64_t position, int y0, int y1,
                                                                int x0, int x1, int n, int c) {
                            const float sum = fold_window(
                                input.shape, 0.0f, y0, y1, x0, x1, n, c,
                                [&](int64_t i) { return values[size_t(i)]; }, std::plus<float>());
                            const float count = float((y1 - y0) * (x1 - x0));
                            results[size_t(position)] = std::clamp(sum / count, lowest, highest);
                        });
        return;
    }
    const auto [lowest, highest] = activation_range(activation, output);
    const bool float32 = operands.op().rounding == Rounding::float32;
    for_each_window(operands, [&, lowest = lowest, highest = highest](
                                  int64_t position, int y0, int y1, int x0, int x1, int n, int c) {
        const int32_t sum = fold_window(
            input.shape, 0, y0, y1, x0, x1, n, c,
            [&](int64_t i) { return operands.quantized_input(0, i); }, std::plus<int32_t>());
        const int32_t count = (y1 - y0) * (x1 - x0);
        int64_t average = 0;
        if (float32) {
            const Requantizer requantize =
                average_requantizer(operands.graph(), operands.op(), count);
            average = int64_t(requantize(sum - count * input.quantization.zero_point())) +
                      output.quantization.zero_point();
        } else {
            average = rounded_average(sum, count);
        }
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
        for_each_window(operands,
                        [&, lowest = lowest, highest = highest](int64_t position, int y0, int y1,
                                                                int x0, int x1, int n, int c) {
                            const float largest = fold_window(
                                in, std::numeric_limits<float>::lowest(), y0, y1, x0, x1, n, c,
                                [&](int64_t i) { return values[size_t(i)]; },
                                [](float a, float b) { return std::max(a, b); });
                            results[size_t(position)] = std::clamp(largest, lowest, highest);
                        });
        return;
    }
    const auto [lowest, highest] = activation_range(activation, operands.output_tensor());
    for_each_window(operands, [&, lowest = lowest, highest = highest](
                                  int64_t position, int y0, int y1, int x0, int x1, int n, int c) {
        const int32_t largest = fold_window(
            in, std::numeric_limits<int32_t>::min(), y0, y1, x0, x1, n, c,
            [&](int64_t i) { return operands.quantized_input(0, i); },
            [](int32_t a, int32_t b) { return std::max(a, b); });
        operands.store_quantized(position, std::clamp(largest, lowest, highest));
    });
}

} // namespace octet::reference
