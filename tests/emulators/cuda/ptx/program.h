// A decoded PTX module: what the parser makes of the text and what the warps execute.
//
// Everything that can be decided from the text is decided once: which function executes an
// instruction, where its registers lie in a warp's register file, where a divergent branch meets
// again. A register is an array of 32 lanes, so one instruction is one loop over 32 elements.
#pragma once

#include "types.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace octet::ptx {

class Warp;
struct Instruction;
using Handler = void (*)(Warp &, const Instruction &);

constexpr int warp_size = 32;

/// One bit per lane of a warp.
using Lanes = uint32_t;
constexpr Lanes all_lanes = 0xffffffffu;

/// Where an address points. Windows of the generic space are in memory/spaces.h.
enum class Space : uint8_t { Generic, Global, Shared, Local, Const, Param };

/// What the statistics count an instruction as.
enum class Class : uint8_t {
    Integer,
    Float,
    Convert,
    Move,
    Compare,
    Dot,
    Matrix,
    GlobalLoad,
    GlobalStore,
    SharedLoad,
    SharedStore,
    LocalMemory,
    Parameter,
    Atomic,
    AsyncCopy,
    Barrier,
    Warp,
    Branch,
    Other,
    Count
};

/// The offset of a register in the register file of a warp, from its middle: constants and special
/// registers lie below zero, registers above.
using Slot = int32_t;
constexpr Slot no_slot = INT32_MIN;

struct Instruction {
    Handler run = nullptr;
    std::array<Slot, 6> slot{no_slot, no_slot, no_slot, no_slot, no_slot, no_slot};
    Slot guard = no_slot;         ///< The predicate of @p, or no_slot.
    bool guard_negated = false;   ///< @!p.
    bool tracked = false;         ///< Some register may be read before it was written.
    bool is_asynchronous = false; ///< Its registers (`lists`) are in use until a wait.
    bool wide_address = true;     ///< The address register has 64 bits.
    Class counted_as = Class::Other;
    Space space = Space::Generic;
    uint8_t bytes = 0;    ///< Of one element in memory.
    uint8_t elements = 1; ///< .v2, .v4.
    int32_t option = 0;   ///< What else the handler has to know.
    int32_t target = -1;  ///< Of a branch.
    int32_t meet = -1;    ///< Where the ways of a divergent branch meet again.
    int32_t line = 0;
    int64_t offset = 0;      ///< Added to the address register.
    std::vector<Slot> lists; ///< Registers of vector operands, one operand after the other.
};

/// Registers that instruction `tracked` must check and mark (initialized.h).
struct RegisterUse {
    std::vector<Slot> reads, writes;
};

/// A register that is preset when a warp starts.
enum class Special : uint8_t {
    TidX,
    TidY,
    TidZ,
    NtidX,
    NtidY,
    NtidZ,
    CtaidX,
    CtaidY,
    CtaidZ,
    NctaidX,
    NctaidY,
    NctaidZ,
    Lane,
    WarpId,
    Nwarp,
    Smid,
    LanesEqual,
    LanesLess,
    LanesLessEqual,
    LanesGreater,
    LanesGreaterEqual,
    DynamicShared,
    TotalShared,
};

struct Parameter {
    std::string name;
    int offset = 0;
    int bytes = 0;
};

struct Kernel {
    std::string name;
    int line = 0;
    std::vector<Parameter> parameters;
    int parameter_bytes = 0;
    std::vector<Instruction> code;
    std::map<int, RegisterUse> register_uses; ///< By instruction, those that are `tracked`.
    std::map<Slot, std::string> register_names;
    int register_bytes = 0;      ///< Above the middle of the register file.
    int preset_bytes = 0;        ///< Below it.
    std::vector<uint8_t> preset; ///< The constants' lanes, ends at the middle.
    std::vector<std::pair<Slot, Special>> specials;
    int declared_registers = 0;
    int shared_bytes = 0; ///< Static shared memory; dynamic shared memory follows it.
    int local_bytes = 0;
    int max_threads = 1024;                                 ///< .maxntid, .reqntid.
    std::shared_ptr<const std::vector<std::string>> source; ///< The module's lines.
};

/// A variable of the module in global or constant memory.
struct Variable {
    std::string name;
    Space space = Space::Global;
    int align = 1;
    std::vector<uint8_t> bytes;
    uint64_t address = 0; ///< Where the loader puts it.
};

struct Module {
    std::string target; ///< "sm_80".
    int capability = 0; ///< 80.
    std::vector<std::unique_ptr<Kernel>> kernels;
    std::vector<Variable> variables;
};

} // namespace octet::ptx
