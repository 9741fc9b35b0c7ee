// PTX text as statements.
//
// A statement ends with ';', '{', '}' or, for a label, with ':'. Directives of one line
// (.version, .target, .address_size, .loc, .file) end with their line. Comments are dropped, except
// LLVM's "implicit-def: %r5", which says that a register is read on purpose before it is written.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace octet::ptx {

/// PTX that this interpreter refuses; the message names the line.
class PtxError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

[[noreturn]] void refuse(int line, const std::string &reason);

struct Statement {
    enum class Ends : char { Semicolon = ';', Open = '{', Close = '}', Label = ':', Line = '\n' };
    std::string text;
    Ends ends = Ends::Semicolon;
    int line = 0;
};

struct Text {
    std::vector<Statement> statements;
    std::shared_ptr<const std::vector<std::string>> lines;
};

Text split_text(std::string_view ptx);

std::string_view trim(std::string_view text);

/// Splits at commas outside of brackets, braces and parentheses.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// An integer constant as C writes it, with sign and 'U'; nothing if it is none.
bool parse_integer(std::string_view text, long long &value);

} // namespace octet::ptx
