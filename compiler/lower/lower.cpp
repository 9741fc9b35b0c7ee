#include "compiler/lower/lower.h"

#include "compiler/support/error.h"

namespace octet::lower {

namespace {

void lower_operator(Builder &builder, const Operator &op) {
    switch (op.kind) {
#define OCTET_OPERATOR(kind, tflite, code)                                                         \
    case OpKind::kind:                                                                             \
        return kind(builder, op);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) case OpKind::kind:
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
        throw Error("operator {} ({}): its inputs are computed at run time; kernels need shapes "
                    "that are known when compiling",
                    op.name, tflite_name_of(op.kind));
    }
}

} // namespace

Program lower(const Graph &graph, const Target &target) {
    Program program;
    program.name = graph.name;
    program.target = target.name;
    if (!graph.operators.empty())
        program.rounding = graph.operators.front().rounding;
    const Graph fused = fuse(graph, program.notes);
    Builder builder(fused, target, program);
    for (const Operator &op : fused.operators)
        lower_operator(builder, op);
    builder.finish();
    plan_memory(program);
    return program;
}

} // namespace octet::lower
