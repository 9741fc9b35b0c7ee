// wgmma.mma_async of 8-bit integers: m64nNk32, N = 8, 16, ..., 256, B in shared memory, A there or
// in registers.
//
// Each of the four warps of a warpgroup owns 16 rows of A and D. Fragments of A and D are those of
// mma.sync with D continued to the right: register r holds row group + 8 (r / 2 % 2) and column
// 8 (r / 4) + 2 thread + r % 2. Operands in shared memory are described by 64 bits: start, leading
// offset and stride offset, each divided by 16, and the swizzle. Both operands are K-major:
//   without swizzle  8 rows of 16 bytes are one block of 128 bytes; the leading offset leads to the
//                    next 16 bytes of the rows, the stride offset to the next 8 rows;
//   with swizzle     a row takes the swizzle's 32, 64 or 128 bytes, the stride offset leads to the
//                    next 8 rows, and 16-byte chunks are permuted: bits 4... of the address are
//                    xored with bits 7....
// The product is computed where it is issued. That it is complete only after wgmma.wait_group is
// kept in mind (execute/products.h): until then nobody may touch its registers or overwrite its
// operands, and ordinary stores to these need fence.proxy.async behind them or before the product.
#include "instructions.h"

#include "../execute/access.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

constexpr int depth = 32; // Bytes of k.
enum Option { SignedA = 1, SignedB = 2, Saturated = 4, RegistersA = 8, NegatedScale = 16 };

class Descriptor {
public:
    explicit Descriptor(uint64_t bits)
        : start_(field(bits, 0)), leading_(field(bits, 16)), stride_(field(bits, 32)),
          swizzle_(static_cast<int>(bits >> 62)) {}

    /// The shared address of 16 bytes: chunk 0 or 1 of a row.
    uint64_t chunk(int row, int chunk) const {
        if (swizzle_ == 0)
            return start_ + row / 8 * stride_ + row % 8 * 16 + chunk * leading_;
        const uint64_t width = uint64_t{256} >> swizzle_; // 1: 128, 2: 64, 3: 32.
        const uint64_t address = start_ + row / 8 * stride_ + row % 8 * width + chunk * 16;
        const uint64_t chunks = width / 16 - 1;
        return address ^ (address >> 7 & chunks) << 4;
    }

private:
    static uint64_t field(uint64_t bits, int at) { return (bits >> at & 0x3fff) << 4; }
    uint64_t start_, leading_, stride_;
    int swizzle_;
};

using Row = int16_t[depth];

void widen(const uint8_t *bytes, int count, bool is_signed, int16_t *to) {
    for (int n = 0; n < count; n++)
        to[n] = is_signed ? static_cast<int8_t>(bytes[n]) : bytes[n];
}

// Stores are seen by products if the thread that stored has executed the fence since, or if this
// warp has since its last barrier.
void check_fence(Warp &warp, const Instruction &i, uint64_t address) {
    Block &block = warp.block;
    if (!block.launch.checks.races || warp.proxy_fence[0] == block.shared.clocks().now(warp.number))
        return;
    for (int n = 0; n < 16; n++) {
        const SharedMemory::Write write = block.shared.last_write(static_cast<int>(address) + n);
        if (write.thread >= 0 &&
            block.warp(write.thread / warp_size).proxy_fence[write.thread % warp_size] < write.time)
            warp.fault(i, FaultKind::MissingFence, 0,
                       fmt::format("thread {} has stored an operand without fence.proxy.async",
                                   write.thread),
                       address);
    }
}

void load(Warp &warp, const Instruction &i, uint64_t bits, int first, int rows, bool is_signed,
          Row *to, std::vector<PendingProduct::Operand> &operands) {
    const Descriptor descriptor(bits);
    for (int row = 0; row < rows; row++)
        for (int chunk = 0; chunk < 2; chunk++) {
            const uint64_t at = descriptor.chunk(first + row, chunk);
            const Place place = locate(warp, i, 0, Space::Shared, at, 16);
            check_read(warp, i, 0, place, at, 16);
            check_fence(warp, i, at);
            operands.push_back({place.shared, warp.block.shared.version(place.shared, 16)});
            widen(place.bytes, 16, is_signed, to[row] + 16 * chunk);
        }
}

// Slots: 0 descriptor of A or none, 1 descriptor of B, 2 scale-d. Lists: D, then A's registers.
void run_product(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    const int columns = static_cast<int>(i.offset);
    PendingProduct pending{&i, 0, {}};
    for (Slot slot : i.lists)
        if (warp.products.is_unfenced(slot))
            warp.fault(i, FaultKind::MissingFence, 0,
                       "a register was written behind the last wgmma.fence");
    Row a[16], b[256];
    if (i.option & RegistersA) {
        for (int r = 0; r < 4; r++) {
            const uint32_t *words = warp.lanes<uint32_t>(i.lists[columns / 2 + r]);
            for (int lane = 0; lane < warp_size; lane++) {
                uint8_t bytes[4];
                std::memcpy(bytes, &words[lane], 4);
                widen(bytes, 4, i.option & SignedA,
                      a[lane / 4 + 8 * (r % 2)] + lane % 4 * 4 + 16 * (r / 2));
            }
        }
    } else {
        load(warp, i, warp.lanes<uint64_t>(i.slot[0])[0], warp.number % 4 * 16, 16,
             i.option & SignedA, a, pending.operands);
    }
    load(warp, i, warp.lanes<uint64_t>(i.slot[1])[0], 0, columns, i.option & SignedB, b,
         pending.operands);
    const bool accumulate = (warp.predicate(i.slot[2]) & 1) != ((i.option & NegatedScale) != 0);
    for (int r = 0; r < columns / 2; r++) {
        int32_t *sums = warp.lanes<int32_t>(i.lists[r]);
        for (int lane = 0; lane < warp_size; lane++) {
            const int16_t *row = a[lane / 4 + 8 * (r / 2 % 2)];
            const int16_t *column = b[8 * (r / 4) + lane % 4 * 2 + r % 2];
            int64_t sum = 0;
            int32_t product = 0;
            for (int k = 0; k < depth; k++)
                product += row[k] * column[k];
            sum = int64_t{accumulate ? sums[lane] : 0} + product;
            if (i.option & Saturated)
                sum = std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX);
            sums[lane] = static_cast<int32_t>(sum);
        }
    }
    warp.products.start(std::move(pending));
}

void run_fence(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    warp.products.fence();
}

void run_commit(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    warp.products.commit();
}

// The operands are read until now, so nobody may have written them meanwhile.
void run_wait(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    const SharedMemory &shared = warp.block.shared;
    for (const PendingProduct &product : warp.products.wait(static_cast<uint64_t>(i.option)))
        for (const PendingProduct::Operand &operand : product.operands)
            if (warp.block.launch.checks.races && shared.version(operand.at, 16) != operand.version)
                warp.fault(*product.instruction, FaultKind::Race, 0,
                           fmt::format("thread {} has overwritten an operand before the wait",
                                       shared.last_write(operand.at).thread),
                           operand.at);
}

void decode_warpgroup(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Matrix;
    const bool known = d.opcode.take("sync") && d.opcode.take("aligned");
    const int what = d.opcode.take_one_of({"fence", "commit_group", "wait_group"});
    if (what >= 0) {
        i.counted_as = Class::Barrier;
        if (what == 2)
            i.option = static_cast<int>(d.constant(0));
        i.run = what == 0 ? run_fence : what == 1 ? run_commit : run_wait;
        return;
    }
    d.opcode.take("mma_async");
    const std::string shape = d.opcode.take_first();
    i.option = d.opcode.take("satfinite") ? Saturated : 0;
    const Type of_d = d.opcode.take_type(), of_a = d.opcode.take_type(),
               of_b = d.opcode.take_type();
    int columns = 0;
    if (std::sscanf(shape.c_str(), "m64n%dk32", &columns) != 1 || columns < 8 || columns > 256 ||
        columns % 8 || of_a.bits != 8 || of_b.bits != 8)
        d.fail(d.opcode.text() + " is not supported");
    i.option |= (of_a.is_signed() ? SignedA : 0) | (of_b.is_signed() ? SignedB : 0);
    // The accumulators are read and written.
    if (d.source_list(0, {Kind::Signed, 32}) != static_cast<size_t>(columns / 2))
        d.fail("the accumulator has a wrong number of registers");
    d.use.writes = d.use.reads;
    if (d.operand(1).starts_with('{')) {
        i.option |= RegistersA;
        if (d.source_list(1, {Kind::Bits, 32}) != 4)
            d.fail("the fragment of A has a wrong number of registers");
    } else {
        i.slot[0] = d.source(1, {Kind::Bits, 64});
    }
    i.slot[1] = d.source(2, {Kind::Bits, 64});
    bool negated = false;
    i.slot[2] = d.predicate(3, negated);
    i.option |= negated ? NegatedScale : 0;
    i.offset = columns;
    i.is_asynchronous = true;
    if (known && of_d == Type{Kind::Signed, 32})
        i.run = run_product;
}

} // namespace

void add_warpgroup_products(InstructionTable &table) {
    table["wgmma"] = decode_warpgroup;
}

} // namespace octet::ptx
