#include "warp.h"

#include "block.h"

#include "../ptx/registers.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

constexpr uint8_t poison = 0xdb;
// A warp that only waits in a loop must let the others work now and then.
constexpr uint64_t turn = 1 << 20;

} // namespace

Warp::Warp(Block &block, int number) : block(block), number(number) {
    const int threads = std::min(block.threads() - number * warp_size, warp_size);
    present = all_lanes >> (warp_size - threads);
    const Kernel &kernel = block.kernel;
    file_.resize((kernel.preset_bytes + kernel.register_bytes) / 8 + 16);
    auto start = reinterpret_cast<uintptr_t>(file_.data());
    middle_ = reinterpret_cast<uint8_t *>((start + 63) / 64 * 64 + kernel.preset_bytes);
    if (!kernel.register_uses.empty())
        written_.resize(kernel.register_bytes / 64);
    std::copy(kernel.preset.begin(), kernel.preset.end(), middle_ - kernel.preset_bytes);
}

void Warp::start() {
    std::memset(middle_, poison, block.kernel.register_bytes);
    std::fill(written_.begin(), written_.end(), 0);
    preset();
    ways_.assign(1, {0, static_cast<int>(block.kernel.code.size()), present});
    state = State::Ready;
    exited = 0;
    executed_ = 0;
    barrier = -1;
    copies.clear();
    if (!written_.empty())
        products.restart(block.kernel.register_bytes);
    std::fill(proxy_fence, proxy_fence + warp_size, 0);
    std::fill(committed, committed + warp_size, 0);
}

void Warp::preset() {
    const std::array<unsigned, 3> &extent = block.launch.block, &grid = block.launch.grid;
    for (auto [slot, special] : block.kernel.specials) {
        for (int lane = 0; lane < warp_size; lane++) {
            const unsigned t = thread(lane), bit = 1u << lane;
            const unsigned values[] = {t % extent[0],
                                       t / extent[0] % extent[1],
                                       t / extent[0] / extent[1],
                                       extent[0],
                                       extent[1],
                                       extent[2],
                                       block.index[0],
                                       block.index[1],
                                       block.index[2],
                                       grid[0],
                                       grid[1],
                                       grid[2],
                                       static_cast<unsigned>(lane),
                                       static_cast<unsigned>(number),
                                       static_cast<unsigned>(block.warps()),
                                       0,
                                       bit,
                                       bit - 1,
                                       bit | (bit - 1),
                                       ~(bit | (bit - 1)),
                                       ~(bit - 1),
                                       static_cast<unsigned>(block.launch.dynamic_shared),
                                       static_cast<unsigned>(block.shared.size())};
            lanes<uint32_t>(slot)[lane] = values[static_cast<int>(special)];
        }
    }
}

void Warp::run() {
    const Instruction *code = block.kernel.code.data();
    Counters::Executed *counts = block.counters.executed.data();
    const uint64_t limit = block.launch.instruction_limit;
    yields_ = false;
    barrier = -1;
    for (uint64_t turn_end = executed_ + turn; state == State::Ready; executed_++) {
        Way &way = ways_.back();
        at_ = way.next;
        const Instruction &i = code[at_];
        active = way.lanes;
        if (i.guard != no_slot)
            active &= i.guard_negated ? ~predicate(i.guard) : predicate(i.guard);
        counts[at_].warps++;
        counts[at_].lanes += std::popcount(active);
        next = at_ + 1;
        if (active) {
            if (i.tracked) [[unlikely]] {
                check_registers(i);
                i.run(*this, i);
                mark_registers(i);
            } else {
                i.run(*this, i);
            }
        }
        // Branches and exits change the ways themselves and leave `next` at -1.
        if (next >= 0) {
            ways_.back().next = next;
            if (next == ways_.back().meet) [[unlikely]]
                leave_finished_ways();
        }
        if (yields_ || executed_ >= turn_end) [[unlikely]] {
            if (executed_ >= limit)
                fault(i, FaultKind::InstructionLimit, -1,
                      fmt::format("a warp has executed {} instructions", executed_));
            executed_++;
            return;
        }
    }
}

void Warp::branch(const Instruction &i) {
    Way &way = ways_.back();
    if (active == way.lanes) {
        next = i.target;
        return;
    }
    const Lanes taken = active, others = way.lanes & ~active;
    const int after = at_ + 1, meet = i.meet;
    next = -1;
    if (meet == way.meet)
        ways_.pop_back(); // Both ways end where this one does.
    else
        way.next = meet;
    if (after != meet)
        ways_.push_back({after, meet, others});
    if (i.target != meet)
        ways_.push_back({i.target, meet, taken});
    // One of the two may be at the meeting point already, and with it the way that was left.
    leave_finished_ways();
}

void Warp::exit() {
    exited |= active;
    for (Way &way : ways_)
        way.lanes &= ~active;
    // Lanes whose guard was false go on behind the exit.
    ways_.back().next = next;
    next = -1;
    leave_finished_ways();
}

void Warp::leave_finished_ways() {
    while (!ways_.empty() && (!ways_.back().lanes || ways_.back().next == ways_.back().meet))
        ways_.pop_back();
    if (ways_.empty())
        state = State::Done;
}

void Warp::wait(int id) {
    barrier = id;
    state = State::AtBarrier;
}

void Warp::addresses(const Instruction &i, Slot slot, uint64_t *result) {
    if (i.wide_address) {
        const uint64_t *base = lanes<uint64_t>(slot);
        for (int lane = 0; lane < warp_size; lane++)
            result[lane] = base[lane] + i.offset;
    } else {
        const uint32_t *base = lanes<uint32_t>(slot);
        for (int lane = 0; lane < warp_size; lane++)
            result[lane] = static_cast<uint32_t>(base[lane] + i.offset);
    }
}

void Warp::check_registers(const Instruction &i) {
    const RegisterUse &use = block.kernel.register_uses.at(at_);
    if (!i.is_asynchronous)
        for (const std::vector<Slot> *slots : {&use.reads, &use.writes})
            for (Slot slot : *slots)
                if (products.is_in_use(slot))
                    fault(i, FaultKind::PendingProduct, -1,
                          "register " + block.kernel.register_names.at(slot));
    if (!block.launch.checks.uninitialized)
        return;
    for (Slot slot : use.reads)
        if (Lanes missing = active & ~written_[slot / 64])
            fault(i, FaultKind::UninitializedRegister, std::countr_zero(missing),
                  "register " + block.kernel.register_names.at(slot));
}

void Warp::mark_registers(const Instruction &i) {
    const int index = static_cast<int>(&i - block.kernel.code.data());
    for (Slot slot : block.kernel.register_uses.at(index).writes) {
        written_[slot / 64] |= active;
        if (!i.is_asynchronous)
            products.wrote(slot);
    }
}

void Warp::need_all_lanes(const Instruction &i) {
    if (active != all_lanes)
        fault(i, FaultKind::WarpDivergence, std::countr_zero(~active),
              fmt::format("{} of 32 lanes execute it", std::popcount(active)));
}

const Instruction &Warp::current() const {
    return block.kernel.code[at_];
}

void Warp::fault(const Instruction &i, FaultKind kind, int lane, const std::string &reason) {
    Fault fault;
    fault.kind = kind;
    fault.reason = reason;
    throw_fault(fault, i, lane);
}

void Warp::fault(const Instruction &i, FaultKind kind, int lane, const std::string &reason,
                 uint64_t address) {
    Fault fault;
    fault.kind = kind;
    fault.reason = reason;
    fault.address = address;
    fault.has_address = true;
    throw_fault(fault, i, lane);
}

void Warp::throw_fault(Fault fault, const Instruction &i, int lane) {
    const Kernel &kernel = block.kernel;
    fault.kernel = kernel.name;
    fault.line = i.line;
    if (i.line > 0 && i.line <= static_cast<int>(kernel.source->size()))
        fault.source = (*kernel.source)[i.line - 1];
    fault.block = block.index;
    const unsigned t = thread(lane >= 0 ? lane : active ? std::countr_zero(active) : 0);
    const std::array<unsigned, 3> &extent = block.launch.block;
    fault.thread = {t % extent[0], t / extent[0] % extent[1], t / extent[0] / extent[1]};
    throw fault;
}

} // namespace octet::ptx
