// From a checked int8 Graph to everything a target needs: the one entry that the tools call.
//
//     Graph -> lower -> Program -> emit -> kernels (cached), model file
//
// An Executor (executor.h) runs the result in this process or by the target's command; a Session
// loads it into this process.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/lower/program.h"
#include "compiler/support/progress.h"
#include "compiler/target/target.h"

#include <filesystem>
#include <memory>

struct octet_model;

namespace octet {

namespace schedules {
class Tuned;
}

struct CompileOptions {
    Target target;
    std::filesystem::path
        cache;                  ///< empty: $OCTET_CACHE, else $XDG_CACHE_HOME/octet, ~/.cache/octet
    int jobs = 0;               ///< kernels compiled at once; 0: one per core
    double kernel_seconds = 60; ///< time limit for one kernel's compilation
    Progress progress;
};

/// What one function of a kernel needs of a CUDA card, as the assembler says.
struct CardResources {
    std::string architecture, function;
    int registers = 0, spill_bytes = 0;
    bool operator==(const CardResources &) const = default;
};

struct Compiled {
    Target target;
    lower::Program program;
    Bytes file;                                 ///< the .octet image
    std::vector<std::filesystem::path> objects; ///< one per distinct kernel, in the cache
    std::vector<uint64_t> code_bytes;           ///< text size of each object
    /// Of each kernel of lane cuda, what its functions need of each card.
    std::vector<std::vector<CardResources>> resources;
    /// Of each kernel of lane c, the instructions that were selected for it.
    std::vector<std::vector<std::string>> instructions;
    std::vector<std::string> warnings;    ///< what a user should know, one line each
    std::filesystem::path table_object;   ///< the kernel table, in the cache
    std::filesystem::path shared_library; ///< kernels and table, for targets that run here
    std::filesystem::path cache;          ///< the folder of the cache
    size_t cache_hits = 0;
};

/// Lowers, generates and compiles, with the target's tuned knobs. Throws Error.
Compiled compile(const Graph &graph, const CompileOptions &options);
/// The same with other knobs.
Compiled compile(const Graph &graph, const CompileOptions &options, const schedules::Tuned &tuned);

/// Writes lib<name>.a, <name>.h, <name>.octet, manifest.json and report.html to `directory`, all of
/// them or none. Throws Error.
void write_artifacts(const Compiled &compiled, const std::filesystem::path &directory);

/// A compiled model in this process.
class Session {
public:
    explicit Session(const Compiled &compiled, int threads = 1);
    ~Session();
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    /// Runs once: dense row-major inputs in, outputs out. Throws Error on a wrong number or size.
    std::vector<Bytes> run(const std::vector<Bytes> &inputs);
    /// For the runtime's own functions; valid as long as the session.
    octet_model *model() { return model_; }

private:
    Bytes file_; ///< the image that the model reads in place
    void *library_ = nullptr;
    octet_model *model_ = nullptr;
};

struct LayerVerdict {
    std::string name, op;
    int64_t outputs = 0, mismatches = 0;
};

struct Verdict {
    std::vector<LayerVerdict> layers;    ///< each layer alone, on the reference's own inputs
    int64_t outputs = 0, mismatches = 0; ///< layers and whole network together
};

/// Compares each layer alone and the whole network with the reference interpreter on `cases`
/// random inputs.
Verdict verify(const Graph &graph, const Compiled &compiled, int cases, uint32_t seed = 1,
               const Progress &progress = {});

struct LayerTime {
    double seconds_min = 0, seconds_median = 0;
};

struct Timing {
    std::vector<LayerTime> layers; ///< one per call of the program
    LayerTime total;               ///< the whole network in one octet_model_run
};

/// Measures the whole network and each call, `seconds` in all, one warm-up.
Timing measure(Session &session, double seconds = 1.0);

/// What the target's command counted; the same at every time.
struct Count {
    std::vector<uint64_t> layers; ///< instructions of each call; empty when it does not count
    uint64_t total = 0;           ///< instructions of the whole network in one run
    uint64_t stack_bytes = 0;     ///< the most that was used of the stack
    uint64_t arena_bytes = 0;     ///< and of the arenas together
};

/// Counts on random inputs; for targets whose runner is a command.
Count count(const Compiled &compiled);

} // namespace octet
