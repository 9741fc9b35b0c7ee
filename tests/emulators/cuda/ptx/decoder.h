// Decodes one instruction: what the instruction groups in instructions/ use.
//
// A group registers a function per opcode. The function takes the modifiers that it knows from
// `opcode`, asks for the operands as registers of the types that it needs, and chooses the handler.
// Modifiers that nobody took and operands that nobody asked for are errors.
#pragma once

#include "opcode.h"
#include "program.h"
#include "registers.h"
#include "text.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace octet::ptx {

/// A name that has an address: a variable, a parameter, shared or local memory.
struct Symbol {
    Space space = Space::Global;
    uint64_t address = 0;
    bool dynamic = false; ///< The open array of dynamic shared memory.
};

class Decoder {
public:
    Decoder(Registers &registers, const std::map<std::string, Symbol> &symbols,
            std::string_view text, int line);

    Opcode opcode;
    Instruction instruction;
    RegisterUse use;

    size_t operands() const { return operands_.size(); }
    const std::string &operand(size_t n) const;
    bool is_register(size_t n) const;
    bool is_predicate(size_t n) const;

    /// The register that operand n names, which must have this width; `_` is a register of its own.
    Slot destination(size_t n, int bits);
    /// The register or constant that operand n is; constants are converted to the type.
    Slot source(size_t n, Type type);
    /// As source, but the register may be wider than the type; `register_bits` tells its width.
    Slot wide_source(size_t n, Type type, int &register_bits);
    Slot wide_destination(size_t n, Type type, int &register_bits);
    /// A predicate, possibly negated.
    Slot predicate(size_t n, bool &negated);

    /// The parts of {a, b, c}, appended to instruction.lists; a single register counts as one part.
    size_t destination_list(size_t n, int bits);
    size_t source_list(size_t n, Type type);
    int list_size(size_t n) const;
    /// Elements of memory in registers of one width, the type's or more, which is returned.
    int element_registers(size_t n, Type type, bool is_source);

    /// Address [register + offset] into slot `place` and `offset`, resolving symbols.
    void address(size_t n, size_t place);

    /// A constant operand.
    long long constant(size_t n);

    /// Takes the instruction's space from its modifiers; Generic if there is none.
    Space take_space();

    /// Refuses modifiers and operands that were not asked for.
    void finish();

    [[noreturn]] void fail(const std::string &reason) const;

private:
    Slot destination_of(const std::string &text, int bits);
    Slot source_of(const std::string &text, Type type, int *register_bits);
    bool symbol_address(const std::string &text, uint64_t &address, Symbol &symbol) const;

    Registers &registers_;
    const std::map<std::string, Symbol> &symbols_;
    std::vector<std::string> operands_;
    std::vector<bool> used_;
    std::string text_;
    int line_;
};

using Decode = void (*)(Decoder &);
using InstructionTable = std::unordered_map<std::string, Decode>;

} // namespace octet::ptx
