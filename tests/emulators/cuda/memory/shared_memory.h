// The shared memory of a block: bytes, their states, and who touched each of them last.
//
// Two accesses of different threads to one byte, one of them a write, are a race unless a barrier
// lies between them (clocks.h). Writing the value that is there already is none: whatever the
// order, the outcome is the same.
#pragma once

#include "clocks.h"
#include "global_memory.h"

#include <vector>

namespace octet::ptx {

class SharedMemory {
public:
    /// Forgets what the block before has left.
    void restart(int bytes);

    int size() const { return size_; }
    uint8_t *bytes() { return bytes_.data(); }
    ByteState *states() { return states_.data(); }
    Clocks &clocks() { return clocks_; }

    /// The thread that this read races with, or -1. Threads are numbered in the block.
    int read(int thread, int at, int count);

    /// The same for a write of these bytes, which are not stored yet; a null pointer for bytes that
    /// are not known yet.
    int write(int thread, int at, int count, const uint8_t *value);

    /// Who wrote a byte last, and when on the clock of his warp; thread -1 if nobody did.
    struct Write {
        int thread = -1;
        uint32_t time = 0;
    };
    Write last_write(int at) const { return {touches_[at].writer - 1, touches_[at].write_time}; }

    /// A number that changes when someone writes one of these bytes.
    uint64_t version(int at, int count) const;

private:
    static constexpr uint16_t nobody = 0, several = 0xffff;
    struct Touch {
        uint16_t writer = nobody, reader = nobody; ///< The thread plus one.
        uint32_t write_time = 0, read_time = 0;
        uint32_t reader_warps = 0;
    };
    bool seen_readers(const Touch &touch, int thread) const;

    int size_ = 0;
    std::vector<uint8_t> bytes_;
    std::vector<ByteState> states_;
    std::vector<Touch> touches_;
    Clocks clocks_;
};

} // namespace octet::ptx
