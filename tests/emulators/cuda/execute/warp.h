// A warp: 32 threads that execute one instruction at a time.
//
// Where a branch diverges, the ways are executed one after the other until they meet at the
// branch's immediate post-dominator. Handlers of instructions see `active`, the lanes that take
// part; a lane that does not keeps its registers.
#pragma once

#include "fault.h"
#include "products.h"

#include "../ptx/program.h"

#include <string>
#include <vector>

namespace octet::ptx {

class Block;

/// A cp.async of one lane whose data has not arrived: it does so at the wait.
struct PendingCopy {
    int lane = 0, shared = 0, bytes = 0;
    uint64_t group = 0;
    uint8_t data[16] = {};
};

class Warp {
public:
    enum class State { Ready, AtBarrier, Done };

    Warp(Block &block, int number);

    /// At the first instruction of the kernel, for the block that `block` is now.
    void start();

    /// Executes until the warp waits, yields or is done.
    void run();

    template <class T>
    T *lanes(Slot slot) {
        return reinterpret_cast<T *>(middle_ + slot);
    }
    Lanes &predicate(Slot slot) { return *lanes<Lanes>(slot); }

    /// The address operand of the lanes: register + offset.
    void addresses(const Instruction &i, Slot slot, uint64_t *result);

    int thread(int lane) const { return number * warp_size + lane; }

    /// Branches with `taken` of the active lanes.
    void branch(const Instruction &i);
    /// The active lanes return.
    void exit();
    /// Waits at a barrier of the block.
    void wait(int barrier);
    /// Lets the other warps go on, because this one waits for them.
    void yield() { yields_ = true; }

    /// A lane of -1 stands for the first active one.
    [[noreturn]] void fault(const Instruction &i, FaultKind kind, int lane,
                            const std::string &reason);
    [[noreturn]] void fault(const Instruction &i, FaultKind kind, int lane,
                            const std::string &reason, uint64_t address);

    /// Refuses an instruction that all lanes of the warp must execute together.
    void need_all_lanes(const Instruction &i);

    const Instruction &current() const;

    Block &block;
    const int number;
    State state = State::Ready;
    Lanes active = 0;  ///< Lanes that execute the current instruction.
    Lanes present = 0; ///< Lanes that are threads of the block.
    Lanes exited = 0;
    int next = 0; ///< The instruction after the current one.
    int barrier = -1;

    PendingProducts products;
    uint32_t proxy_fence[warp_size] = {}; ///< When each lane executed fence.proxy.async last.

    std::vector<PendingCopy> copies;
    uint64_t committed[warp_size] = {}; ///< Groups of asynchronous copies per lane.

private:
    struct Way {
        int next; ///< Where it goes on.
        int meet; ///< Where it ends.
        Lanes lanes;
    };
    void preset();
    void check_registers(const Instruction &i);
    void mark_registers(const Instruction &i);
    void leave_finished_ways();
    [[noreturn]] void throw_fault(Fault fault, const Instruction &i, int lane);

    std::vector<Way> ways_;
    std::vector<uint64_t> file_;
    uint8_t *middle_ = nullptr;
    std::vector<Lanes> written_; ///< By slot / 64: the lanes that were written, tracked ones only.
    uint64_t executed_ = 0;
    int at_ = 0;
    bool yields_ = false;
};

/// Calls `apply(lane)` for every lane of the mask.
template <class F>
inline void for_lanes(Lanes lanes, F &&apply) {
    for (; lanes; lanes &= lanes - 1)
        apply(__builtin_ctz(lanes));
}

} // namespace octet::ptx
