// Reading one description: parse, validate against the schema, fill the struct.
#include "compiler/support/error.h"
#include "compiler/target/schema.h"
#include "compiler/target/target.h"
#include "runtime/file.h"
#include "target_schema.h"

#include <Halide.h>

#include <bit>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

namespace octet {
namespace {

using nlohmann::json;

json parse(const std::filesystem::path &file) {
    std::ifstream stream(file);
    std::stringstream text;
    if (!(text << stream.rdbuf()))
        throw Error("{}: the target description cannot be read ({}); check the path", file.string(),
                    stream.is_open() ? "empty or not a file" : std::strerror(errno));
    try {
        return json::parse(text.str());
    } catch (const json::parse_error &error) {
        const std::string what = error.what(); // "[json.exception...] parse error at line 1, ..."
        throw Error("{}: not valid JSON ({}); correct it there", file.string(),
                    what.substr(what.find("] ") + 2));
    }
}

[[noreturn]] void refuse(const std::filesystem::path &file, const SchemaViolation &violation) {
    throw Error("{}: {} {}; {}", file.string(),
                violation.pointer.empty() ? "the description" : "field " + violation.pointer,
                violation.reason, violation.remedy);
}

/// Addresses are text, because JSON has no hexadecimal numbers.
uint64_t read_address(const std::filesystem::path &file, const std::string &pointer,
                      const json &region) {
    const std::string text = region.value("address", "0");
    size_t end = 0;
    try {
        const uint64_t address = std::stoull(text, &end, 0);
        if (end == text.size() && std::isdigit(static_cast<unsigned char>(text[0])))
            return address;
    } catch (const std::logic_error &) { // no number, or one of more than 64 bits
    }
    refuse(file, {pointer + "/address", "is \"" + text + "\", which is no address",
                  "give a number as text, such as \"0x20000000\""});
}

std::vector<MemoryRegion> read_memories(const std::filesystem::path &file, const json &description,
                                        const char *key) {
    std::vector<MemoryRegion> regions;
    for (const json &entry : description.value(key, json::array()))
        regions.push_back({entry["name"], entry["bytes"], entry.value("alignment", 64u),
                           entry.value("bytes_per_cycle", 0.0),
                           read_address(file, fmt::format("/{}/{}", key, regions.size()), entry),
                           entry.value("kind", "ram") == "flash" ? MemoryRegion::Kind::flash
                                                                 : MemoryRegion::Kind::ram,
                           entry.value("reserved_bytes", uint64_t(0))});
    return regions;
}

Runner read_runner(const json &runner) {
    const std::string kind = runner["kind"];
    return {kind == "in_process" ? Runner::Kind::in_process
            : kind == "command"  ? Runner::Kind::command
                                 : Runner::Kind::none,
            runner.value("command", std::vector<std::string>()), runner.value("seconds", 600.0)};
}

QuantizationLimits read_limits(const json &entry) {
    QuantizationLimits limits;
    limits.weight_bits = entry.value("weight_bits", limits.weight_bits);
    limits.activation_bits = entry.value("activation_bits", limits.activation_bits);
    limits.codebooks = entry.value("codebooks", limits.codebooks);
    limits.per_channel = entry.value("per_channel", limits.per_channel);
    limits.asymmetric_weights = entry.value("asymmetric_weights", limits.asymmetric_weights);
    limits.asymmetric_activations =
        entry.value("asymmetric_activations", limits.asymmetric_activations);
    limits.power_of_two_scales = entry.value("power_of_two_scales", limits.power_of_two_scales);
    limits.float_operators = entry.value("float_operators", limits.float_operators);
    return limits;
}

void check_memories(const std::filesystem::path &file, const Target &target) {
    size_t rams = 0;
    for (size_t i = 0; i < target.memories.size(); ++i) {
        const MemoryRegion &memory = target.memories[i];
        const std::string field = "/memories/" + std::to_string(i);
        if (memory.reserved_bytes > memory.bytes)
            refuse(file, {field + "/reserved_bytes", "is more than the memory has",
                          "give at most bytes"});
        if (memory.kind == MemoryRegion::Kind::flash)
            continue;
        if (memory.address % unsigned(target.weight_alignment) != 0)
            refuse(file, {field + "/address", "is not a multiple of weight_alignment",
                          "give where RAM for tensors begins"});
        if (++rams > file::max_arenas)
            refuse(file, {field, fmt::format("is RAM number {}", rams),
                          fmt::format("give at most {} RAMs", file::max_arenas)});
    }
}

bool is_operator(const std::string &name) {
    static const std::set<std::string_view> kinds = {
#define OCTET_OPERATOR(kind, tflite, code) #kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code)
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    return kinds.contains(name);
}

void check_float_operators(const std::filesystem::path &file, const Target &target) {
    const std::vector<std::string> &names = target.quantization.float_operators;
    for (size_t i = 0; i < names.size(); ++i)
        if (!is_operator(names[i]))
            refuse(file, {fmt::format("/quantization/float_operators/{}", i),
                          "is \"" + names[i] + "\", which is no kind of operator",
                          "give a kind as `octet inspect` shows it, such as softmax"});
}

/// What the schema cannot say.
void check_meaning(const std::filesystem::path &file, const Target &target) {
    if (!Halide::Target::validate_target_string(target.halide))
        refuse(file, {"/halide", "is \"" + target.halide + "\", which Halide does not know",
                      "give Halide's target string, such as x86-64-linux-avx2"});
    if (target.runner.kind == Runner::Kind::command && target.runner.command.empty())
        refuse(file, {"/runner/command", "is missing", "give the command that runs {program}"});
    if (target.runner.kind == Runner::Kind::command && target.toolchain.link.empty())
        refuse(file, {"/toolchain/link", "is missing",
                      "give the command that links an executable, which the runner needs"});
    if (target.lane == "c" && target.toolchain.kernel_compiler.empty())
        refuse(file, {"/toolchain/kernel_compiler", "is missing",
                      "give the command that compiles kernels, which lane \"c\" prints as C++"});
    if (target.lane == "cuda" && target.cuda.capability == 0)
        refuse(file, {"/cuda", "is missing",
                      "give the cards: {\"capability\": 80, \"architectures\": [\"sm_80\"]}"});
    if (target.lane == "cuda" && target.halide.find("-cuda") == std::string::npos)
        refuse(file, {"/halide", "is \"" + target.halide + "\", which has no CUDA",
                      "add -cuda-cuda_capability_80 to it, which lane \"cuda\" needs"});
    if (target.lane == "c" &&
        !std::filesystem::is_directory(shipped_directory() / "targets" / target.family))
        refuse(file,
               {"/family", "is \"" + target.family + "\", which has no headers for lane \"c\"",
                "give cortex_m"});
    if (std::popcount(unsigned(target.weight_alignment)) != 1)
        refuse(file, {"/weight_alignment",
                      "is " + std::to_string(target.weight_alignment) + ", not a power of two",
                      "give 16 or 64"});
    check_memories(file, target);
    check_float_operators(file, target);
    if (target.runner.kind == Runner::Kind::in_process && target.toolchain.link_shared.empty())
        refuse(file,
               {"/toolchain/link_shared", "is missing",
                "give the command that makes a shared library, which running in process needs"});
}

Target first_that_runs(const std::filesystem::path &file, const std::vector<std::string> &names) {
    std::string tried;
    for (const std::string &name : names) {
        const std::filesystem::path candidate = file.parent_path() / (name + ".json");
        if (candidate == file)
            refuse(file, {"/candidates", "names the description itself", "name other targets"});
        Target target = read_target(candidate);
        if (runs_here(target))
            return target;
        tried += (tried.empty() ? "" : ", ") + name;
    }
    throw Error("{}: this machine runs none of the candidates {}; name a target with --target",
                file.string(), tried);
}

} // namespace

Target read_target(const std::filesystem::path &file) {
    static const json schema = json::parse(target_schema_json);
    const json description = parse(file);
    if (const auto violation = validate(schema, description))
        refuse(file, *violation);
    if (description.contains("candidates"))
        return first_that_runs(file, description["candidates"]);

    Target target;
    target.name = file.stem().string();
    target.description = description["description"];
    target.halide = description["halide"];
    target.lane = description["lane"];
    target.family = description["family"];
    target.cpu_features = description.value("cpu_features", target.cpu_features);
    target.vector_bits = description["vector_bits"];
    target.vector_registers = description["vector_registers"];
    target.fused_multiply_add = description.value("fused_multiply_add", false);
    target.dot_lanes = description["dot_lanes"];
    target.activations = description["activations"];
    target.channel_alignment = description["channel_alignment"];
    target.weight_alignment = description.value("weight_alignment", target.weight_alignment);
    target.epilogue = description.value("epilogue", target.epilogue);
    target.instructions = description.value("instructions", target.instructions);
    target.ram_bytes = description.value("ram_bytes", uint64_t(0));
    target.flash_bytes = description.value("flash_bytes", uint64_t(0));
    target.caches = read_memories(file, description, "caches");
    target.memories = read_memories(file, description, "memories");
    target.quantization = read_limits(description.value("quantization", json::object()));
    const json &toolchain = description["toolchain"];
    const std::vector<std::string> none;
    target.toolchain = {toolchain["c_compiler"], toolchain["archive"],
                        toolchain.value("link_shared", none),
                        toolchain.value("kernel_compiler", none), toolchain.value("link", none),
                        toolchain.value("ptx_assembler", none), toolchain.value("fat_binary", none)};
    if (description.contains("cuda"))
        target.cuda = {description["cuda"]["capability"],
                       description["cuda"].value("architectures", none)};
    target.runner = read_runner(description["runner"]);
    target.file = file;
    check_meaning(file, target);
    return target;
}

} // namespace octet
