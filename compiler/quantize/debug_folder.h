// The debugger's folder: two arrays for every tensor, and an index of them.
//
//     index.json, index.csv       a line for each tensor: names, files, shape, grid, errors
//     007_conv1_float.npy         what the float network or layer has, float32, samples first
//     007_conv1_quantized.npy     what the quantized one's values mean
//
// The folder appears complete or not at all: it is filled beside its place and renamed.
#pragma once

#include "compiler/quantize/debug.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace octet::quantize {

class DebugFolder {
public:
    /// Throws UsageError unless `folder` can be made there or is empty.
    static void require_free(const std::filesystem::path &folder);

    DebugFolder(const std::filesystem::path &folder, DebugMode mode, const std::string &network,
                int64_t samples);
    /// Removes what was written unless it was committed.
    ~DebugFolder();
    DebugFolder(const DebugFolder &) = delete;
    DebugFolder &operator=(const DebugFolder &) = delete;

    void add(const DebugTensor &tensor);
    /// Writes the index and gives the folder its name. Returns the bytes written.
    uint64_t commit();

private:
    std::filesystem::path final_, written_;
    nlohmann::ordered_json index_;
};

} // namespace octet::quantize
