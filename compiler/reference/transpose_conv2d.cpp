#include "compiler/reference/accumulate.h"

namespace octet::reference {

namespace {

/// The input's row or column that reaches output `place` by `tap`, or -1.
int reaching(int place, int padding, int tap, int stride, int extent) {
    const int scaled = place + padding - tap;
    return scaled >= 0 && scaled % stride == 0 && scaled / stride < extent ? scaled / stride : -1;
}

} // namespace

// y[n, y, x, co] = sum over (ry, rx, ci) of x[n, iy, ix, ci] * w[co, ry, rx, ci],
// with iy, ix the places for which iy * stride - top + ry = y, ix * stride - left + rx = x.
void transpose_conv2d(const Operands &operands) {
    const auto &attributes = operands.op().as<TransposeConv2dAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    const Shape &kernel = operands.input_tensor(1).shape;

    accumulate(operands, attributes.activation, [&](auto *input, auto *weights, auto &&emit) {
        int64_t position = 0;
        for (int n = 0; n < out[0]; ++n)
            for (int y = 0; y < out[1]; ++y)
                for (int x = 0; x < out[2]; ++x)
                    for (int co = 0; co < out[3]; ++co) {
                        std::decay_t<decltype(*input)> sum = 0;
                        for (int ry = 0; ry < kernel[1]; ++ry) {
                            const int iy =
                                reaching(y, attributes.padding.top, ry, attributes.stride_h, in[1]);
                            if (iy < 0)
                                continue;
                            for (int rx = 0; rx < kernel[2]; ++rx) {
                                const int ix = reaching(x, attributes.padding.left, rx,
                                                        attributes.stride_w, in[2]);
                                if (ix < 0)
                                    continue;
                                const auto *pixel =
                                    input + ((int64_t(n) * in[1] + iy) * in[2] + ix) * in[3];
                                const auto *tap =
                                    weights +
                                    ((int64_t(co) * kernel[1] + ry) * kernel[2] + rx) * in[3];
                                for (int ci = 0; ci < in[3]; ++ci)
                                    sum += pixel[ci] * tap[ci];
                            }
                        }
                        emit(position++, co, sum);
                    }
    });
}

} // namespace octet::reference
