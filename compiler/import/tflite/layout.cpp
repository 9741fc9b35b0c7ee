// The operators that move elements: RESHAPE, SQUEEZE, TRANSPOSE, PAD and CONCATENATION.
#include "compiler/import/tflite/operator_reader.h"

#include <algorithm>

namespace octet::tflite {

// The new shape is an input in newer files and an option in older ones. Graph needs neither: the
// output has its shape, and the two must agree.
void import_reshape(OperatorReader &reader) {
    reader.operands(1, 2);
    const Shape &out = reader.output().shape;
    std::vector<int64_t> wanted(out.begin(), out.end());
    const auto *o = reader.optional_options<schema::ReshapeOptions>();
    if (reader.has_input(1))
        wanted = reader.integers(1, "shape");
    else if (o && o->new_shape())
        wanted.assign(o->new_shape()->begin(), o->new_shape()->end());
    // One extent may be -1: what remains.
    const bool agrees = std::equal(wanted.begin(), wanted.end(), out.begin(), out.end(),
                                   [](int64_t w, int extent) { return w == extent || w == -1; });
    if (!agrees)
        reader.fail("its shape is {}; its output is {}, convert the network again",
                    fmt::join(wanted, "x"), to_string(out));
    reader.keep_inputs(1);
}

void import_squeeze(OperatorReader &reader) {
    reader.operands(1, 1);
    const Shape &in = reader.input().shape;
    const auto *o = reader.optional_options<schema::SqueezeOptions>();
    std::vector<bool> dropped(in.size(), false);
    if (o && o->squeeze_dims() && o->squeeze_dims()->size() > 0) {
        for (int axis : *o->squeeze_dims())
            dropped[size_t(reader.axis(axis, in.size()))] = true;
    } else {
        std::transform(in.begin(), in.end(), dropped.begin(),
                       [](int extent) { return extent == 1; });
    }
    Shape out;
    for (size_t axis = 0; axis < in.size(); axis++)
        if (!dropped[axis])
            out.push_back(in[axis]);
    reader.output_shape(out);
}

void import_transpose(OperatorReader &reader) {
    reader.operands(2, 2);
    TransposeAttributes a;
    for (int64_t axis : reader.integers(1, "permutation"))
        a.permutation.push_back(reader.axis(axis, reader.input().shape.size()));
    reader.keep_inputs(1);
    reader.set(a);
}

void import_pad(OperatorReader &reader) {
    reader.operands(2, 2);
    const std::vector<int64_t> values = reader.integers(1, "paddings");
    if (reader.input(1).shape != Shape{int(reader.input().shape.size()), 2})
        reader.fail("its paddings are {}; for {} they must be {}x2",
                    to_string(reader.input(1).shape), to_string(reader.input().shape),
                    reader.input().shape.size());
    PadAttributes a;
    for (size_t i = 0; i < values.size(); i += 2) {
        for (int64_t value : {values[i], values[i + 1]})
            if (value < 0 || value > max_elements)
                reader.fail("it pads by {}; pads must be from 0 to 2^28", value);
        a.pads.emplace_back(int(values[i]), int(values[i + 1]));
    }
    reader.keep_inputs(1);
    reader.set(a);
}

void import_concatenation(OperatorReader &reader) {
    reader.variadic();
    const auto &o = reader.options<schema::ConcatenationOptions>();
    ConcatenationAttributes a;
    a.axis = reader.axis(o.axis(), reader.output().shape.size());
    a.activation = reader.activation(o.fused_activation_function());
    reader.set(a);
}

} // namespace octet::tflite
