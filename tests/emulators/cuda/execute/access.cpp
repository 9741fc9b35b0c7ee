#include "access.h"

#include "../memory/spaces.h"

#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

[[noreturn]] void out_of(Warp &warp, const Instruction &i, int lane, const char *memory,
                         uint64_t at, int bytes, uint64_t size) {
    warp.fault(i, FaultKind::OutOfBounds, lane,
               fmt::format("{} bytes at offset {} of {} bytes of {} memory", bytes,
                           static_cast<int64_t>(at), size, memory),
               at);
}

[[noreturn]] void global_fault(Warp &warp, const Instruction &i, int lane, uint64_t address,
                               int bytes) {
    const GlobalMemory &memory = warp.block.launch.memory;
    warp.fault(i, memory.was_freed(address) ? FaultKind::UseAfterFree : FaultKind::OutOfBounds,
               lane, memory.describe(address, bytes), address);
}

// Whether all bytes are in the state Written; at most 16 of them, a power of two.
bool all_written(const ByteState *states, int bytes) {
    uint64_t word[2] = {0x0101010101010101, 0x0101010101010101};
    std::memcpy(word, states, bytes);
    return word[0] == 0x0101010101010101 && word[1] == 0x0101010101010101;
}

} // namespace

Place locate(Warp &warp, const Instruction &i, int lane, Space space, uint64_t address, int bytes) {
    Block &block = warp.block;
    if (address % bytes)
        warp.fault(i, FaultKind::Misaligned, lane,
                   fmt::format("the address is not a multiple of {}", bytes), address);
    if (space == Space::Generic) {
        if (address - shared_window < window_bytes) {
            space = Space::Shared;
            address -= shared_window;
        } else if (address - local_window < window_bytes) {
            space = Space::Local;
            address -= local_window;
        } else {
            space = Space::Global;
        }
    }
    if (space == Space::Shared) {
        const uint64_t size = block.shared.size();
        if (address > size || size - address < static_cast<uint64_t>(bytes))
            out_of(warp, i, lane, "shared", address, bytes, size);
        return {space, block.shared.bytes() + address, block.shared.states() + address,
                static_cast<int>(address)};
    }
    if (space == Space::Local) {
        const uint64_t size = block.kernel.local_bytes;
        if (address > size || size - address < static_cast<uint64_t>(bytes))
            out_of(warp, i, lane, "local", address, bytes, size);
        const size_t at = warp.thread(lane) * size + address;
        return {space, block.local.data() + at, block.local_states.data() + at, 0};
    }
    const Allocation *allocation = block.recent;
    if (!allocation || !allocation->contains(address, bytes)) {
        allocation = block.launch.memory.find(address, bytes);
        if (!allocation)
            global_fault(warp, i, lane, address, bytes);
        block.recent = allocation;
    }
    const uint64_t at = address - allocation->address;
    return {allocation->is_constant ? Space::Const : Space::Global, allocation->bytes.get() + at,
            allocation->states.get() + at, 0};
}

void check_read(Warp &warp, const Instruction &i, int lane, const Place &place, uint64_t address,
                int bytes) {
    Block &block = warp.block;
    if (!all_written(place.states, bytes)) {
        for (int n = 0; n < bytes; n++) {
            if (place.states[n] == ByteState::Pending)
                warp.fault(i, FaultKind::PendingCopy, lane,
                           fmt::format("byte {} of {} has no wait behind its cp.async", n, bytes),
                           address);
            if (place.states[n] == ByteState::Unwritten && block.launch.checks.uninitialized)
                warp.fault(i, FaultKind::UninitializedMemory, lane,
                           fmt::format("byte {} of {} was never written", n, bytes), address);
        }
    }
    if (place.space == Space::Shared && block.launch.checks.races) {
        const int other = block.shared.read(warp.thread(lane), place.shared, bytes);
        if (other >= 0)
            warp.fault(
                i, FaultKind::Race, lane,
                fmt::format("thread {} of the block reads what thread {} has written without "
                            "a barrier in between",
                            warp.thread(lane), other),
                address);
    }
}

void check_write(Warp &warp, const Instruction &i, int lane, const Place &place, uint64_t address,
                 int bytes, const uint8_t *value) {
    Block &block = warp.block;
    if (place.space == Space::Const)
        warp.fault(i, FaultKind::ReadOnly, lane, "the address is a constant's", address);
    if (place.space != Space::Shared)
        return;
    for (int n = 0; n < bytes; n++)
        if (place.states[n] == ByteState::Pending)
            warp.fault(i, FaultKind::PendingCopy, lane,
                       fmt::format("byte {} of {} is overwritten before the wait of its cp.async",
                                   n, bytes),
                       address);
    if (!block.launch.checks.races)
        return;
    const int other = block.shared.write(warp.thread(lane), place.shared, bytes, value);
    if (other >= 0)
        warp.fault(
            i, FaultKind::Race, lane,
            fmt::format("thread {} of the block writes what thread {} has accessed without a "
                        "barrier in between",
                        warp.thread(lane), other),
            address);
}

void mark_written(const Place &place, int bytes) {
    std::memset(place.states, static_cast<int>(ByteState::Written), bytes);
}

} // namespace octet::ptx
