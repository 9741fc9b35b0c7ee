// What a kernel did wrong, and where: the report of every check.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <string>

namespace octet::ptx {

enum class FaultKind {
    OutOfBounds,
    UseAfterFree,
    Misaligned,
    UninitializedMemory,
    UninitializedRegister,
    Race,
    PendingCopy,
    PendingProduct,
    MissingFence,
    BarrierDivergence,
    WarpDivergence,
    Parameter,
    ReadOnly,
    InstructionLimit,
    Trap,
    Count
};

/// "shared memory race" and the like.
const char *name(FaultKind kind);

/// One fault. The first one of a launch ends it.
struct Fault : std::exception {
    FaultKind kind;
    std::string kernel, reason, source;
    int line = 0;
    std::array<unsigned, 3> block{}, thread{};
    uint64_t address = 0;
    bool has_address = false;

    /// One line: kernel, what, PTX line, block, thread, address.
    std::string text() const;
    const char *what() const noexcept override { return reason.c_str(); }
};

} // namespace octet::ptx
