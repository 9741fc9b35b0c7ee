// Real networks and their layers as kernels on this machine (the shared folder of models; skipped
// where it is absent): equal to the reference interpreter in every rounding, and to the stored
// outputs of LiteRT's reference kernels in `reference`.
#include "compiler/compile.h"
#include "compiler/import/import.h"
#include "compiler/support/npy.h"
#include "tests/operators/kernels_cache.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace octet::test {
namespace {

namespace fs = std::filesystem;

Compiled compile_here(const Graph &graph, const Target &target) {
    CompileOptions options;
    options.target = target;
    options.cache = KernelCache::folder();
    const Compiled compiled = compile(graph, options);
    fmt::print(stderr, "{:<40} {:<20} {:<10} {} kernels, {} new\n", graph.name, options.target.name,
               name_of(graph.operators.front().rounding), compiled.program.kernels.size(),
               compiled.program.kernels.size() - compiled.cache_hits);
    return compiled;
}

/// The arrays <prefix><i>.npy that exist, in order.
std::vector<Bytes> read_arrays(const std::string &prefix) {
    std::vector<Bytes> arrays;
    for (size_t i = 0; fs::exists(fmt::format("{}{}.npy", prefix, i)); ++i)
        arrays.push_back(read_npy(fmt::format("{}{}.npy", prefix, i)).data);
    return arrays;
}

bool computes_in_int8(const Graph &graph) {
    return std::all_of(graph.operators.begin(), graph.operators.end(), [&](const Operator &op) {
        return macs(graph, op) == 0 || graph.tensor(op.outputs[0]).dtype == DType::s8;
    });
}

/// Each layer alone and the whole network, on random inputs.
void check_verdict(const Graph &graph, const Compiled &compiled) {
    const Verdict verdict = verify(graph, compiled, 1);
    for (const LayerVerdict &layer : verdict.layers) {
        INFO(layer.name);
        CHECK(layer.mismatches == 0);
    }
    CHECK(verdict.mismatches == 0);
}

/// The stored cases of one network; returns how many there were.
size_t check_golden(const Compiled &compiled, const fs::path &folder) {
    Session session(compiled);
    for (size_t i = 0;; ++i) {
        const std::string prefix = folder / fmt::format("case{}_", i);
        const std::vector<Bytes> inputs = read_arrays(prefix + "input");
        if (inputs.empty())
            return i;
        INFO(prefix);
        CHECK(session.run(inputs) == read_arrays(prefix + "output"));
    }
}

TEST_CASE("int8 networks equal the reference and their golden outputs", "[kernels][shared]") {
    const auto models = shared_folder("models");
    if (!models)
        return;
    size_t networks = 0;
    for (const fs::directory_entry &golden : fs::directory_iterator(*models / "golden")) {
        Graph graph = import_model(*models / (golden.path().filename().string() + ".tflite"));
        if (!computes_in_int8(graph))
            continue;
        ++networks;
        for (const Target &target : {find_target("host"), find_target("x86-64-avx2")})
            for (const Rounding rounding :
                 {Rounding::reference, Rounding::micro, Rounding::float32}) {
                if (!runs_here(target))
                    continue;
                INFO(graph.source << ", " << target.name << ", " << name_of(rounding));
                graph.set_rounding(rounding);
                const Compiled compiled = compile_here(graph, target);
                check_verdict(graph, compiled);
                if (rounding == Rounding::reference)
                    CHECK(check_golden(compiled, golden.path()) > 0);
            }
    }
    CHECK(networks >= 5);
}

TEST_CASE("layers equal their golden outputs as single-operator models", "[kernels][shared]") {
    const auto layers = shared_folder("models/layers");
    if (!layers)
        return;
    size_t compared = 0;
    for (const fs::directory_entry &file : fs::recursive_directory_iterator(*layers)) {
        if (file.path().extension() != ".tflite")
            continue;
        INFO(file.path());
        const std::string prefix = fs::path(file.path()).replace_extension(".");
        const Graph graph = import_model(file.path());
        Session session(compile_here(graph, find_target("host")));
        CHECK(session.run(read_arrays(prefix + "input")) == read_arrays(prefix + "output"));
        ++compared;
    }
    CHECK(compared > 0);
}

} // namespace
} // namespace octet::test
