#include "compiler/budget.h"

#include "compiler/firmware_project.h"
#include "compiler/report/memory_map.h"
#include "compiler/support/error.h"
#include "runtime/include/octet/bare_metal.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace octet {

namespace {

/// The runtime for bare metal, whose size on a Cortex-M4 a test bounds.
constexpr uint64_t runtime_code_bytes = 4096;

/// An open model on a chip with pointers of 32 bits; the struct is made of pointers.
constexpr uint64_t runtime_state_bytes = sizeof(octet_bare_model) / sizeof(void *) * 4;

uint64_t bytes_of(const lower::Program &program, const std::vector<int> &tensors) {
    uint64_t bytes = 0;
    for (const int tensor : tensors)
        bytes += program.tensors[size_t(tensor)].bytes;
    return bytes;
}

/// The tensors of the arenas that are alive at `call`, each place once: views, and outputs that
/// take the place of an input, share it.
std::vector<Part> alive_at(const lower::Program &program,
                           const std::vector<report::Lifetime> &lives, int call) {
    std::vector<Part> parts;
    std::set<std::pair<int, uint64_t>> seen;
    for (size_t i = 0; i < program.tensors.size(); ++i) {
        const lower::StoredTensor &tensor = program.tensors[i];
        const bool alive = lives[i].first >= 0 && lives[i].first <= call && call <= lives[i].last;
        if (alive && tensor.region == lower::Region::arena &&
            seen.insert({tensor.index, tensor.offset}).second)
            parts.push_back(
                {short_name(tensor.name) + (tensor.source == no_tensor ? " (scratch)" : ""),
                 tensor.bytes});
    }
    return parts;
}

/// The arenas' bytes: the tensors at their fullest call, and what lies beside them.
std::vector<Part> arena_parts(const lower::Program &program) {
    const std::vector<report::Lifetime> lives = report::lifetimes(program);
    std::vector<Part> fullest;
    int where = 0;
    for (size_t call = 0; call < program.calls.size(); ++call)
        if (std::vector<Part> parts = alive_at(program, lives, int(call));
            total_of(parts) > total_of(fullest)) {
            fullest = std::move(parts);
            where = int(call);
        }
    const uint64_t used = total_of(fullest);
    for (Part &part : fullest)
        part.name = fmt::format("arena: {}, alive at call {}", part.name, where);
    fullest.push_back(
        {"arena: the rest", program.arena_bytes() - std::min(used, program.arena_bytes())});
    return fullest;
}

uint64_t stack_bytes(const Target &target) {
    uint64_t reserved = 0;
    for (const MemoryRegion &memory : target.memories_of(MemoryRegion::Kind::ram))
        reserved += memory.reserved_bytes;
    return reserved ? reserved : firmware_stack_bytes;
}

void check(const Compiled &compiled, const char *memory, const char *field, uint64_t budget,
           const std::vector<Part> &parts) {
    const uint64_t total = total_of(parts);
    if (budget == 0 || total <= budget)
        return;
    throw Error("{}: needs {} bytes of {}, {} more than the {} of target {}; use a smaller network "
                "or a target with more {}{}",
                compiled.program.name, total, memory, total - budget, budget, compiled.target.name,
                field, table_of(parts));
}

} // namespace

std::vector<Part> ram_parts(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    std::vector<Part> parts = arena_parts(program);
    parts.push_back({"inputs", bytes_of(program, program.inputs)});
    parts.push_back({"outputs", bytes_of(program, program.outputs)});
    if (compiled.target.lane == "c") {
        parts.push_back({"stack and what else the target reserves", stack_bytes(compiled.target)});
        parts.push_back({"open model", runtime_state_bytes});
    }
    return parts;
}

std::vector<Part> flash_parts(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    std::vector<Part> parts;
    std::set<uint64_t> seen; // what layers share counts where it comes first
    uint64_t constants = 0;
    for (const lower::Call &call : program.calls) {
        uint64_t bytes = 0;
        for (const lower::Argument &argument : call.arguments)
            if (argument.region == lower::Region::weights && seen.insert(argument.offset).second)
                bytes += argument.bytes;
        parts.push_back({"constants of " + short_name(call.name), bytes});
        constants += bytes;
    }
    // Constants may overlap where one is part of another.
    const uint64_t file = compiled.file.size();
    parts.push_back(
        {"list of calls and the rest of the model file", file - std::min(file, constants)});
    parts.push_back(
        {"code of the kernels",
         std::accumulate(compiled.code_bytes.begin(), compiled.code_bytes.end(), uint64_t(0))});
    if (compiled.target.lane == "c")
        parts.push_back({"code of the runtime, at most", runtime_code_bytes});
    return parts;
}

void check_budgets(const Compiled &compiled) {
    check(compiled, "RAM", "ram_bytes", compiled.target.ram_bytes, ram_parts(compiled));
    check(compiled, "flash", "flash_bytes", compiled.target.flash_bytes, flash_parts(compiled));
}

} // namespace octet
