#include "fault.h"

#include <fmt/format.h>

namespace octet::ptx {

const char *name(FaultKind kind) {
    switch (kind) {
    case FaultKind::OutOfBounds:
        return "access out of bounds";
    case FaultKind::UseAfterFree:
        return "use after free";
    case FaultKind::Misaligned:
        return "misaligned access";
    case FaultKind::UninitializedMemory:
        return "read of uninitialized memory";
    case FaultKind::UninitializedRegister:
        return "read of an uninitialized register";
    case FaultKind::Race:
        return "shared memory race";
    case FaultKind::PendingCopy:
        return "data of an asynchronous copy used before its wait";
    case FaultKind::PendingProduct:
        return "register of an asynchronous product touched before its wait";
    case FaultKind::MissingFence:
        return "fence is missing";
    case FaultKind::BarrierDivergence:
        return "barrier that not all threads reach";
    case FaultKind::WarpDivergence:
        return "warp instruction without all of its threads";
    case FaultKind::Parameter:
        return "parameter out of range";
    case FaultKind::ReadOnly:
        return "write to constant memory";
    case FaultKind::InstructionLimit:
        return "instruction limit reached";
    case FaultKind::Trap:
        return "trap";
    case FaultKind::Count:
        break;
    }
    return "fault";
}

std::string Fault::text() const {
    std::string at = has_address ? fmt::format(", address {:#x}", address) : "";
    return fmt::format(
        "kernel {}: {}: {}; PTX line {} `{}`, block ({}, {}, {}), thread ({}, {}, {}){}", kernel,
        name(kind), reason, line, source, block[0], block[1], block[2], thread[0], thread[1],
        thread[2], at);
}

} // namespace octet::ptx
