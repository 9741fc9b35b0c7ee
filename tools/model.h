// What the verbs that work on a model have in common: their options, and the way from a file to a
// compiled model.
#pragma once

#include "compiler/compile.h"
#include "tools/arguments.h"

#include <string>

namespace octet::tools {

struct ModelOptions {
    std::string model;
    std::string target = "host";
    std::string rounding; ///< empty: what the model asks for
    std::string cache;
    int threads = 1;
    int batch = 0; ///< images computed at once; 0: as the network has them
    bool verbose = false;
};

/// Adds MODEL, --target, --rounding, --threads, --batch, --cache and --verbose to a verb.
void add_model_options(Arguments &verb, ModelOptions &options);

/// Reads options.model and applies --rounding and --batch. Throws UsageError for a .octet file that
/// holds a compiled program and no network.
Graph load_graph(const ModelOptions &options);

/// A model ready to run: from a network, compiled now, or from a compiled .octet file with its
/// library.
struct Model {
    Graph graph; ///< the network, or only its inputs and outputs
    Compiled compiled;
};

/// Reads and compiles options.model, or opens what was compiled before. Throws UsageError or Error.
Model load_model(const ModelOptions &options);

/// The target of --target; with `to_run`, throws UsageError when nothing runs it from this machine.
/// Throws Error naming the programs of its toolchain or runner that are not installed.
Target load_target(const ModelOptions &options, bool to_run);

/// Compiles with progress on a terminal; with --verbose says what lowering did.
Compiled compile_graph(const Graph &graph, const Target &target, const ModelOptions &options);

} // namespace octet::tools
