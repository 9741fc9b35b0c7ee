// A table of text: columns as wide as their widest cell, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace octet::tools {

class Table {
public:
    /// Headings; one that starts with '>' makes a column of numbers.
    explicit Table(std::vector<std::string> headings);
    void add(std::vector<std::string> row);
    /// The table with `indent` spaces before each line and no trailing spaces.
    std::string text(int indent = 0) const;

private:
    std::vector<bool> numeric_;
    std::vector<std::vector<std::string>> rows_;
};

/// A layer's name cut to what a table has room for. Converters join the names of fused operators
/// with ';': the first stands for all, and of a long path its end.
std::string short_name(const std::string &name);

/// 1234567 as "1,234,567".
std::string with_commas(int64_t value);

} // namespace octet::tools
