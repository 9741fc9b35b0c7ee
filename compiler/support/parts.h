// What takes how much of a memory, as the lines under an error that says that it is too much.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace octet {

/// One thing that takes memory.
struct Part {
    std::string name;
    uint64_t bytes = 0;
};

inline uint64_t total_of(const std::vector<Part> &parts) {
    uint64_t total = 0;
    for (const Part &part : parts)
        total += part.bytes;
    return total;
}

/// A name that fits in a line: exporters join those of all operators that they have fused with
/// semicolons, of which the first says enough.
inline std::string short_name(const std::string &name) {
    constexpr size_t longest = 60;
    const std::string first = name.substr(0, name.find(';'));
    return first.size() <= longest ? first : "..." + first.substr(first.size() - longest + 3);
}

/// The largest `rows` of `parts`, each on a line of its own after a line break, and the sum of the
/// others.
inline std::string table_of(std::vector<Part> parts, size_t rows = 8) {
    std::erase_if(parts, [](const Part &part) { return part.bytes == 0; });
    std::stable_sort(parts.begin(), parts.end(),
                     [](const Part &a, const Part &b) { return a.bytes > b.bytes; });
    if (parts.size() > rows) {
        const std::vector<Part> rest(parts.begin() + std::ptrdiff_t(rows), parts.end());
        parts.resize(rows);
        parts.push_back({fmt::format("{} more", rest.size()), total_of(rest)});
    }
    std::string lines;
    for (const Part &part : parts)
        lines += fmt::format("\n{:>12}  {}", part.bytes, part.name);
    return lines;
}

} // namespace octet
