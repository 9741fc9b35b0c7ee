// bra, ret, exit, trap, and what has no effect here: fences, hints.
#include "instructions.h"

#include "../execute/block.h"

namespace octet::ptx {
namespace {

void run_branch(Warp &warp, const Instruction &i) {
    warp.branch(i);
}

void run_trap(Warp &warp, const Instruction &i) {
    warp.fault(i, FaultKind::Trap, -1, "the kernel stopped itself");
}

void decode_branch(Decoder &d) {
    d.opcode.take("uni");
    d.instruction.counted_as = Class::Branch;
    d.instruction.run = run_branch;
    if (!d.opcode.rest().empty() || d.operands() != 1)
        d.fail(d.opcode.text() + " is not supported");
}

void decode_return(Decoder &d) {
    d.opcode.take("uni");
    d.instruction.counted_as = Class::Branch;
    d.instruction.run = run_exit;
}

void decode_trap(Decoder &d) {
    d.instruction.run = run_trap;
}

// Blocks see each other's stores at once, so fences have nothing to do, but for the one between
// stores and asynchronous products, whose absence is noticed (warpgroup_products.cpp).
void run_proxy_fence(Warp &warp, const Instruction &) {
    const uint32_t now = warp.block.shared.clocks().now(warp.number);
    for_lanes(warp.active, [&](int lane) { warp.proxy_fence[lane] = now; });
}

void decode_fence(Decoder &d) {
    const bool proxy = d.opcode.has("proxy") && d.opcode.has("async");
    while (!d.opcode.take_first().empty()) {
    }
    d.instruction.counted_as = Class::Barrier;
    d.instruction.run = proxy ? run_proxy_fence : run_nothing;
}

void decode_hint(Decoder &d) {
    while (!d.opcode.take_first().empty()) {
    }
    for (size_t n = 0; n < d.operands(); n++)
        if (d.is_register(n))
            d.source(n, {Kind::Bits, 32});
        else
            d.constant(n);
    d.instruction.run = run_nothing;
}

} // namespace

void run_exit(Warp &warp, const Instruction &) {
    warp.exit();
}

void run_nothing(Warp &, const Instruction &) {}

void add_control(InstructionTable &table) {
    table["bra"] = decode_branch;
    table["ret"] = decode_return;
    table["exit"] = decode_return;
    table["trap"] = decode_trap;
    table["membar"] = decode_fence;
    table["fence"] = decode_fence;
    table["nanosleep"] = decode_hint;
    table["griddepcontrol"] = decode_fence;
    table["setmaxnreg"] = decode_hint;
}

} // namespace octet::ptx
