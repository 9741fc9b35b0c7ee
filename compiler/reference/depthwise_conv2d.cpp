#include "compiler/reference/accumulate.h"

namespace octet::reference {

// y[n, y, x, c] = sum over (ry, rx) of
//     x[n, y * stride - top + ry * dilation, x * stride - left + rx * dilation, c / multiplier]
//     * w[0, ry, rx, c]
// Places outside the input are real zeros and are left out.
void depthwise_conv2d(const Operands &operands) {
    const auto &attributes = operands.op().as<DepthwiseConv2dAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    const Shape &kernel = operands.input_tensor(1).shape;

    accumulate(operands, attributes.activation, [&](auto *input, auto *weights, auto &&emit) {
        int64_t position = 0;
        for (int n = 0; n < out[0]; ++n)
            for (int y = 0; y < out[1]; ++y)
                for (int x = 0; x < out[2]; ++x)
                    for (int c = 0; c < out[3]; ++c) {
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
                                const int64_t pixel =
                                    ((int64_t(n) * in[1] + iy) * in[2] + ix) * in[3];
                                const int64_t tap = (int64_t(ry) * kernel[2] + rx) * out[3];
                                sum += input[pixel + c / attributes.multiplier] * weights[tap + c];
                            }
                        }
                        emit(position++, c, sum);
                    }
    });
}

} // namespace octet::reference
