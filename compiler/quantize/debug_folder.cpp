#include "compiler/quantize/debug_folder.h"

#include "compiler/support/error.h"
#include "compiler/support/npy.h"
#include "compiler/support/pending_file.h"

#include <fmt/ranges.h>

#include <cctype>
#include <cstring>
#include <unistd.h>

namespace octet::quantize {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

/// A name for files on any system; a number before it makes it unique.
std::string safe_name(const std::string &name) {
    constexpr size_t longest = 80;
    std::string safe = name.substr(0, longest);
    for (char &letter : safe)
        if (!std::isalnum(static_cast<unsigned char>(letter)) && letter != '-' && letter != '.')
            letter = '_';
    return safe;
}

Array array_of(const DebugTensor &tensor, const Values &values) {
    Array array{DType::f32, tensor.shape, Bytes(values.size() * sizeof(float))};
    std::memcpy(array.data.data(), values.data(), array.data.size());
    return array;
}

/// Numbers about the difference; SQNR is null where there is no noise or no signal.
void add_errors(const DebugTensor &tensor, Json &entry) {
    Noise noise;
    noise.add(tensor.real, tensor.quantized);
    double largest = 0, sum = 0;
    for (size_t i = 0; i < tensor.real.size(); ++i) {
        const double error = double(tensor.quantized[i]) - tensor.real[i];
        largest = std::max(largest, std::abs(error));
        sum += error;
    }
    entry["sqnr_db"] = nullptr;
    if (noise.noise > 0 && noise.signal > 0)
        entry["sqnr_db"] = noise.sqnr();
    entry["max_error"] = largest;
    entry["mean_error"] = tensor.real.empty() ? 0 : sum / double(tensor.real.size());
}

/// One field of a CSV file, as RFC 4180 quotes it.
std::string csv_field(const Json &value) {
    if (value.is_null())
        return "";
    std::string text;
    if (value.is_array()) // a shape
        for (const Json &extent : value)
            text += fmt::format("{}{}", text.empty() ? "" : "x", extent.get<int>());
    else
        text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted(1, '"');
    for (char letter : text)
        quoted.append(letter == '"' ? 2 : 1, letter);
    quoted += '"';
    return quoted;
}

/// A line of headings, then one for each tensor.
std::string csv_of(const Json &tensors) {
    std::vector<std::string> lines;
    for (const Json &entry : tensors) {
        std::vector<std::string> keys, fields;
        for (const auto &[key, value] : entry.items()) {
            keys.push_back(key);
            fields.push_back(csv_field(value));
        }
        if (lines.empty())
            lines.push_back(fmt::format("{}\n", fmt::join(keys, ",")));
        lines.push_back(fmt::format("{}\n", fmt::join(fields, ",")));
    }
    return fmt::format("{}", fmt::join(lines, ""));
}

/// Absolute, and without the slash that may end a folder's name.
fs::path place_of(const fs::path &folder) {
    const fs::path place = fs::absolute(folder).lexically_normal();
    return place.has_filename() ? place : place.parent_path();
}

} // namespace

void DebugFolder::require_free(const fs::path &folder) {
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) {
        const fs::path parent = place_of(folder).parent_path();
        if (!fs::is_directory(parent, ignored))
            throw UsageError("{}: there is no folder {}; make it first", folder.string(),
                             parent.string());
    } else if (!fs::is_directory(folder, ignored)) {
        throw UsageError("{}: is no folder; give a new one", folder.string());
    } else if (!fs::is_empty(folder, ignored)) {
        throw UsageError("{}: there are files in it; give a new folder", folder.string());
    }
}

DebugFolder::DebugFolder(const fs::path &folder, DebugMode mode, const std::string &network,
                         int64_t samples)
    : final_(place_of(folder)) {
    require_free(final_);
    written_ = fmt::format("{}.{}.part", final_.string(), getpid());
    std::error_code error;
    fs::create_directory(written_, error);
    if (error)
        throw Error("{}: cannot be made ({}); choose another place", folder.string(),
                    error.message());
    index_ = {{"octet_debug", 1},
              {"mode", to_text(mode)},
              {"network", network},
              {"samples", samples},
              {"tensors", Json::array()}};
}

DebugFolder::~DebugFolder() {
    std::error_code ignored;
    if (!written_.empty())
        fs::remove_all(written_, ignored);
}

void DebugFolder::add(const DebugTensor &tensor) {
    const std::string name =
        fmt::format("{:03}_{}", index_["tensors"].size(), safe_name(tensor.tensor));
    const Array real = array_of(tensor, tensor.real);
    const Array quantized = array_of(tensor, tensor.quantized);
    const std::string files[] = {name + "_float.npy", name + "_quantized.npy"};
    const NpyFile arrays[] = {{written_ / files[0], &real}, {written_ / files[1], &quantized}};
    write_npy(arrays);
    Json entry = {
        {"layer", tensor.layer},          {"operator", tensor.op},      {"tensor", tensor.tensor},
        {"float_file", files[0]},         {"quantized_file", files[1]}, {"shape", tensor.shape},
        {"dtype", name_of(tensor.dtype)}, {"scale", nullptr},           {"zero_point", nullptr}};
    if (tensor.grid) {
        entry["scale"] = tensor.grid->scale;
        entry["zero_point"] = tensor.grid->zero_point;
    }
    add_errors(tensor, entry);
    index_["tensors"].push_back(std::move(entry));
}

uint64_t DebugFolder::commit() {
    write_text_file(written_ / "index.json",
                    index_.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    write_text_file(written_ / "index.csv", csv_of(index_["tensors"]));
    uint64_t bytes = 0;
    for (const fs::directory_entry &file : fs::directory_iterator(written_))
        bytes += file.file_size();
    std::error_code error;
    fs::rename(written_, final_, error);
    if (error)
        throw Error("{}: cannot be made ({}); choose another place", final_.string(),
                    error.message());
    written_.clear();
    return bytes;
}

} // namespace octet::quantize
