// What readers of files that anybody may have written have in common.
#pragma once

#include "compiler/support/error.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace octet {

/// Counts bytes taken from a file. FlatBuffers may refer to the same bytes many times, so that a
/// small hostile file could describe a huge model; honest ones share little.
class Budget {
public:
    Budget(std::string source, size_t file_bytes)
        : source_(std::move(source)), left_(4 * file_bytes + 65536) {}

    void spend(size_t bytes) {
        if (bytes > left_)
            throw Error("{}: its tables refer to the same bytes many times; the file is damaged",
                        source_);
        left_ -= bytes;
    }

private:
    std::string source_;
    size_t left_;
};

/// Printable ASCII of at most 4096 letters: names go into messages, reports and JSON.
inline std::string printable(std::string_view text) {
    std::string result(text.substr(0, 4096));
    std::replace_if(
        result.begin(), result.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '_');
    return result;
}

} // namespace octet
