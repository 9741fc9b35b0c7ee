// Target: what Octet knows of a chip, read from targets/<name>.json and nothing else.
//
// The description is data: the Halide target, the lane, what the instructions prefer, the memories,
// how to link and how to run. Lowering and schedules ask this struct for capabilities; generators
// never see it. Files are validated against targets/target.schema.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace octet {

/// One memory of the chip: a cache or an addressable region.
struct MemoryRegion {
    std::string name; ///< "l1d", "sram", "flash"
    uint64_t bytes = 0;
    uint32_t alignment = 64;    ///< bytes
    double bytes_per_cycle = 0; ///< 0 when unknown
    uint64_t address = 0;       ///< of an addressable region
    enum class Kind : uint8_t { ram, flash };
    Kind kind = Kind::ram;       ///< of an addressable region
    uint64_t reserved_bytes = 0; ///< that no network gets: the stack, the program's variables
};

/// How a kernel is executed by `octet run`, `verify` and `bench`.
struct Runner {
    enum class Kind : uint8_t { none, in_process, command };
    Kind kind = Kind::none;
    /// For Kind::command, which runs in a folder of its own: {program} stands for the executable,
    /// {script}, {result} and {counts} for files there, {plugin} for the emulator's plugin that
    /// counts between the addresses {count_begin} and {count_end} (compiler/executor/command.h).
    std::vector<std::string> command;
    double seconds = 600; ///< the longest that the command may take
};

/// Commands, one string per word and no shell. {output} stands for the file to write, {input} for
/// the one file to read, the word {inputs} for all of them and {targets} for the targets folder of
/// shipped_directory().
struct Toolchain {
    std::vector<std::string> c_compiler;  ///< compiles C: the kernel table, firmware
    std::vector<std::string> archive;     ///< makes a static library of objects
    std::vector<std::string> link_shared; ///< makes a shared library; empty where there are none
    std::vector<std::string> kernel_compiler; ///< lane "c": compiles the kernels' C++
    std::vector<std::string> link;            ///< makes an executable for the runner's command
    /// lane "cuda": compiles PTX for the card {architecture}, and packs several cards' code.
    std::vector<std::string> ptx_assembler, fat_binary;
};

/// What the chip can run of quantized networks. The defaults are what the kernels that ship run.
struct QuantizationLimits {
    std::vector<int> weight_bits = {8, 4, 3, 2};
    std::vector<int> activation_bits = {8};
    bool codebooks = true; ///< weights may be indices into codebooks of 8-bit values
    bool per_channel = true;
    bool asymmetric_weights = false;
    bool asymmetric_activations = true;
    bool power_of_two_scales = false;         ///< all scales must be powers of two
    std::vector<std::string> float_operators; ///< kinds that must not be quantized, "conv2d"
};

/// Of lane "cuda": the cards that the kernels are compiled for.
struct CudaCards {
    int capability = 0; ///< the least compute capability, 80 for 8.0, whose PTX the kernels are
    /// Cards with machine code of their own, "sm_90"; others compile the PTX when a model is
    /// opened.
    std::vector<std::string> architectures;
};

struct Target {
    std::string name;
    std::string description;
    std::string halide;                    ///< Halide target string, "x86-64-linux-avx512_zen4"
    std::string lane;                      ///< "object", "c" or "cuda"
    std::string family;                    ///< the schedule family: "x86", "cortex_m", "gpu"
    std::vector<std::string> cpu_features; ///< /proc/cpuinfo flags that the machine must have
    int vector_bits = 128;
    int vector_registers = 16;
    /// A float multiply and the add behind it are one instruction with one rounding.
    bool fused_multiply_add = false;
    /// Dot product of `dot_lanes` 8-bit values into each int32 lane; 0 when the chip has none.
    int dot_lanes = 0;
    /// The activation type that the dot product wants: "u8" or "s8".
    std::string activations = "s8";
    /// Channels of activations in memory are padded to a multiple of this.
    int channel_alignment = 1;
    /// Constants and tensors of the arena begin at multiples of this, in bytes.
    int weight_alignment = 64;
    /// How requantization is computed: "float", or "fixed" on chips without fast floats.
    std::string epilogue = "float";
    /// Instructions that lane "c" may select, as the family's header names them.
    std::vector<std::string> instructions;
    std::vector<MemoryRegion> caches;
    std::vector<MemoryRegion> memories; ///< regions with addresses, fastest first
    uint64_t ram_bytes = 0;             ///< what a network may use; 0: no limit
    uint64_t flash_bytes = 0;
    CudaCards cuda;
    QuantizationLimits quantization;
    Toolchain toolchain;
    Runner runner;
    std::filesystem::path file;

    bool unsigned_activations() const { return activations == "u8"; }
    bool fixed_epilogue() const { return epilogue == "fixed"; }
    bool has_instruction(const std::string &instruction) const;
    /// The regions of `memories` of that kind, fastest first.
    std::vector<MemoryRegion> memories_of(MemoryRegion::Kind kind) const;
    int vector_bytes() const { return vector_bits / 8; }
    /// Size of the cache of that name ("l1d", "l2"), or 0.
    uint64_t cache_bytes(const std::string &cache) const;
};

/// Where what ships with Octet lies (targets/, runtime/): share/octet beside the executable's
/// folder where it is installed, else the source tree that it was built from.
std::filesystem::path shipped_directory();

/// The folder of target descriptions: $OCTET_TARGETS, else targets in shipped_directory().
std::filesystem::path target_directory();

/// `word` with every occurrence of `name` replaced by `value`.
std::string filled(std::string word, const std::string &name, const std::string &value);

/// Names of all targets in target_directory(), sorted, "host" first.
std::vector<std::string> target_names();

/// Reads and validates one description; a list of candidates becomes the first of them that runs
/// here. Throws Error naming the file, the field (as a JSON pointer), the reason and the remedy.
Target read_target(const std::filesystem::path &file);

/// The target of that name, or the file when `name` ends in .json. "host" resolves to the best
/// level of this machine (the first of its candidates whose cpu_features are all present) and
/// keeps that level's name. Throws UsageError that lists the known names.
Target find_target(const std::string &name);

/// The command with {output}, {input}, {inputs} and {targets} filled in.
std::vector<std::string> command_line(const std::vector<std::string> &command,
                                      const std::filesystem::path &output,
                                      const std::vector<std::filesystem::path> &inputs);

/// True when this machine has all of `target`'s cpu_features and architecture.
bool runs_here(const Target &target);

/// Whether a program of that name is on $PATH, or is a path of one.
bool on_path(const std::string &program);

/// The programs of `target`'s toolchain (with `to_run`, of its runner's command as well) that are
/// not on $PATH, each once.
std::vector<std::string> missing_programs(const Target &target, bool to_run);

} // namespace octet
