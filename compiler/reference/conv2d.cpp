#include "compiler/reference/accumulate.h"

namespace octet::reference {

// y[n, y, x, co] = sum over (ry, rx, ci) of
//     x[n, y * stride - top + ry * dilation, x * stride - left + rx * dilation, g * groups_ci + ci]
//     * w[co, ry, rx, ci]
// with g the group of co. Places outside the input are real zeros and are left out.
void conv2d(const Operands &operands) {
    const auto &attributes = operands.op().as<Conv2dAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    const Shape &kernel = operands.input_tensor(1).shape;
    const int group_ci = kernel[3], group_co = out[3] / attributes.groups;

    accumulate(operands, attributes.activation, [&](auto *input, auto *weights, auto &&emit) {
        int64_t position = 0;
        for (int n = 0; n < out[0]; ++n)
            for (int y = 0; y < out[1]; ++y)
                for (int x = 0; x < out[2]; ++x)
                    for (int co = 0; co < out[3]; ++co) {
                        std::decay_t<decltype(*input)> sum = 0;
                        for (int ry = 0; ry < kernel[1]; ++ry) {
                            const int iy = y * attributes.stride_h - attributes.padding.top +
                                           ry * attributes.dilation_h;
                            if (iy < 0 || iy >= in[1])
                                continue;
                            for (int rx = 0; rx < kernel[2]; ++rx) {
                                const int ix = x * attributes.stride_w - attributes.padding.left +
                                               rx * attributes.dilation_w;
                                if (ix < 0 || ix >= in[2])
                                    continue;
                                const auto *pixel =
                                    input + ((int64_t(n) * in[1] + iy) * in[2] + ix) * in[3] +
                                    co / group_co * group_ci;
                                const auto *tap =
                                    weights +
                                    ((int64_t(co) * kernel[1] + ry) * kernel[2] + rx) * group_ci;
                                for (int ci = 0; ci < group_ci; ++ci)
                                    sum += pixel[ci] * tap[ci];
                            }
                        }
                        emit(position++, co, sum);
                    }
    });
}

} // namespace octet::reference
