#include "tools/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet::tools {

Table::Table(std::vector<std::string> headings) {
    for (std::string &heading : headings) {
        numeric_.push_back(heading.starts_with('>'));
        heading.erase(0, numeric_.back());
    }
    rows_.push_back(std::move(headings));
}

void Table::add(std::vector<std::string> row) {
    row.resize(numeric_.size());
    rows_.push_back(std::move(row));
}

std::string Table::text(int indent) const {
    std::vector<size_t> widths(numeric_.size());
    for (const auto &row : rows_)
        for (size_t i = 0; i < row.size(); i++)
            widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto &row : rows_) {
        std::string line(size_t(indent), ' ');
        for (size_t i = 0; i < row.size(); i++)
            line += numeric_[i] ? fmt::format("{:>{}}  ", row[i], widths[i])
                                : fmt::format("{:<{}}  ", row[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string short_name(const std::string &name) {
    constexpr size_t room = 36;
    const std::string first = name.substr(0, name.find(';'));
    return first.size() <= room ? first
                                : fmt::format("...{}", first.substr(first.size() - room + 3));
}

std::string with_commas(int64_t value) {
    std::string digits = std::to_string(value);
    for (int64_t i = int64_t(digits.size()) - 3; i > (value < 0 ? 1 : 0); i -= 3)
        digits.insert(size_t(i), 1, ',');
    return digits;
}

} // namespace octet::tools
