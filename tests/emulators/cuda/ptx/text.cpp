#include "text.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace octet::ptx {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

// Blanks out comments, so that lines keep their numbers. An implicit definition becomes a
// statement.
std::string without_comments(std::string_view ptx) {
    std::string text(ptx);
    for (size_t i = 0; i + 1 < text.size(); i++) {
        if (text[i] != '/')
            continue;
        if (text[i + 1] == '/') {
            size_t end = std::min(text.find('\n', i), text.size());
            std::string comment = text.substr(i, end - i);
            std::fill(text.begin() + i, text.begin() + end, ' ');
            size_t definition = comment.find("implicit-def: %");
            if (definition != std::string::npos) {
                std::string statement = ".implicit " + comment.substr(definition + 14) + ";";
                if (statement.size() <= comment.size())
                    text.replace(i, statement.size(), statement);
            }
            i = end;
        } else if (text[i + 1] == '*') {
            size_t end = text.find("*/", i + 2);
            end = end == std::string::npos ? text.size() : end + 2;
            for (size_t k = i; k < end; k++)
                if (text[k] != '\n')
                    text[k] = ' ';
            i = end - 1;
        }
    }
    return text;
}

bool is_directive_of_a_line(std::string_view text) {
    for (std::string_view name : {".version", ".target", ".address_size", ".loc", ".file"})
        if (text.starts_with(name))
            return true;
    return false;
}

bool is_label(std::string_view text) {
    return !text.empty() && text.find_first_of(" \t\r\n.,[(@") == text.npos;
}

// Whether a brace after this text opens a vector operand or an initializer, not a scope.
bool is_vector_ahead(std::string_view text) {
    return !text.empty() && text.find(".entry") == text.npos && text.find(".func") == text.npos;
}

} // namespace

void refuse(int line, const std::string &reason) {
    throw PtxError("PTX line " + std::to_string(line) + ": " + reason);
}

std::string_view trim(std::string_view text) {
    size_t first = text.find_first_not_of(blanks);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split_list(std::string_view text, char separator) {
    std::vector<std::string> parts;
    int depth = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.size(); i++) {
        char c = i < text.size() ? text[i] : separator;
        depth += (c == '{' || c == '[' || c == '(') - (c == '}' || c == ']' || c == ')');
        if (c == separator && (depth == 0 || i == text.size())) {
            parts.emplace_back(trim(text.substr(start, i - start)));
            start = i + 1;
        }
    }
    if (parts.size() == 1 && parts[0].empty())
        parts.clear();
    return parts;
}

bool parse_integer(std::string_view text, long long &value) {
    std::string number(text);
    if (!number.empty() && (number.back() == 'U' || number.back() == 'u'))
        number.pop_back();
    if (number.empty())
        return false;
    bool negative = number[0] == '-';
    const char *digits = number.c_str() + negative;
    if (*digits < '0' || *digits > '9')
        return false;
    int base = 10;
    if (digits[0] == '0' && (digits[1] == 'b' || digits[1] == 'B')) {
        base = 2;
        digits += 2;
    } else if (digits[0] == '0') {
        base = 0;
    }
    char *end = nullptr;
    errno = 0;
    unsigned long long magnitude = std::strtoull(digits, &end, base);
    value = static_cast<long long>(negative ? 0 - magnitude : magnitude);
    return *end == 0 && errno == 0;
}

Text split_text(std::string_view ptx) {
    ptx = ptx.substr(0, ptx.find('\0'));
    Text result;
    auto lines = std::make_shared<std::vector<std::string>>();
    std::istringstream stream{std::string(ptx)};
    for (std::string line; std::getline(stream, line);)
        lines->emplace_back(trim(line));
    result.lines = lines;

    std::string text = without_comments(ptx);
    int line = 1, start_line = 0, depth = 0;
    std::string current;
    auto finish = [&](Statement::Ends ends) {
        result.statements.push_back(
            {std::string(trim(current)), ends, start_line ? start_line : line});
        current.clear();
        start_line = 0;
    };
    for (size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        if (!start_line && blanks.find(c) == blanks.npos)
            start_line = line;
        // Braces of a vector operand or of an initializer belong to their statement.
        bool in_operands = depth > 0 || (c == '{' && is_vector_ahead(trim(current)));
        if (c == '\n') {
            if (depth == 0 && is_directive_of_a_line(trim(current)))
                finish(Statement::Ends::Line);
            line++;
        }
        if (c == '{' && in_operands)
            depth++;
        if (c == '}' && depth > 0) {
            depth--;
            current += c;
            continue;
        }
        if (c == ';')
            finish(Statement::Ends::Semicolon);
        else if (c == '{' && !in_operands)
            finish(Statement::Ends::Open);
        else if (c == '}')
            finish(Statement::Ends::Close);
        else if (c == ':' && is_label(trim(current)))
            finish(Statement::Ends::Label);
        else
            current += c;
    }
    if (!trim(current).empty())
        finish(Statement::Ends::Semicolon);
    std::erase_if(result.statements, [](const Statement &s) {
        return s.text.empty() && s.ends == Statement::Ends::Semicolon;
    });
    return result;
}

} // namespace octet::ptx
