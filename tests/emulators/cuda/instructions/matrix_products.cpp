// mma.sync of 8-bit integers: m8n8k16, m16n8k16, m16n8k32, accumulators of 32 bits.
//
// Which element lies where, in the words of the PTX ISA: group = lane / 4, thread = lane % 4.
// Register r of A holds row group + 8 (r % 2), columns 4 thread + 16 (r / 2) and the next three
// (for m8n8k16 there is one register). Register r of B holds the same columns as its rows, at
// column `group`. Register r of C and D holds row group + 8 (r / 2), column 2 thread + r % 2.
#include "instructions.h"

#include "../execute/block.h"

#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

struct Shape {
    int m, k;
};
constexpr int n = 8;

// The largest shape's operands, widened so that rows can be multiplied as vectors.
using Row = int16_t[32];

// The four words of a group of lanes are 16 neighbouring bytes of a row.
void widen(const uint32_t *words, bool is_signed, int16_t *to) {
    uint8_t bytes[16];
    std::memcpy(bytes, words, sizeof bytes);
    if (is_signed)
        for (int n = 0; n < 16; n++)
            to[n] = static_cast<int8_t>(bytes[n]);
    else
        for (int n = 0; n < 16; n++)
            to[n] = bytes[n];
}

int32_t product(const Row &a, const Row &b) {
    int32_t sum = 0;
    for (int k = 0; k < 32; k++)
        sum += a[k] * b[k];
    return sum;
}

int32_t clamped(int64_t v) {
    return static_cast<int32_t>(v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX : v);
}

enum Option { SignedA = 1, SignedB = 2, Saturated = 4 };

// Lists: D, A, B, C, one after the other.
template <int m, int k>
void run_product(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    constexpr int of_d = m == 16 ? 4 : 2, of_a = m / 8 * (k / 16), of_b = k / 16;
    const Slot *d = i.lists.data(), *a = d + of_d, *b = a + of_a, *c = b + of_b;
    Row rows[m] = {}, columns[n] = {};
    for (int r = 0; r < of_a; r++)
        for (int group = 0; group < 8; group++)
            widen(warp.lanes<uint32_t>(a[r]) + 4 * group, i.option & SignedA,
                  rows[(m == 16 ? 8 * (r % 2) : 0) + group] + (m == 16 ? 16 * (r / 2) : 0));
    for (int r = 0; r < of_b; r++)
        for (int group = 0; group < 8; group++)
            widen(warp.lanes<uint32_t>(b[r]) + 4 * group, i.option & SignedB,
                  columns[group] + 16 * r);
    int32_t results[of_d][warp_size];
    for (int r = 0; r < of_d; r++) {
        const int32_t *sums = warp.lanes<int32_t>(c[r]);
        for (int lane = 0; lane < warp_size; lane++) {
            const int32_t sum =
                product(rows[lane / 4 + 8 * (r / 2)], columns[lane % 4 * 2 + r % 2]);
            results[r][lane] = i.option & Saturated
                                   ? clamped(int64_t{sums[lane]} + sum)
                                   : static_cast<int32_t>(static_cast<uint32_t>(sums[lane]) +
                                                          static_cast<uint32_t>(sum));
        }
    }
    for (int r = 0; r < of_d; r++)
        std::memcpy(warp.lanes<int32_t>(d[r]), results[r], sizeof results[r]);
}

void decode_product(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Matrix;
    const bool known = d.opcode.take("sync") && d.opcode.take("aligned");
    const int shape = d.opcode.take_one_of({"m8n8k16", "m16n8k16", "m16n8k32"});
    const bool layout = d.opcode.take("row") && d.opcode.take("col");
    const bool saturated = d.opcode.take("satfinite");
    const Type of_d = d.opcode.take_type(), of_a = d.opcode.take_type(),
               of_b = d.opcode.take_type(), of_c = d.opcode.take_type();
    if (shape < 0 || of_a.bits != 8 || of_b.bits != 8)
        d.fail(d.opcode.text() + " is not supported");
    const size_t sizes[3][4] = {{2, 1, 1, 2}, {4, 2, 1, 4}, {4, 4, 2, 4}};
    const size_t taken[4] = {d.destination_list(0, 32), d.source_list(1, {Kind::Bits, 32}),
                             d.source_list(2, {Kind::Bits, 32}),
                             d.source_list(3, {Kind::Bits, 32})};
    for (int part = 0; part < 4; part++)
        if (taken[part] != sizes[shape][part])
            d.fail("a fragment has a wrong number of registers");
    i.option = (of_a.is_signed() ? SignedA : 0) | (of_b.is_signed() ? SignedB : 0) |
               (saturated ? Saturated : 0);
    const Type sum{Kind::Signed, 32};
    if (known && layout && of_d == sum && of_c == sum)
        i.run = shape == 0   ? run_product<8, 16>
                : shape == 1 ? run_product<16, 16>
                             : run_product<16, 32>;
}

} // namespace

void add_matrix_products(InstructionTable &table) {
    table["mma"] = decode_product;
}

} // namespace octet::ptx
