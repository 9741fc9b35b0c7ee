// The card's global memory: allocations with gaps between them and a state per byte.
//
// Addresses grow and are never given out twice, so an access to freed memory is recognized for what
// it is. Each byte knows whether anyone has written it. Kernels only look up; allocating and
// freeing is the driver's, which runs no kernel meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace octet::ptx {

/// What is known about a byte of any memory.
enum class ByteState : uint8_t { Unwritten = 0, Written = 1, Pending = 2 };

struct Allocation {
    uint64_t address = 0;
    uint64_t size = 0;
    bool is_live = true;
    bool is_constant = false;
    std::unique_ptr<uint8_t[]> bytes;
    std::unique_ptr<ByteState[]> states;

    bool contains(uint64_t at, uint64_t count) const {
        return at >= address && count <= size && at - address <= size - count;
    }
};

class GlobalMemory {
public:
    explicit GlobalMemory(uint64_t limit) : limit_(limit) {}

    /// Null if the limit would be exceeded.
    Allocation *allocate(uint64_t size);

    /// False if there is no live allocation that starts here.
    bool free(uint64_t address);

    /// The live allocation that holds all these bytes, or nullptr.
    Allocation *find(uint64_t address, uint64_t count) const;

    /// What lies at an address that `find` refused, in words.
    std::string describe(uint64_t address, uint64_t count) const;

    /// Whether the address lies in memory that was freed.
    bool was_freed(uint64_t address) const;

    uint64_t limit() const { return limit_; }
    uint64_t used() const { return used_; }

private:
    const Allocation *at_or_below(uint64_t address) const;

    uint64_t limit_, used_ = 0, next_ = 0;
    std::map<uint64_t, std::unique_ptr<Allocation>> allocations_;
};

} // namespace octet::ptx
