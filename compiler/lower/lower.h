// Lowering: from a checked int8 Graph to a Program for one target.
//
//     fold and fuse (on the Graph)  ->  one lower::<kind> per operator  ->  plan of the arena
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

/// Assigns arena offsets: tensors that are alive at once do not overlap. Fills the offsets of all
/// arguments, arena_bytes and arena_lower_bound.
void plan_memory(Program &program);

// One function per operator; shape operators have been folded by then.
#define OCTET_OPERATOR(kind, tflite, code) void kind(Builder &builder, const Operator &op);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code)
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

} // namespace octet::lower
