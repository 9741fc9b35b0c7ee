#include "schedules/tuned.h"

#include <fstream>
#include <stdexcept>

namespace octet::schedules {

using nlohmann::json;

namespace {

template <typename Spec>
std::string key_of(const Spec &spec) {
    json shape = spec;
    shape["channels"] = spec.epilogue.channels;
    // Types and strides of neighbours in memory do not change which tile is best.
    for (const char *name : {"epilogue", "in_type", "rebias_input", "in_stride_c", "out_stride_c",
                             "staged", "group", "lanes", "c_out"})
        shape.erase(name);
    return shape.dump();
}

} // namespace

std::string tuning_key(const generators::Conv2dSpec &spec) {
    return key_of(spec);
}
std::string tuning_key(const generators::DepthwiseConv2dSpec &spec) {
    return key_of(spec);
}

Tuned Tuned::trying(size_t candidate) {
    Tuned result;
    result.candidate_ = candidate;
    return result;
}

Tuned Tuned::read(const std::filesystem::path &file) {
    Tuned result;
    std::ifstream stream(file);
    if (!stream)
        return result;
    try {
        const json database = json::parse(stream);
        for (const json &entry : database.at("kernels"))
            result.set(entry.at("generator"), entry.at("shape").dump(), entry.at("knobs"));
    } catch (const json::exception &error) {
        throw std::runtime_error(file.string() + ": not a database of knobs (" + error.what() +
                                 "); remove it or run `octet tune` again");
    }
    return result;
}

json Tuned::choose(const std::string &generator, const std::string &key,
                   const std::vector<json> &candidates) const {
    if (candidate_ != by_database)
        return candidates.at(candidate_ % candidates.size());
    const auto found = knobs_.find({generator, key});
    return found == knobs_.end() ? candidates.at(0) : found->second;
}

void Tuned::set(const std::string &generator, const std::string &key, json knobs) {
    knobs_[{generator, key}] = std::move(knobs);
}

std::string Tuned::text() const {
    std::string text = "{\"kernels\": [";
    const char *separator = "\n";
    for (const auto &[kernel, knobs] : knobs_) {
        const json entry = {
            {"generator", kernel.first}, {"shape", json::parse(kernel.second)}, {"knobs", knobs}};
        text += separator + entry.dump();
        separator = ",\n";
    }
    return text + "\n]}\n";
}

} // namespace octet::schedules
