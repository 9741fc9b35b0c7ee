#include "instructions.h"

namespace octet::ptx {

const InstructionTable &instruction_table() {
    static const InstructionTable table = [] {
        InstructionTable t;
        for (auto add : {add_arithmetic, add_bits, add_dot_products, add_comparisons,
                         add_conversions, add_moves, add_float_functions, add_control, add_barriers,
                         add_memory, add_atomics, add_warp_exchange, add_matrix_products,
                         add_matrix_loads, add_async_copies, add_mbarriers, add_warpgroup_products})
            add(t);
        return t;
    }();
    return table;
}

} // namespace octet::ptx
