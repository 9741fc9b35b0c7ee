// Lowering of softmax.
#include "compiler/reference/softmax.h"

#include "compiler/lower/lower.h"
#include "compiler/support/error.h"
#include "generators/softmax.h"

namespace octet::lower {

void softmax(Builder &builder, const Operator &op) {
    const Graph &graph = builder.graph();
    if (size_of(graph.tensor(op.inputs[0]).dtype) != 1)
        throw Error("operator {}: tensor {} is {}, kernels take int8; quantize the network first",
                    op.name, graph.tensor(op.inputs[0]).name,
                    name_of(graph.tensor(op.inputs[0]).dtype));
    const reference::SoftmaxParameters parameters = reference::softmax_parameters(graph, op);
    const int from = builder.stored(op.inputs[0]), to = builder.create_any(op.outputs[0]);
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    generators::SoftmaxSpec spec;
    spec.in_type = Builder::type_name(in);
    spec.out_type = Builder::type_name(out);
    spec.depth = in.channels();
    spec.rows = int(in.rows());
    spec.in_stride = in.stride_c;
    spec.out_stride = out.stride_c;
    spec.float32 = op.rounding == Rounding::float32;
    const auto vector = [](const auto &array) {
        return std::vector<int32_t>(array.begin(), array.end());
    };
    const int32_t bias = out.rebiased ? 128 : 0;
    NamedArguments arguments = {
        {"input", builder.argument(from)},
        {"exponentials", builder.constant(vector(parameters.exponentials))},
        {"summands", builder.constant(vector(parameters.summands))},
        {"range", builder.constant(std::vector<int32_t>{builder.zero_point(to),
                                                        parameters.output.lowest + bias,
                                                        parameters.output.highest + bias})},
        {"steps", builder.constant(std::vector<float>{0x1p-12f / parameters.output.scale})},
        {"output", builder.argument(to)}};
    const generators::Pointwise kernel = generators::softmax(spec);
    builder.call(op, {.generator = "softmax",
                      .types = spec.out_type + "_" + spec.in_type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = {from},
                      .outputs = {to}});
}

} // namespace octet::lower
