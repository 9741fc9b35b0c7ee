// Where the registers and constants of one kernel lie in a warp's register file.
//
// A register takes 32 elements of its own width, aligned to a cache line; a predicate takes one
// word with a bit per lane. Constants are registers, too: their lanes are copied when a warp
// starts, so an instruction does not care whether its operand was written as a number.
#pragma once

#include "program.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace octet::ptx {

class Registers {
public:
    struct Register {
        Slot slot = no_slot;
        int bits = 0; ///< 1 for a predicate.
    };

    void open_scope() { scopes_.emplace_back(); }
    void close_scope() { scopes_.pop_back(); }

    /// Declares one register in the innermost scope.
    void declare(const std::string &name, int bits);

    /// The register, or nullptr.
    const Register *find(const std::string &name);

    /// The register that holds this constant in all lanes.
    Slot constant(uint64_t value, int bits);

    /// The register that is preset with a special value.
    Slot special(Special special, int bits);

    /// A register that has no name in the text.
    Slot temporary(int bits) { return allocate(bits); }

    int declared() const { return declared_; }

    /// Writes the layout into the kernel.
    void finish(Kernel &kernel) const;

private:
    Slot allocate(int bits);
    Slot allocate_preset(int bits);

    std::vector<std::unordered_map<std::string, Register>> scopes_{1};
    std::map<std::pair<uint64_t, int>, Slot> constants_;
    std::map<std::pair<Special, int>, Slot> specials_;
    std::map<Slot, std::string> names_;
    int above_ = 0, below_ = 0, declared_ = 0;
};

/// The bytes of a register of this width.
inline int register_bytes(int bits) {
    return bits == 1 ? 64 : std::max(64, bits / 8 * warp_size);
}

} // namespace octet::ptx
