// Post-training quantization: a float Graph and a few hundred samples in, an int8 Graph out.
//
//     prepare   fold and fuse, exactly                                  prepare.h
//     equalize  rescale channels, where that measures better            equalize.h
//     observe   what activations look like                              observe.h
//     plan      schemes, rules and ranges: a grid for every tensor      plan.h
//     correct   the layers' integers, learned in order                  correct.h
//     assemble  the quantized Graph                                     assemble.h
#pragma once

#include "compiler/quantize/correct.h"

namespace octet::quantize {

struct Quantized {
    Graph graph;           ///< the result
    Graph prepared;        ///< the float network that it was made of
    Statistics statistics; ///< of `prepared`
    Statistics observed;   ///< of the prepared network before equalization, to be saved
    Plan plan;
    Outcome outcome;
    std::string equalization; ///< what it did, in words; empty: nothing
    std::vector<std::string> notes;
};

/// `graph` is float. `known` are statistics of prepare(graph) from an earlier run, which spare the
/// observation; then `samples` serve the corrections alone, and may be none where `options` ask for
/// no correction and no search of ranges: each weight becomes the nearest level, and no noise is
/// measured. `progress` is called with the step's name and how far it is. Throws Error or
/// UsageError naming the tensor or operator.
Quantized quantize(const Graph &graph, const Samples &samples, const Options &options,
                   const Progress &progress = {}, std::optional<Statistics> known = {});

/// Throws UsageError for a network that is quantized already or has other operands than reals.
void require_float(const Graph &graph);

} // namespace octet::quantize
