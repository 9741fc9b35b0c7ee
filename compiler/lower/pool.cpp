// Lowering of average_pool2d, max_pool2d and mean.
#include "compiler/lower/accumulation.h"
#include "compiler/lower/copies.h"
#include "compiler/lower/lower.h"
#include "compiler/reference/mean.h"
#include "compiler/reference/pool2d.h"
#include "compiler/support/error.h"
#include "generators/pool2d.h"

#include <algorithm>

namespace octet::lower {

using generators::Pool2dSpec;
using generators::PoolKind;

namespace {

/// How an average of `count` values becomes an output, as a function of their centered sum, and
/// what each value is centered by (in stored values).
struct AverageFunction {
    std::function<int32_t(int32_t)> requantize;
    double slope = 0;
    int32_t center = 0;
    int32_t zero_point = 0; ///< stored, of the output
};

void append_pool(Builder &builder, const Operator &op, const Pool2dSpec &spec, int input,
                 int output, NamedArguments arguments) {
    const generators::Pointwise kernel = generators::pool2d(spec);
    arguments["input"] = builder.argument(input);
    arguments["output"] = builder.argument(output);
    builder.call(op, {.generator = "pool2d",
                      .types = (spec.kind == PoolKind::max ? "max_" : "average_") + spec.out_type +
                               "_" + spec.in_type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = {input},
                      .outputs = {output}});
}

/// Number of values in the window of each output position; one entry when all are equal.
std::vector<int> window_counts(const Pool2dSpec &spec) {
    std::vector<int> counts;
    for (int y = 0; y < spec.out_h; ++y)
        for (int x = 0; x < spec.out_w; ++x) {
            const int top = y * spec.stride_h - spec.pad_top;
            const int left = x * spec.stride_w - spec.pad_left;
            counts.push_back((std::min(top + spec.kernel_h, spec.in_h) - std::max(top, 0)) *
                             (std::min(left + spec.kernel_w, spec.in_w) - std::max(left, 0)));
        }
    if (std::equal(counts.begin() + 1, counts.end(), counts.begin()))
        counts.resize(1);
    return counts;
}

void append_average(Builder &builder, const Operator &op, Pool2dSpec spec, int input, int output,
                    const OutputRange &range,
                    const std::function<AverageFunction(int count)> &function_of) {
    const std::vector<int> counts = window_counts(spec);
    Accumulation accumulation;
    const int32_t lo = builder.stored_tensor(input).value_lo;
    const int32_t hi = builder.stored_tensor(input).value_hi;
    for (const int count : counts) {
        const AverageFunction function = function_of(count);
        const int64_t bias = -int64_t(count) * function.center;
        if (std::abs(bias) + int64_t(count) * 256 > (int64_t{1} << 31) - 1)
            throw Error("operator {}: the sum of {} values may overflow int32; pool in two steps",
                        op.name, count);
        accumulation.bias.push_back(int32_t(bias));
        accumulation.channels.push_back({function.requantize, function.slope,
                                         bias + int64_t(count) * lo, bias + int64_t(count) * hi});
    }
    spec.kind = PoolKind::average;
    // Vectors hold twice as many sums of 16 bits. All values of the type count, padding's included.
    const int32_t largest = spec.in_type == "u8" ? 255 : 128;
    spec.narrow_sums = builder.target().fixed_epilogue() && builder.target().vector_bits >= 128 &&
                       largest * spec.kernel_h * spec.kernel_w <= 32767;
    spec.epilogue.out_type = spec.out_type;
    spec.epilogue.channels = int(counts.size());
    NamedArguments arguments = {{"bias", builder.constant(accumulation.bias)}};
    OutputRange averages = range;
    averages.zero_point = function_of(counts[0]).zero_point;
    lower_epilogue(builder, op, accumulation, averages, 1, spec.epilogue, arguments);
    builder.set_values(output, range.lo, range.hi);
    append_pool(builder, op, spec, input, output, arguments);
}

Pool2dSpec pool_spec(const Builder &builder, const Operator &op, int input, int output) {
    const auto &attributes = op.as<Pool2dAttributes>();
    const StoredTensor &in = builder.stored_tensor(input), &out = builder.stored_tensor(output);
    Pool2dSpec spec;
    spec.in_type = Builder::type_name(in);
    spec.out_type = Builder::type_name(out);
    spec.batch = in.shape[0];
    spec.channels = std::min(in.stride_c, out.stride_c);
    spec.in_h = in.shape[1];
    spec.in_w = in.shape[2];
    spec.out_h = out.shape[1];
    spec.out_w = out.shape[2];
    const auto strides = [](const StoredTensor &tensor) {
        const int row = tensor.stride_c * tensor.shape[2];
        return std::vector<int>{1, tensor.stride_c, row, row * tensor.shape[1]};
    };
    spec.in_strides = strides(in);
    spec.out_strides = strides(out);
    spec.kernel_h = attributes.kernel_h;
    spec.kernel_w = attributes.kernel_w;
    spec.stride_h = attributes.stride_h;
    spec.stride_w = attributes.stride_w;
    spec.pad_top = attributes.padding.top;
    spec.pad_left = attributes.padding.left;
    return spec;
}

/// A mean over the neighbouring axes [first, last] of the input's shape: windows of a pool between
/// two stored layouts. No axes (first = last + 1 = the channels) make windows of one value.
Pool2dSpec mean_spec(const StoredTensor &in, const StoredTensor &out, int first, int last) {
    const Shape &shape = in.shape;
    const int rank = int(shape.size());
    int outer = 1, reduced = 1, inner_rows = 1;
    for (int axis = 0; axis < first; ++axis)
        outer *= shape[size_t(axis)];
    for (int axis = first; axis <= std::min(last, rank - 2); ++axis)
        reduced *= shape[size_t(axis)];
    for (int axis = last + 1; axis < rank - 1; ++axis)
        inner_rows *= shape[size_t(axis)];
    Pool2dSpec spec;
    spec.in_type = Builder::type_name(in);
    spec.out_type = Builder::type_name(out);
    if (last == rank - 1) {
        // Over channels: the outputs of one stored row take their place, far apart in the input.
        const int outputs = out.channels();
        spec.channels = outputs;
        spec.batch = outer / outputs;
        spec.in_w = spec.kernel_w = shape.back();
        spec.in_h = spec.kernel_h = reduced;
        const int step = in.stride_c * reduced;
        spec.in_strides = {step, 1, in.stride_c, step * outputs};
        spec.out_strides = {1, 1, 1, out.stride_c};
    } else {
        // Inner rows become output rows: windows of `reduced` columns at distance inner_rows.
        spec.channels = std::min(in.stride_c, out.stride_c);
        spec.batch = outer;
        spec.in_w = spec.kernel_w = reduced;
        spec.in_h = spec.out_h = inner_rows;
        spec.in_strides = {1, in.stride_c * inner_rows, in.stride_c,
                           in.stride_c * inner_rows * reduced};
        spec.out_strides = {1, out.stride_c, out.stride_c, out.stride_c * inner_rows};
    }
    return spec;
}

/// The permutation that brings `axes` together, in front of the last axis unless that is among
/// them.
std::vector<int> gathered(const std::vector<int> &axes, int rank) {
    std::vector<int> order;
    for (int axis = 0; axis < rank; ++axis)
        if (std::find(axes.begin(), axes.end(), axis) == axes.end())
            order.push_back(axis);
    const bool keeps_last = !order.empty() && order.back() == rank - 1;
    order.insert(order.end() - (keeps_last ? 1 : 0), axes.begin(), axes.end());
    return order;
}

} // namespace

void average_pool2d(Builder &builder, const Operator &op) {
    const Graph &graph = builder.graph();
    const int input = builder.readable(op.inputs[0]), output = builder.create(op.outputs[0]);
    const OutputRange range = output_range(builder, output, op.as<Pool2dAttributes>().activation);
    const int32_t in_bias = builder.stored_tensor(input).rebiased ? 128 : 0;
    const int32_t out_bias = builder.stored_tensor(output).rebiased ? 128 : 0;
    append_average(builder, op, pool_spec(builder, op, input, output), input, output, range,
                   [&](int count) -> AverageFunction {
                       if (op.rounding == Rounding::float32) {
                           const auto requantize = reference::average_requantizer(graph, op, count);
                           return {[requantize](int32_t sum) { return requantize(sum); },
                                   requantize.real(), builder.zero_point(input), range.zero_point};
                       }
                       // The integer modes average the network's own stored values.
                       return {
                           [count](int32_t sum) { return reference::rounded_average(sum, count); },
                           1.0 / count, in_bias, out_bias};
                   });
}

void max_pool2d(Builder &builder, const Operator &op) {
    const int input = builder.working(op.inputs[0]), output = builder.create_working(op.outputs[0]);
    const OutputRange range = output_range(builder, output, op.as<Pool2dAttributes>().activation);
    Pool2dSpec spec = pool_spec(builder, op, input, output);
    spec.kind = PoolKind::max;
    builder.set_values(output, range.lo, range.hi);
    append_pool(builder, op, spec, input, output,
                {{"range", builder.constant(std::vector<int32_t>{range.lo, range.hi})}});
}

void mean(Builder &builder, const Operator &op) {
    const std::vector<int> &axes = op.as<MeanAttributes>().axes;
    int input = builder.working(op.inputs[0]);
    const int output = builder.create(op.outputs[0]);
    const int32_t center = builder.zero_point(input);
    const Shape &shape = builder.graph().tensor(op.inputs[0]).shape;
    const int rank = int(shape.size());
    int first = axes.empty() ? rank - 1 : axes.front();
    int last = axes.empty() ? rank - 2 : axes.back();
    if (last - first + 1 != int(axes.size())) { // Others lie between them.
        const std::vector<int> order = gathered(axes, rank);
        Shape together;
        for (const int axis : order)
            together.push_back(shape[size_t(axis)]);
        const int transposed = builder.create_intermediate(op.inputs[0], together);
        append_transpose(builder, op, order, input, transposed);
        input = transposed;
        first = int(std::find(order.begin(), order.end(), axes.front()) - order.begin());
        last = first + int(axes.size()) - 1;
    }
    const OutputRange range = output_range(builder, output, Activation::none);
    const reference::Requantizer requantize = reference::mean_requantizer(builder.graph(), op);
    const int64_t reach = 255 * reference::mean_count(builder.graph(), op);
    require_shift(op, requantize, -reach, reach);
    append_average(
        builder, op,
        mean_spec(builder.stored_tensor(input), builder.stored_tensor(output), first, last), input,
        output, range, [&](int) -> AverageFunction {
            return {[requantize](int32_t sum) { return requantize(sum); }, requantize.real(),
                    center, range.zero_point};
        });
}

} // namespace octet::lower
