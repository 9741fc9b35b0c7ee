// Reads and writes of one lane, with all their checks: bounds, alignment, initialization, races.
#pragma once

#include "block.h"

namespace octet::ptx {

/// Memory that was found to be there.
struct Place {
    Space space; ///< Never Generic.
    uint8_t *bytes;
    ByteState *states;
    int shared; ///< The offset in shared memory.
};

/// Resolves an address of any space, or faults. `bytes` is also the alignment that it needs.
Place locate(Warp &warp, const Instruction &i, int lane, Space space, uint64_t address, int bytes);

/// Faults if a byte was never written or is still on its way; and if it races.
void check_read(Warp &warp, const Instruction &i, int lane, const Place &place, uint64_t address,
                int bytes);

/// Faults if the write races or the memory is constant.
void check_write(Warp &warp, const Instruction &i, int lane, const Place &place, uint64_t address,
                 int bytes, const uint8_t *value);

void mark_written(const Place &place, int bytes);

} // namespace octet::ptx
