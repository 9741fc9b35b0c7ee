#include "shared_memory.h"

#include <array>
#include <bit>
#include <cstring>

namespace octet::ptx {
namespace {

constexpr uint8_t poison = 0xcb;
constexpr int lanes_of_a_warp = 32;

} // namespace

void SharedMemory::restart(int bytes) {
    size_ = bytes;
    bytes_.assign(bytes, poison);
    states_.assign(bytes, ByteState::Unwritten);
    if (touches_.size() < static_cast<size_t>(bytes))
        touches_.resize(bytes);
    clocks_.restart();
}

bool SharedMemory::seen_readers(const Touch &touch, int thread) const {
    if (touch.reader == nobody || touch.reader == thread + 1)
        return true;
    for (uint32_t warps = touch.reader_warps; warps; warps &= warps - 1)
        if (!clocks_.has_seen(thread / lanes_of_a_warp, std::countr_zero(warps), touch.read_time))
            return false;
    return true;
}

uint64_t SharedMemory::version(int at, int count) const {
    uint64_t version = 0;
    for (int n = at; n < at + count; n++)
        version = version * 31 + (uint64_t{touches_[n].write_time} << 16 | touches_[n].writer);
    return version;
}

int SharedMemory::read(int thread, int at, int count) {
    const int warp = thread / lanes_of_a_warp;
    const uint32_t now = clocks_.now(warp);
    // The bytes of an access mostly have the same past, so what was found for one holds for the
    // next; they are compared and stored as two words.
    using Words = std::array<uint64_t, 2>;
    static_assert(sizeof(Touch) == sizeof(Words));
    Words before{}, after{};
    Touch *touches = touches_.data() + at;
    for (int n = 0; n < count; n++) {
        Words words;
        std::memcpy(&words, &touches[n], sizeof words);
        if (n == 0 || words[0] != before[0] || words[1] != before[1]) {
            before = words;
            Touch touch = std::bit_cast<Touch>(words);
            if (touch.writer != nobody && touch.writer != thread + 1 &&
                !clocks_.has_seen(warp, (touch.writer - 1) / lanes_of_a_warp, touch.write_time))
                return touch.writer - 1;
            if (seen_readers(touch, thread)) {
                touch.reader = static_cast<uint16_t>(thread + 1);
                touch.reader_warps = 0;
                touch.read_time = now;
            } else {
                touch.reader = several;
                touch.read_time = std::max(touch.read_time, now);
            }
            touch.reader_warps |= 1u << warp;
            after = std::bit_cast<Words>(touch);
        }
        std::memcpy(static_cast<void *>(&touches[n]), &after, sizeof after);
    }
    return -1;
}

int SharedMemory::write(int thread, int at, int count, const uint8_t *value) {
    const int warp = thread / lanes_of_a_warp;
    const uint32_t now = clocks_.now(warp);
    for (int n = 0; n < count; n++) {
        Touch &touch = touches_[at + n];
        int other = -1;
        if (touch.writer != nobody && touch.writer != thread + 1 &&
            !clocks_.has_seen(warp, (touch.writer - 1) / lanes_of_a_warp, touch.write_time))
            other = touch.writer - 1;
        else if (!seen_readers(touch, thread))
            other = touch.reader == several ? std::countr_zero(touch.reader_warps) * lanes_of_a_warp
                                            : touch.reader - 1;
        if (other >= 0) {
            if (value && states_[at + n] == ByteState::Written && bytes_[at + n] == value[n])
                continue;
            return other;
        }
        touch.writer = static_cast<uint16_t>(thread + 1);
        touch.write_time = now;
        touch.reader = nobody;
    }
    return -1;
}

} // namespace octet::ptx
