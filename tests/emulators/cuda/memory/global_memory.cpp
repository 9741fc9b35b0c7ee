#include "global_memory.h"

#include "spaces.h"

#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

// What cuMemAlloc aligns to, and the least gap between two allocations: larger than what an index
// that is off by a row of an image would jump over.
constexpr uint64_t alignment = 512, gap = 64 << 10;
constexpr uint8_t poison = 0xcd;

} // namespace

Allocation *GlobalMemory::allocate(uint64_t size) {
    if (size > limit_ - used_)
        return nullptr;
    auto allocation = std::make_unique<Allocation>();
    allocation->address = global_base + next_;
    allocation->size = size;
    allocation->bytes.reset(new uint8_t[size]);
    std::memset(allocation->bytes.get(), poison, size);
    allocation->states.reset(new ByteState[size]());
    next_ += (size + gap + alignment - 1) / alignment * alignment;
    used_ += size;
    Allocation *result = allocation.get();
    allocations_[result->address] = std::move(allocation);
    return result;
}

bool GlobalMemory::free(uint64_t address) {
    auto found = allocations_.find(address);
    if (found == allocations_.end() || !found->second->is_live)
        return false;
    Allocation &allocation = *found->second;
    allocation.is_live = false;
    allocation.bytes.reset();
    allocation.states.reset();
    used_ -= allocation.size;
    return true;
}

const Allocation *GlobalMemory::at_or_below(uint64_t address) const {
    auto above = allocations_.upper_bound(address);
    return above == allocations_.begin() ? nullptr : std::prev(above)->second.get();
}

Allocation *GlobalMemory::find(uint64_t address, uint64_t count) const {
    const Allocation *allocation = at_or_below(address);
    if (!allocation || !allocation->is_live || !allocation->contains(address, count))
        return nullptr;
    return const_cast<Allocation *>(allocation);
}

bool GlobalMemory::was_freed(uint64_t address) const {
    const Allocation *allocation = at_or_below(address);
    return allocation && !allocation->is_live && address - allocation->address < allocation->size;
}

std::string GlobalMemory::describe(uint64_t address, uint64_t count) const {
    auto above = allocations_.upper_bound(address);
    const Allocation *below = at_or_below(address);
    const Allocation *next = above == allocations_.end() ? nullptr : above->second.get();
    if (below && address - below->address < below->size)
        return fmt::format("{} bytes at offset {} of {} bytes{}", count, address - below->address,
                           below->size, below->is_live ? "" : " that were freed");
    if (below && (!next || address - below->address - below->size < next->address - address))
        return fmt::format("{} bytes, {} behind the end of an allocation of {}", count,
                           address - below->address - below->size, below->size);
    if (next)
        return fmt::format("{} bytes, {} before an allocation of {}", count,
                           next->address - address, next->size);
    return fmt::format("{} bytes where there is no allocation", count);
}

} // namespace octet::ptx
