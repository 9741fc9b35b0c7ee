// A network on a chip that a command runs, against the reference interpreter.
#pragma once

#include "compiler/compile.h"
#include "tests/operators/kernels_cache.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace octet::test {

/// Compiles `graph` in that rounding and checks every layer alone and the whole on `cases` random
/// inputs.
inline void check_on(Graph graph, const Target &target, Rounding rounding, int cases) {
    INFO(graph.name << ", " << target.name << ", " << name_of(rounding));
    graph.set_rounding(rounding);
    CompileOptions options;
    options.target = target;
    options.cache = KernelCache::folder();
    const Compiled compiled = compile(graph, options);
    fmt::print(stderr, "{:<30} {:<15} {:<10} {} kernels, {} new\n", graph.name, target.name,
               name_of(rounding), compiled.program.kernels.size(),
               compiled.program.kernels.size() - compiled.cache_hits);
    const Verdict verdict = verify(graph, compiled, cases);
    for (const LayerVerdict &layer : verdict.layers) {
        INFO(layer.name << ": " << layer.outputs << " outputs");
        CHECK(layer.mismatches == 0);
    }
    CHECK(verdict.mismatches == 0);
    CHECK(verdict.outputs > 0);
}

} // namespace octet::test
