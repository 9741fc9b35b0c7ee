#include "declarations.h"

#include "text.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sstream>

namespace octet::ptx {
namespace {

uint64_t initial_value(const std::string &text, Type type, int line) {
    long long integer = 0;
    if (text.size() == 10 && text.starts_with("0f"))
        return std::strtoul(text.c_str() + 2, nullptr, 16);
    if (text.size() == 18 && text.starts_with("0d"))
        return std::strtoull(text.c_str() + 2, nullptr, 16);
    if (type.is_float()) {
        double value = std::strtod(text.c_str(), nullptr);
        return type.bits == 64 ? std::bit_cast<uint64_t>(value)
                               : std::bit_cast<uint32_t>(static_cast<float>(value));
    }
    if (!parse_integer(text, integer))
        refuse(line, "'" + text + "' is not an initial value that is supported");
    return static_cast<uint64_t>(integer);
}

} // namespace

Declaration parse_declaration(std::string_view text, int line) {
    Declaration d;
    size_t equals = text.find('=');
    if (equals != text.npos)
        d.initializer = trim(text.substr(equals + 1));
    std::string head(text.substr(0, equals));
    size_t bracket = head.find('[');
    std::istringstream words(head.substr(0, bracket));
    bool has_align = false, after_pointer = false;
    for (std::string word; words >> word;) {
        if (word == ".global")
            d.space = after_pointer ? d.space : Space::Global;
        else if (word == ".const")
            d.space = after_pointer ? d.space : Space::Const;
        else if (word == ".shared")
            d.space = after_pointer ? d.space : Space::Shared;
        else if (word == ".local")
            d.space = after_pointer ? d.space : Space::Local;
        else if (word == ".param")
            d.space = Space::Param;
        else if (word == ".ptr")
            after_pointer = true;
        else if (word == ".align") {
            // The alignment behind .ptr is what the pointer points to.
            int align = 0;
            words >> align;
            if (align <= 0)
                refuse(line, "'" + head + "' has no alignment");
            if (!after_pointer) {
                d.align = align;
                has_align = true;
            }
        } else if (word[0] != '.')
            d.name = word;
        else if (auto type = parse_type(word.substr(1)))
            d.type = *type;
        else if (word != ".visible" && word != ".extern" && word != ".weak" && word != ".common")
            refuse(line, "directive " + word + " is not supported");
    }
    if (d.name.empty() || d.type.bits < 8)
        refuse(line, "'" + head + "' is not a declaration that is supported");
    if (!has_align)
        d.align = d.type.bytes();
    d.bytes = d.type.bytes();
    for (; bracket != std::string::npos; bracket = head.find('[', bracket + 1)) {
        std::string_view size = std::string_view(head).substr(bracket + 1);
        size = trim(size.substr(0, size.find(']')));
        long long count = 0;
        d.is_open |= size.empty();
        if (!size.empty() && !parse_integer(size, count))
            refuse(line, "'" + std::string(size) + "' is not an array size");
        d.bytes *= static_cast<int>(count);
    }
    return d;
}

std::vector<uint8_t> initial_bytes(const Declaration &d, int line) {
    std::vector<uint8_t> bytes(d.bytes);
    if (d.initializer.empty())
        return bytes;
    std::string values;
    for (char c : d.initializer)
        if (c != '{' && c != '}')
            values += c;
    size_t at = 0;
    for (const std::string &text : split_list(values)) {
        if (at + d.type.bytes() > bytes.size())
            refuse(line, d.name + " has more initial values than elements");
        uint64_t value = initial_value(text, d.type, line);
        std::memcpy(bytes.data() + at, &value, d.type.bytes());
        at += d.type.bytes();
    }
    return bytes;
}

std::vector<std::pair<std::string, int>> parse_registers(std::string_view text, int line) {
    std::string_view rest = trim(text.substr(4));
    size_t end = rest.find_first_of(" \t");
    auto type = parse_type(rest.substr(rest.starts_with('.'), end - rest.starts_with('.')));
    int bits = type ? type->bits : rest.starts_with(".f16x2") ? 32 : 0;
    if (!bits || end == rest.npos)
        refuse(line, "'" + std::string(text) + "' is not supported");
    std::vector<std::pair<std::string, int>> registers;
    for (const std::string &name : split_list(rest.substr(end))) {
        size_t open = name.find('<');
        if (open == name.npos) {
            registers.emplace_back(name, bits);
            continue;
        }
        const std::string prefix(name, 0, open);
        const int count = std::atoi(name.c_str() + open + 1);
        for (int n = 0; n < count; n++)
            registers.emplace_back(fmt::format("{}{}", prefix, n), bits);
    }
    return registers;
}

int max_threads(std::string_view directives) {
    for (std::string_view name : {".maxntid", ".reqntid"}) {
        size_t at = directives.find(name);
        if (at == directives.npos)
            continue;
        std::string_view numbers = directives.substr(at + name.size());
        numbers = numbers.substr(0, numbers.find('.'));
        int threads = 1;
        for (const std::string &extent : split_list(numbers))
            threads *= std::atoi(extent.c_str());
        return threads;
    }
    return 1024;
}

} // namespace octet::ptx
