// ldmatrix and stmatrix: 8 x 8 matrices of 16 bits between shared memory and fragments.
//
// Lane 8 q + r holds the address of row r, of 16 bytes, of matrix q. Lane l gets of each matrix row
// l / 4, elements 2 (l % 4) and the next; transposed, rows and columns change places.
#include "instructions.h"

#include "../execute/access.h"

#include <cstring>

namespace octet::ptx {
namespace {

constexpr int row_bytes = 16, rows = 8;
struct Matrix {
    uint16_t element[rows][8];
};

void count(Warp &warp, const uint64_t *addresses, int matrices, bool is_store) {
    Counters &counters = warp.block.counters;
    if (counters.with_memory)
        counters.count_shared(addresses, matrices == 4 ? all_lanes : (1u << matrices * rows) - 1,
                              row_bytes, is_store);
}

int at(int lane, int half, bool transposed, bool row) {
    const int along = lane % 4 * 2 + half;
    return row != transposed ? lane / 4 : along;
}

void run_load(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    const int matrices = i.elements;
    count(warp, addresses, matrices, false);
    Matrix all[4];
    for (int lane = 0; lane < matrices * rows; lane++) {
        const Place place = locate(warp, i, lane, i.space, addresses[lane], row_bytes);
        check_read(warp, i, lane, place, addresses[lane], row_bytes);
        std::memcpy(all[lane / rows].element[lane % rows], place.bytes, row_bytes);
    }
    for (int q = 0; q < matrices; q++)
        for (int lane = 0; lane < warp_size; lane++) {
            uint32_t word = 0;
            for (int half = 0; half < 2; half++)
                word |= uint32_t{all[q].element[at(lane, half, i.option, true)]
                                               [at(lane, half, i.option, false)]}
                        << 16 * half;
            warp.lanes<uint32_t>(i.lists[q])[lane] = word;
        }
}

void run_store(Warp &warp, const Instruction &i) {
    warp.need_all_lanes(i);
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    const int matrices = i.elements;
    count(warp, addresses, matrices, true);
    Matrix all[4];
    for (int q = 0; q < matrices; q++)
        for (int lane = 0; lane < warp_size; lane++)
            for (int half = 0; half < 2; half++)
                all[q].element[at(lane, half, i.option, true)][at(lane, half, i.option, false)] =
                    static_cast<uint16_t>(warp.lanes<uint32_t>(i.lists[q])[lane] >> 16 * half);
    for (int lane = 0; lane < matrices * rows; lane++) {
        const Place place = locate(warp, i, lane, i.space, addresses[lane], row_bytes);
        const uint16_t *row = all[lane / rows].element[lane % rows];
        check_write(warp, i, lane, place, addresses[lane], row_bytes,
                    reinterpret_cast<const uint8_t *>(row));
        std::memcpy(place.bytes, row, row_bytes);
        mark_written(place, row_bytes);
    }
}

template <bool is_store>
void decode(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = is_store ? Class::SharedStore : Class::SharedLoad;
    const bool known = d.opcode.take("sync") && d.opcode.take("aligned") && d.opcode.take("m8n8");
    i.option = d.opcode.take("trans");
    const int count = d.opcode.take_one_of({"x1", "x2", "x4"});
    i.space = d.take_space();
    const Type type = d.opcode.take_type();
    if (count < 0)
        return;
    i.elements = static_cast<uint8_t>(1 << count);
    const size_t taken = is_store ? d.source_list(1, {Kind::Bits, 32}) : d.destination_list(0, 32);
    d.address(is_store ? 0 : 1, 1);
    if (taken != i.elements)
        d.fail("the fragment has a wrong number of registers");
    if (known && type == Type{Kind::Bits, 16} &&
        (i.space == Space::Shared || i.space == Space::Generic))
        i.run = is_store ? run_store : run_load;
}

} // namespace

void add_matrix_loads(InstructionTable &table) {
    table["ldmatrix"] = decode<false>;
    table["stmatrix"] = decode<true>;
}

} // namespace octet::ptx
