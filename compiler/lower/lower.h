// Lowering: from a checked int8 Graph to a Program for one target.
//
//     fold and fuse (on the Graph)  ->  one lower::<kind> per operator  ->  plan of the arenas
//
// Each operator decides on its formulation with the target's schedule family, packs its weights
// once and appends kernel calls through the Builder. Nothing afterwards changes the Program but the
// plan.
#pragma once

#include "compiler/lower/builder.h"
#include "compiler/lower/program.h"
#include "compiler/target/target.h"

namespace octet::lower {

/// `tuned` holds the knobs that were measured to be best for some kernels. Throws Error naming the
/// operator when it cannot be lowered (an accumulator that may overflow), and
/// all of them where several have no kernel for their types.
Program lower(const Graph &graph, const Target &target, const schedules::Tuned &tuned);

/// Operators whose inputs are all constants become constants.
Graph fold(const Graph &graph, std::vector<std::string> &notes);

/// What happens to the Graph before its operators are lowered one by one: padding moves into
/// convolutions, activations into the operators before them.
Graph fuse(const Graph &graph, std::vector<std::string> &notes);

/// A RAM that arenas may lie in.
struct Ram {
    std::string name;
    uint64_t bytes = unlimited; ///< what a network may use of it
    static constexpr uint64_t unlimited = ~uint64_t(0);
};

/// The RAMs of `target` for `program`, fastest first, less what each reserves; the last one also
/// holds the model's inputs and outputs. A single RAM is unlimited here, because then nothing is to
/// be decided and the budgets say what is too large; a target that describes none has one without a
/// name.
std::vector<Ram> rams_of(const Target &target, const Program &program);

/// Gives each tensor an arena, one for each of `rams`, and an offset in it: tensors that are alive
/// at once do not overlap, and what is touched most per byte lies in the fastest. Fills arenas and
/// the indices and offsets of all arguments. Throws Error with a table when there is no such plan.
void plan_memory(Program &program, const std::vector<Ram> &rams = {{}});

// One function per operator; shape operators have been folded by then.
#define OCTET_OPERATOR(kind, tflite, code) void kind(Builder &builder, const Operator &op);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code)
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

} // namespace octet::lower
