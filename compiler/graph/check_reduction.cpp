// Checks of the operators that reduce places: pooling and mean.
#include "compiler/graph/check_operator.h"

#include <algorithm>

namespace octet {

namespace {

/// Sums of 8-bit or 16-bit values must fit into int32.
void check_summands(const OperatorCheck &check, int64_t count) {
    const int bits = check.input().dtype == DType::s16 ? 16 : 23;
    if (count >= int64_t(1) << bits)
        check.fail("it sums {} elements; at most 2^{} fit into int32", count, bits);
}

void check_pool2d(const OperatorCheck &check) {
    check.operands(1, 1);
    const auto &a = check.attributes<Pool2dAttributes>();
    check.activation(check.input());
    check.activation(check.output());
    check.same_type();
    // Averages in the rounding `float` are requantized; TFLite's are of stored values.
    if (check.op().kind == OpKind::average_pool2d && check.op().rounding == Rounding::float32 &&
        quantized(check.output().dtype))
        check.multiplier(double(check.input().quantization.scale()) /
                         double(check.output().quantization.scale()));
    else
        check.same_quantization(check.input(), check.output());
    check.rank(check.input(), 4);
    const Shape &in = check.input().shape;
    const int height =
        check.window_extent(in[1], a.kernel_h, a.stride_h, 1, a.padding.top, a.padding.bottom);
    const int width =
        check.window_extent(in[2], a.kernel_w, a.stride_w, 1, a.padding.left, a.padding.right);
    check_summands(check, int64_t(std::min(a.kernel_h, in[1])) * std::min(a.kernel_w, in[2]));
    check.output_shape({in[0], height, width, in[3]});
}

} // namespace

void check_average_pool2d(const OperatorCheck &check) {
    check_pool2d(check);
}
void check_max_pool2d(const OperatorCheck &check) {
    check_pool2d(check);
}

void check_mean(const OperatorCheck &check) {
    check.operands(1, 1);
    const auto &a = check.attributes<MeanAttributes>();
    check.activation(check.input());
    check.activation(check.output());
    check.same_type();
    const Shape &in = check.input().shape;
    Shape out;
    int64_t count = 1;
    size_t next = 0; // of the axes, which are sorted
    for (int axis = 0; axis < int(in.size()); axis++) {
        const bool reduced = next < a.axes.size() && a.axes[next] == axis;
        if (reduced) {
            count *= in[size_t(axis)];
            next++;
        }
        if (!reduced || a.keep_dims)
            out.push_back(reduced ? 1 : in[size_t(axis)]);
    }
    if (next != a.axes.size())
        check.fail("its axes are not sorted, unique and below {}; the input is {}", in.size(),
                   to_string(in));
    check_summands(check, count);
    check.output_shape(out);
    if (quantized(check.output().dtype))
        check.multiplier(double(check.input().quantization.scale()) /
                         double(check.output().quantization.scale()));
}

} // namespace octet
