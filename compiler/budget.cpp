#include "compiler/budget.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <numeric>

namespace octet {

namespace {

/// One thing that takes memory.
struct Part {
    std::string name;
    uint64_t bytes = 0;
};

/// The call with the most bytes of the arena in use by its own arguments: what a smaller network
/// must change.
std::string largest_call(const lower::Program &program) {
    const lower::Call *largest = nullptr;
    uint64_t most = 0;
    for (const lower::Call &call : program.calls) {
        uint64_t bytes = 0;
        for (const lower::Argument &argument : call.arguments)
            if (argument.region == lower::Region::arena)
                bytes += argument.bytes;
        if (bytes > most) {
            most = bytes;
            largest = &call;
        }
    }
    return largest ? fmt::format("arena, most of it for {}", largest->name.substr(0, 60)) : "arena";
}

uint64_t bytes_of(const lower::Program &program, const std::vector<int> &tensors) {
    uint64_t bytes = 0;
    for (const int tensor : tensors)
        bytes += program.tensors[size_t(tensor)].bytes;
    return bytes;
}

void check(const Compiled &compiled, const char *memory, const char *field, uint64_t budget,
           std::vector<Part> parts) {
    uint64_t total = 0;
    for (const Part &part : parts)
        total += part.bytes;
    if (budget == 0 || total <= budget)
        return;
    std::ranges::stable_sort(parts, std::greater(), &Part::bytes);
    std::string list;
    for (const Part &part : parts)
        list += fmt::format("{}{} {}", list.empty() ? "" : ", ", part.bytes, part.name);
    throw Error("{}: needs {} bytes of {}, but target {} has {} ({}); use a smaller network or a "
                "target with more {}",
                compiled.program.name, total, memory, compiled.target.name, budget, list, field);
}

} // namespace

void check_budgets(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    check(compiled, "RAM", "ram_bytes", compiled.target.ram_bytes,
          {{largest_call(program), program.arena_bytes},
           {"inputs", bytes_of(program, program.inputs)},
           {"outputs", bytes_of(program, program.outputs)}});
    const uint64_t code =
        std::accumulate(compiled.code_bytes.begin(), compiled.code_bytes.end(), uint64_t(0));
    check(compiled, "flash", "flash_bytes", compiled.target.flash_bytes,
          {{"weights", program.weights.size()},
           {"list of calls", compiled.file.size() - program.weights.size()},
           {"code", code}});
}

} // namespace octet
