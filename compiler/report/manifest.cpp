#include "compiler/report/manifest.h"

#include <nlohmann/json.hpp>

#include <numeric>

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const lower::Program &program, const std::vector<int> &tensors) {
    Json list = Json::array();
    for (int id : tensors) {
        const lower::StoredTensor &tensor = program.tensors.at(size_t(id));
        list.push_back({{"name", tensor.name},
                        {"dtype", name_of(tensor.dtype)},
                        {"shape", tensor.shape},
                        {"scale", tensor.scale},
                        {"zero_point", tensor.zero_point}});
    }
    return list;
}

} // namespace

std::vector<std::string> artifact_names(const std::string &name) {
    return {"lib" + name + ".a", name + ".h", name + ".octet", "manifest.json", "report.html"};
}

std::string manifest(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    Json layers = Json::array();
    for (const lower::Call &call : program.calls)
        layers.push_back({{"name", call.name},
                          {"op", name_of(call.op)},
                          {"shape", call.shape},
                          {"macs", call.macs},
                          {"kernel", program.kernels.at(size_t(call.kernel)).symbol}});
    Json kernels = Json::array();
    for (size_t i = 0; i < program.kernels.size(); ++i) {
        Json kernel = {{"symbol", program.kernels[i].symbol}};
        if (i < compiled.code_bytes.size())
            kernel["code_bytes"] = compiled.code_bytes[i];
        if (i < compiled.instructions.size() && !compiled.instructions[i].empty())
            kernel["instructions"] = compiled.instructions[i];
        if (i < compiled.resources.size())
            for (const CardResources &function : compiled.resources[i])
                kernel["cuda"].push_back({{"architecture", function.architecture},
                                          {"function", function.function},
                                          {"registers", function.registers},
                                          {"spill_bytes", function.spill_bytes}});
        kernels.push_back(kernel);
    }
    Json arenas = Json::array();
    for (const lower::Arena &arena : program.arenas)
        arenas.push_back(
            {{"memory", arena.memory}, {"bytes", arena.bytes}, {"lower_bound", arena.lower_bound}});
    const uint64_t code_bytes =
        std::accumulate(compiled.code_bytes.begin(), compiled.code_bytes.end(), uint64_t(0));
    const Json manifest = {{"name", program.name},
                           {"target", program.target},
                           {"rounding", name_of(program.rounding)},
                           {"files", artifact_names(program.name)},
                           {"inputs", describe(program, program.inputs)},
                           {"outputs", describe(program, program.outputs)},
                           {"arena_bytes", program.arena_bytes()},
                           {"arena_lower_bound", program.arena_lower_bound()},
                           {"arenas", arenas},
                           {"weight_bytes", program.weights.size()},
                           {"code_bytes", code_bytes},
                           {"kernels", kernels},
                           {"warnings", compiled.warnings},
                           {"layers", layers}};
    // Names come from files and may hold any bytes; what is not UTF-8 is replaced.
    return manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace octet
