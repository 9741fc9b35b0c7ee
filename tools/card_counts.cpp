#include "tools/card_counts.h"

#include "compiler/executor/cuda_driver.h"
#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"
#include "tools/table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <dlfcn.h>

namespace octet::tools {

namespace {

using Json = nlohmann::ordered_json;

/// The counts, by name: one list for sums, differences, the table's columns and JSON.
constexpr std::pair<const char *, uint64_t CardCount::*> fields[] = {
    {"launches", &CardCount::launches},
    {"instructions", &CardCount::instructions},
    {"matrix", &CardCount::matrix},
    {"dot", &CardCount::dot},
    {"loaded_bytes", &CardCount::loaded_bytes},
    {"stored_bytes", &CardCount::stored_bytes},
    {"sectors", &CardCount::sectors},
    {"shared_requests", &CardCount::shared_requests},
    {"shared_passes", &CardCount::shared_passes},
};

/// The interpreter's statistics since its start, over all kernels.
class Statistics {
public:
    explicit Statistics(const std::filesystem::path &interpreter)
        : library_(dlopen(interpreter.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        if (library_ != nullptr)
            read_ = reinterpret_cast<const char *(*)()>(
                dlsym(library_, "octet_cuda_emulator_statistics"));
        if (read_ == nullptr)
            throw Error("{}: it is not the interpreter of CUDA kernels; build it again",
                        interpreter.string());
    }
    ~Statistics() { dlclose(library_); }
    Statistics(const Statistics &) = delete;
    Statistics &operator=(const Statistics &) = delete;

    CardCount now() const {
        CardCount sum;
        const Json statistics = Json::parse(read_());
        for (const Json &kernel : statistics.at("kernels")) {
            const Json &warps = kernel.at("warp_instructions");
            const Json &global = kernel.at("global"), &shared = kernel.at("shared");
            const auto number = [](const Json &from, const char *name) {
                return from.at(name).get<uint64_t>();
            };
            sum.launches += number(kernel, "launches");
            sum.instructions += number(warps, "total");
            sum.matrix += number(warps, "matrix");
            sum.dot += number(warps, "dot");
            sum.loaded_bytes += number(global, "loaded_bytes");
            sum.stored_bytes += number(global, "stored_bytes");
            sum.sectors += number(global, "load_sectors") + number(global, "store_sectors");
            sum.shared_requests +=
                number(shared, "load_requests") + number(shared, "store_requests");
            sum.shared_passes += number(shared, "load_passes") + number(shared, "store_passes");
        }
        return sum;
    }

private:
    void *library_;
    const char *(*read_)() = nullptr;
};

void require(octet_status status) {
    if (status != OCTET_OK)
        throw Error("{}", octet_last_error());
}

} // namespace

std::vector<CardCount> count_on_card(const Compiled &compiled) {
    // Memory is only counted where a file for the statistics is named.
    constexpr int keep = 0;
    setenv("OCTET_CUDA_STATISTICS", "/dev/null", keep);
    const Statistics statistics(cuda_driver(compiled.target).library);
    Session session(compiled);
    std::vector<Bytes> arrays;
    for (const auto *list : {&compiled.program.inputs, &compiled.program.outputs})
        for (const int tensor : *list)
            arrays.emplace_back(compiled.program.tensors[size_t(tensor)].bytes);
    std::vector<const void *> inputs;
    std::vector<void *> outputs;
    for (size_t i = 0; i < arrays.size(); ++i)
        if (i < compiled.program.inputs.size())
            inputs.push_back(arrays[i].data());
        else
            outputs.push_back(arrays[i].data());
    std::vector<CardCount> counts;
    for (size_t call = 0; call < compiled.program.calls.size(); ++call) {
        CardCount count;
        const CardCount before = statistics.now();
        require(octet_model_run_call(session.model(), call, inputs.data(), outputs.data()));
        const CardCount after = statistics.now();
        for (const auto &[name, field] : fields)
            count.*field = after.*field - before.*field;
        counts.push_back(count);
    }
    return counts;
}

CardCount total(const std::vector<CardCount> &counts) {
    CardCount sum;
    for (const CardCount &count : counts)
        for (const auto &[name, field] : fields)
            sum.*field += count.*field;
    return sum;
}

std::string to_text(const lower::Program &program, const std::vector<CardCount> &counts) {
    Table table({"layer", "operator", "output", ">MACs", ">launches", ">instructions", ">mma",
                 ">dp4a", ">loaded", ">stored", ">sectors", ">shared", ">passes"});
    const auto add = [&](std::vector<std::string> row, const CardCount &count) {
        for (const auto &[name, field] : fields)
            row.push_back(with_commas(int64_t(count.*field)));
        table.add(row);
    };
    int64_t macs = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
        const lower::Call &call = program.calls[i];
        add({short_name(call.name), std::string(name_of(call.op)), to_string(call.shape),
             call.macs ? with_commas(call.macs) : ""},
            counts[i]);
        macs += call.macs;
    }
    add({"all layers", "", "", with_commas(macs)}, total(counts));
    return table.text();
}

std::string to_json(const lower::Program &program, const std::vector<CardCount> &counts) {
    const auto describe = [](Json json, const CardCount &count) {
        for (const auto &[name, field] : fields)
            json[name] = count.*field;
        return json;
    };
    Json layers = Json::array();
    for (size_t i = 0; i < counts.size(); ++i) {
        const lower::Call &call = program.calls[i];
        layers.push_back(describe({{"name", call.name},
                                   {"op", name_of(call.op)},
                                   {"shape", call.shape},
                                   {"macs", call.macs},
                                   {"kernel", program.kernels.at(size_t(call.kernel)).symbol}},
                                  counts[i]));
    }
    const Json json = {{"target", program.target},
                       {"images", program.images},
                       {"counted", "by the interpreter of CUDA kernels"},
                       {"total", describe(Json::object(), total(counts))},
                       {"arena_bytes", program.arena_bytes()},
                       {"weight_bytes", program.weights.size()},
                       {"layers", layers}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace octet::tools
