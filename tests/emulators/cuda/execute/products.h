// Asynchronous matrix products of a warp (wgmma) that nobody has waited for.
//
// The emulator has computed them already, but on a card their registers and their operands in
// shared memory are in use until wgmma.wait_group; and a product may only use registers that were
// written before the last wgmma.fence.
#pragma once

#include "../ptx/program.h"

#include <vector>

namespace octet::ptx {

struct PendingProduct {
    const Instruction *instruction = nullptr;
    uint64_t group = 0;
    struct Operand {
        int at = 0;           ///< The shared address of 16 bytes.
        uint64_t version = 0; ///< SharedMemory::version when the product started.
    };
    std::vector<Operand> operands;
};

class PendingProducts {
public:
    void restart(int register_bytes);

    void start(PendingProduct product);
    void commit() { committed_++; }

    /// Those whose group is not among the latest `keep`, which end here.
    std::vector<PendingProduct> wait(uint64_t keep);

    bool is_in_use(Slot slot) const { return slot >= 0 && in_use_[slot / 64]; }

    /// Other instructions than products have written a register; a fence makes it usable.
    void wrote(Slot slot) {
        if (slot >= 0)
            unfenced_[slot / 64] = true;
    }
    void fence() { unfenced_.assign(unfenced_.size(), false); }
    bool is_unfenced(Slot slot) const { return slot >= 0 && unfenced_[slot / 64]; }

private:
    std::vector<PendingProduct> products_;
    std::vector<int> in_use_; ///< By slot / 64: how many products use it.
    std::vector<bool> unfenced_;
    uint64_t committed_ = 0;
};

} // namespace octet::ptx
