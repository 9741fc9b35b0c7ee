#include "compiler/reference/indexing.h"
#include "compiler/reference/interpreter.h"

#include <algorithm>
#include <cstring>

namespace octet::reference {

// Real zeros around the input. Both tensors have one quantization, so that elements move as bytes.
void pad(const Operands &operands) {
    const auto &pads = operands.op().as<PadAttributes>().pads;
    const Tensor &input = operands.input_tensor(0), &output = operands.output_tensor();
    const size_t size = size_of(output.dtype);
    const auto in = operands.input<uint8_t>(0);
    const auto out = operands.output<uint8_t>();
    // A float's zero is zero bytes.
    const int32_t zero = output.quantization.quantized() ? output.quantization.zero_point() : 0;
    std::fill(out.begin(), out.end(), uint8_t(zero));
    std::vector<int> place(pads.size());
    for_each_index(input.shape, [&](auto index, int64_t position) {
        for (size_t axis = 0; axis < pads.size(); ++axis)
            place[axis] = index[axis] + pads[axis].first;
        std::memcpy(&out[size_t(position_of(place, output.shape)) * size],
                    &in[size_t(position) * size], size);
    });
}

} // namespace octet::reference
