#include "decoder.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace octet::ptx {
namespace {

const std::map<std::string, Special> special_registers = {
    {"%tid.x", Special::TidX},
    {"%tid.y", Special::TidY},
    {"%tid.z", Special::TidZ},
    {"%ntid.x", Special::NtidX},
    {"%ntid.y", Special::NtidY},
    {"%ntid.z", Special::NtidZ},
    {"%ctaid.x", Special::CtaidX},
    {"%ctaid.y", Special::CtaidY},
    {"%ctaid.z", Special::CtaidZ},
    {"%nctaid.x", Special::NctaidX},
    {"%nctaid.y", Special::NctaidY},
    {"%nctaid.z", Special::NctaidZ},
    {"%laneid", Special::Lane},
    {"%warpid", Special::WarpId},
    {"%nwarpid", Special::Nwarp},
    {"%smid", Special::Smid},
    {"%lanemask_eq", Special::LanesEqual},
    {"%lanemask_lt", Special::LanesLess},
    {"%lanemask_le", Special::LanesLessEqual},
    {"%lanemask_gt", Special::LanesGreater},
    {"%lanemask_ge", Special::LanesGreaterEqual},
    {"%dynamic_smem_size", Special::DynamicShared},
    {"%total_smem_size", Special::TotalShared},
};

// The bits of a number as PTX writes it, as a value of this type.
bool constant_bits(const std::string &text, Type type, uint64_t &bits) {
    if (text.size() == 10 && (text[1] == 'f' || text[1] == 'F') && text[0] == '0') {
        auto single = static_cast<uint32_t>(std::strtoul(text.c_str() + 2, nullptr, 16));
        bits = type.bits == 64 && type.is_float()
                   ? std::bit_cast<uint64_t>(static_cast<double>(std::bit_cast<float>(single)))
                   : single;
        return true;
    }
    if (text.size() == 18 && (text[1] == 'd' || text[1] == 'D') && text[0] == '0') {
        bits = std::strtoull(text.c_str() + 2, nullptr, 16);
        if (type.bits == 32 && type.is_float())
            bits = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
        return true;
    }
    if (text == "WARP_SZ") {
        bits = warp_size;
        return true;
    }
    long long integer = 0;
    if (parse_integer(text, integer)) {
        bits = static_cast<uint64_t>(integer);
        return !type.is_float();
    }
    if (type.is_float() && text.find('.') != text.npos && text.find('%') == text.npos) {
        char *end = nullptr;
        double value = std::strtod(text.c_str(), &end);
        bits = type.bits == 64 ? std::bit_cast<uint64_t>(value)
                               : std::bit_cast<uint32_t>(static_cast<float>(value));
        return *end == 0;
    }
    return false;
}

uint64_t low_bits(uint64_t value, int bits) {
    return bits >= 64 ? value : value & ((uint64_t{1} << bits) - 1);
}

} // namespace

Decoder::Decoder(Registers &registers, const std::map<std::string, Symbol> &symbols,
                 std::string_view text, int line)
    : opcode(""), registers_(registers), symbols_(symbols), text_(text), line_(line) {
    instruction.line = line;
    std::string_view rest = trim(text);
    if (rest.starts_with('@')) {
        size_t end = rest.find_first_of(" \t\n");
        std::string guard(rest.substr(1, end - 1));
        if (guard.starts_with('!')) {
            instruction.guard_negated = true;
            guard.erase(0, 1);
        }
        instruction.guard = source_of(guard, {Kind::Predicate, 1}, nullptr);
        rest = end == rest.npos ? "" : trim(rest.substr(end));
    }
    size_t end = rest.find_first_of(" \t\n");
    opcode = Opcode(rest.substr(0, end));
    if (end != rest.npos)
        operands_ = split_list(rest.substr(end));
    // A pair of predicates p|q counts as two operands.
    if (!operands_.empty() && operands_[0].find('|') != std::string::npos) {
        std::vector<std::string> pair = split_list(operands_[0], '|');
        operands_[0] = pair[0];
        operands_.insert(operands_.begin() + 1, pair.at(1));
    }
    used_.assign(operands_.size(), false);
}

const std::string &Decoder::operand(size_t n) const {
    if (n >= operands_.size())
        fail("too few operands");
    return operands_[n];
}

bool Decoder::is_register(size_t n) const {
    return operand(n).starts_with('%') && registers_.find(operand(n));
}

bool Decoder::is_predicate(size_t n) const {
    const std::string &text = operand(n);
    const Registers::Register *found = registers_.find(text.substr(text.starts_with('!')));
    return found && found->bits == 1;
}

Slot Decoder::destination_of(const std::string &text, int bits) {
    if (text == "_")
        return registers_.temporary(bits);
    const Registers::Register *found = registers_.find(text);
    if (!found)
        fail("'" + text + "' is not a declared register");
    if (found->bits != bits)
        fail("register " + text + " has " + std::to_string(found->bits) +
             " bits, the instruction " + std::to_string(bits));
    use.writes.push_back(found->slot);
    return found->slot;
}

Slot Decoder::source_of(const std::string &text, Type type, int *register_bits) {
    if (register_bits)
        *register_bits = type.bits;
    if (auto special = special_registers.find(text); special != special_registers.end()) {
        if (type.bits != 32)
            fail("special register " + text + " has 32 bits");
        return registers_.special(special->second, type.bits);
    }
    if (const Registers::Register *found = registers_.find(text)) {
        if (register_bits && found->bits > type.bits && found->bits > 1)
            *register_bits = found->bits;
        else if (found->bits != type.bits)
            fail("register " + text + " has " + std::to_string(found->bits) +
                 " bits, the instruction " + std::to_string(type.bits));
        use.reads.push_back(found->slot);
        return found->slot;
    }
    uint64_t bits = 0;
    Symbol symbol;
    if (constant_bits(text, type, bits))
        return registers_.constant(low_bits(bits, type.bits), type.bits);
    if (symbol_address(text, bits, symbol))
        return registers_.constant(low_bits(bits, type.bits), type.bits);
    fail("operand '" + text + "' is neither a register nor a constant of this type");
}

bool Decoder::symbol_address(const std::string &text, uint64_t &address, Symbol &symbol) const {
    size_t sign = text.find_first_of("+-", 1);
    auto found = symbols_.find(std::string(trim(std::string_view(text).substr(0, sign))));
    if (found == symbols_.end())
        return false;
    symbol = found->second;
    address = symbol.address;
    if (sign != text.npos) {
        long long offset = 0;
        std::string number(trim(std::string_view(text).substr(sign + 1)));
        if (!parse_integer(number, offset))
            return false;
        address += text[sign] == '-' ? -offset : offset;
    }
    return true;
}

Slot Decoder::destination(size_t n, int bits) {
    const std::string &text = operand(n);
    used_[n] = true;
    return destination_of(text, bits);
}

Slot Decoder::source(size_t n, Type type) {
    const std::string &text = operand(n);
    used_[n] = true;
    return source_of(text, type, nullptr);
}

Slot Decoder::wide_source(size_t n, Type type, int &register_bits) {
    const std::string &text = operand(n);
    used_[n] = true;
    return source_of(text, type, &register_bits);
}

Slot Decoder::wide_destination(size_t n, Type type, int &register_bits) {
    const Registers::Register *found = registers_.find(operand(n));
    register_bits = found && found->bits > type.bits ? found->bits : type.bits;
    return destination(n, register_bits);
}

Slot Decoder::predicate(size_t n, bool &negated) {
    std::string text = operand(n);
    used_[n] = true;
    negated = text.starts_with('!');
    if (negated)
        text.erase(0, 1);
    return source_of(text, {Kind::Predicate, 1}, nullptr);
}

int Decoder::list_size(size_t n) const {
    const std::string &text = operand(n);
    if (!text.starts_with('{'))
        return 1;
    return static_cast<int>(split_list(std::string_view(text).substr(1, text.size() - 2)).size());
}

size_t Decoder::destination_list(size_t n, int bits) {
    std::string text = operand(n);
    used_[n] = true;
    std::vector<std::string> parts{text};
    if (text.starts_with('{'))
        parts = split_list(std::string_view(text).substr(1, text.size() - 2));
    for (const std::string &part : parts)
        instruction.lists.push_back(destination_of(part, bits));
    return parts.size();
}

size_t Decoder::source_list(size_t n, Type type) {
    std::string text = operand(n);
    used_[n] = true;
    std::vector<std::string> parts{text};
    if (text.starts_with('{'))
        parts = split_list(std::string_view(text).substr(1, text.size() - 2));
    for (const std::string &part : parts)
        instruction.lists.push_back(source_of(part, type, nullptr));
    return parts.size();
}

int Decoder::element_registers(size_t n, Type type, bool is_source) {
    std::string text = operand(n);
    used_[n] = true;
    std::vector<std::string> parts{text};
    if (text.starts_with('{'))
        parts = split_list(std::string_view(text).substr(1, text.size() - 2));
    // Constants and `_` take the width that the first register gives.
    int bits = type.bits;
    for (const std::string &part : parts)
        if (const Registers::Register *found = registers_.find(part))
            bits = std::max(bits, found->bits);
    for (const std::string &part : parts)
        instruction.lists.push_back(is_source ? source_of(part, {type.kind, bits}, nullptr)
                                              : destination_of(part, bits));
    return bits;
}

void Decoder::address(size_t n, size_t place) {
    const std::string &text = operand(n);
    used_[n] = true;
    if (text.size() < 2 || text.front() != '[' || text.back() != ']')
        fail("operand '" + text + "' is not an address");
    std::string inside(trim(std::string_view(text).substr(1, text.size() - 2)));
    size_t sign = inside.find_first_of("+-", 1);
    std::string base(trim(std::string_view(inside).substr(0, sign)));
    if (sign != inside.npos) {
        long long offset = 0;
        std::string number(trim(std::string_view(inside).substr(sign + 1)));
        if (!parse_integer(number, offset))
            fail("'" + number + "' is not an offset");
        instruction.offset = inside[sign] == '-' ? -offset : offset;
    }
    if (const Registers::Register *found = registers_.find(base)) {
        if (found->bits != 32 && found->bits != 64)
            fail("an address needs a register of 32 or 64 bits");
        instruction.wide_address = found->bits == 64;
        use.reads.push_back(found->slot);
        instruction.slot[place] = found->slot;
        return;
    }
    uint64_t value = 0;
    Symbol symbol;
    long long number = 0;
    if (symbol_address(base, value, symbol)) {
        if (instruction.space == Space::Generic)
            fail("the address of a variable needs its space");
        if (instruction.space != symbol.space)
            fail("'" + base + "' lies in another space");
    } else if (parse_integer(base, number)) {
        value = static_cast<uint64_t>(number);
    } else {
        fail("'" + base + "' is neither a register nor a variable");
    }
    instruction.wide_address = true;
    instruction.slot[place] = registers_.constant(value, 64);
}

long long Decoder::constant(size_t n) {
    long long value = 0;
    if (!parse_integer(operand(n), value))
        fail("operand '" + operand(n) + "' must be a constant");
    used_[n] = true;
    return value;
}

Space Decoder::take_space() {
    static constexpr std::pair<const char *, Space> spaces[] = {
        {"global", Space::Global},     {"shared", Space::Shared}, {"shared::cta", Space::Shared},
        {"local", Space::Local},       {"const", Space::Const},   {"param", Space::Param},
        {"param::entry", Space::Param}};
    for (auto [name, space] : spaces)
        if (opcode.take(name))
            return space;
    return Space::Generic;
}

void Decoder::finish() {
    if (!opcode.rest().empty())
        fail("modifier ." + opcode.rest().front() + " of " + opcode.text() + " is not supported");
    for (size_t n = 0; n < used_.size(); n++)
        if (!used_[n])
            fail("operand '" + operands_[n] + "' is one too many");
    if (!instruction.run)
        fail(opcode.text() + " is not supported");
}

void Decoder::fail(const std::string &reason) const {
    refuse(line_, reason + " in '" + text_ + "'");
}

} // namespace octet::ptx
