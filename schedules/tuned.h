// The database of measured knobs: schedules/tuned/<target>.json, written by `octet tune`.
//
// A kernel is found by its key, the layer's shape without what does not change the schedule (the
// epilogue's constants and form). Where the database has nothing, the family's first candidate is
// used.
#pragma once

#include "generators/conv2d.h"
#include "generators/depthwise_conv2d.h"

#include <filesystem>
#include <map>
#include <string>

namespace octet::schedules {

/// What of a layer decides on its knobs, in canonical JSON.
std::string tuning_key(const generators::Conv2dSpec &spec);
std::string tuning_key(const generators::DepthwiseConv2dSpec &spec);

class Tuned {
public:
    Tuned() = default;
    /// Uses candidate number `candidate` (modulo their count) everywhere: how tuning tries them.
    static Tuned trying(size_t candidate);
    /// Reads a database; a file that does not exist is an empty one. Throws std::runtime_error
    /// naming the file when it cannot be understood.
    static Tuned read(const std::filesystem::path &file);

    /// The knobs for a kernel, out of `candidates` (not empty) or the database.
    nlohmann::json choose(const std::string &generator, const std::string &key,
                          const std::vector<nlohmann::json> &candidates) const;
    void set(const std::string &generator, const std::string &key, nlohmann::json knobs);
    size_t size() const { return knobs_.size(); }
    /// The file's text: one kernel a line, sorted.
    std::string text() const;

private:
    static constexpr size_t by_database = size_t(-1);
    size_t candidate_ = by_database;
    std::map<std::pair<std::string, std::string>, nlohmann::json> knobs_;
};

} // namespace octet::schedules
