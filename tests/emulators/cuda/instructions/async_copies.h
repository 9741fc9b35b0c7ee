// The arrival of asynchronous copies, for the waits of cp.async and of mbarriers.
#pragma once

#include "../execute/access.h"
#include "../ptx/decoder.h"

namespace octet::ptx {

/// Lets the copies of each lane arrive whose group is below the lane's number.
void land_copies(Warp &warp, const Instruction &i, const uint64_t *below);

/// cp.async.mbarrier.arrive, in mbarriers.cpp.
void decode_mbarrier_copy(Decoder &d);

} // namespace octet::ptx
