// What has happened before what between the warps of a block.
//
// Vector clocks: clock(me, w) is the time of warp w up to which warp `me` has seen its work. A
// warp's own time goes on at each synchronization. An access at time t of another warp happened
// before now if it was seen; one of another lane of the same warp, if the warp has synchronized
// since.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace octet::ptx {

constexpr int max_warps = 32;

class Clocks {
public:
    using Times = std::array<uint32_t, max_warps>;

    /// A new block starts: all that was before has happened.
    void restart() {
        uint32_t base = latest_;
        for (int w = 0; w < max_warps; w++) {
            times_[w].fill(base);
            times_[w][w] = base + 1;
        }
        latest_ = base + 1;
    }

    uint32_t now(int warp) const { return times_[warp][warp]; }

    bool has_seen(int warp, int other, uint32_t time) const {
        return warp == other ? time < times_[warp][warp] : time <= times_[warp][other];
    }

    /// The warp tells what it has seen (an arrival, a release).
    void give(int warp, Times &board) {
        for (int w = 0; w < max_warps; w++)
            board[w] = std::max(board[w], times_[warp][w]);
        step(warp);
    }

    /// The warp learns what others have told (a wait, an acquire).
    void take(int warp, const Times &board) {
        for (int w = 0; w < max_warps; w++)
            if (w != warp)
                times_[warp][w] = std::max(times_[warp][w], board[w]);
    }

    /// The lanes of a warp have synchronized.
    void step(int warp) { latest_ = std::max(latest_, ++times_[warp][warp]); }

private:
    std::array<Times, max_warps> times_{};
    uint32_t latest_ = 0;
};

} // namespace octet::ptx
