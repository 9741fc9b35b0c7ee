#include "compiler/lower/lower.h"

#include "compiler/graph/batch.h"
#include "compiler/lower/lookup_chain.h"
#include "compiler/support/error.h"

#include <stdexcept>

namespace octet::lower {

namespace {

/// Operators that move elements of any type, or convert them.
bool takes_reals(OpKind kind) {
    switch (kind) {
    case OpKind::concatenation:
    case OpKind::dequantize:
    case OpKind::pad:
    case OpKind::quantize:
    case OpKind::reshape:
    case OpKind::resize_nearest:
    case OpKind::slice:
    case OpKind::squeeze:
    case OpKind::transpose:
        return true;
    default:
        return false;
    }
}

/// "a (ADD), b (MUL)" of the operators that compute `dtype`, but for the kinds that `exempt` names.
template <typename Exempt>
std::string operators_on(const Graph &graph, DType dtype, Exempt &&exempt) {
    std::string list;
    for (const Operator &op : graph.operators)
        if (graph.tensor(op.outputs[0]).dtype == dtype && !exempt(op.kind))
            list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", op.name,
                                tflite_name_of(op.kind));
    return list;
}

/// Names, all at once, the operators whose types no kernel computes with.
void require_kernels(const Graph &graph) {
    const std::string source = graph.source.empty() ? graph.name : graph.source;
    if (const std::string list = operators_on(graph, DType::f32, takes_reals); !list.empty())
        throw MissingKernel(
            "{}: operators on float32 have no kernels: {}; quantize the network to int8, or run it "
            "without compiling (octet run, octet evaluate)",
            source, list);
    const auto none = [](OpKind) { return false; };
    if (const std::string list = operators_on(graph, DType::s16, none); !list.empty())
        throw MissingKernel(
            "{}: operators on 16-bit activations have no kernels: {}; quantize it with 8-bit ones, "
            "or run it without compiling (octet run, octet evaluate)",
            source, list);
}

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

Program lower(const Graph &graph, const Target &target, const schedules::Tuned &tuned) {
    Program program;
    program.name = graph.name;
    program.target = target.name;
    program.images = images_of(graph);
    if (!graph.operators.empty())
        program.rounding = graph.operators.front().rounding;
    const Graph fused = fuse(fold(graph, program.notes), program.notes);
    require_kernels(fused);
    try {
        Builder builder(fused, target, tuned, program);
        const LookupChains chains(fused, target);
        for (size_t i = 0; i < fused.operators.size(); ++i) {
            if (chains.continues(i))
                continue;
            if (const auto chain = chains.ending_at(i); !chain.empty())
                lower_lookups(builder, chain);
            else
                lower_operator(builder, fused.operators[i]);
        }
        builder.finish();
    } catch (const std::invalid_argument &error) { // The schedules cannot serve such a target.
        throw Error("target {}: {}", target.name, error.what());
    }
    plan_memory(program, rams_of(target, program));
    return program;
}

} // namespace octet::lower
