// mov, cvta, isspacep: copies, packing and unpacking, addresses of variables, generic addresses.
#include "instructions.h"
#include "lanewise.h"

#include "../memory/spaces.h"

#include <cstring>

namespace octet::ptx {
namespace {

struct Same {
    template <class T>
    static T apply(T a) {
        return a;
    }
};

void run_move_predicate(Warp &warp, const Instruction &i) {
    Lanes &result = warp.predicate(i.slot[0]);
    result = (warp.predicate(i.slot[1]) & warp.active) | (result & ~warp.active);
}

// mov.b64 %rd, {%r0, %r1}: the parts from the lowest bits up.
template <class Part, class Whole>
void run_pack(Warp &warp, const Instruction &i) {
    Whole *result = warp.lanes<Whole>(i.slot[0]);
    Whole values[warp_size] = {};
    for (size_t n = 0; n < i.lists.size(); n++) {
        const Part *part = warp.lanes<Part>(i.lists[n]);
        for (int lane = 0; lane < warp_size; lane++)
            values[lane] |= static_cast<Whole>(part[lane]) << (n * sizeof(Part) * 8);
    }
    for (int lane = 0; lane < warp_size; lane++)
        result[lane] = warp.active >> lane & 1 ? values[lane] : result[lane];
}

template <class Part, class Whole>
void run_unpack(Warp &warp, const Instruction &i) {
    Whole values[warp_size];
    std::memcpy(values, warp.lanes<Whole>(i.slot[1]), sizeof values);
    for (size_t n = 0; n < i.lists.size(); n++) {
        Part *part = warp.lanes<Part>(i.lists[n]);
        for (int lane = 0; lane < warp_size; lane++) {
            Part value = static_cast<Part>(values[lane] >> (n * sizeof(Part) * 8));
            part[lane] = warp.active >> lane & 1 ? value : part[lane];
        }
    }
}

template <bool pack>
Handler parts(Type whole, int count) {
    if (count < 2 || whole.bits % count)
        return nullptr;
    return for_integer({Kind::Bits, whole.bits}, [&]<class Whole>(As<Whole>) -> Handler {
        return for_integer({Kind::Bits, whole.bits / count}, []<class Part>(As<Part>) -> Handler {
            return pack ? run_pack<Part, Whole> : run_unpack<Part, Whole>;
        });
    });
}

void decode_move(Decoder &d) {
    const Type type = d.opcode.take_type();
    Instruction &i = d.instruction;
    i.counted_as = Class::Move;
    if (d.operand(0).starts_with('{')) {
        const int count = d.list_size(0);
        i.slot[1] = d.source(1, type);
        d.destination_list(0, type.bits / count);
        i.run = parts<false>(type, count);
    } else if (d.operand(1).starts_with('{')) {
        const int count = d.list_size(1);
        i.slot[0] = d.destination(0, type.bits);
        d.source_list(1, {Kind::Bits, type.bits / count});
        d.use.reads.clear(); // Undefined parts come along, as with prmt.
        i.run = parts<true>(type, count);
    } else {
        take_operands(d, type, 1);
        i.run = type.is_predicate()
                    ? run_move_predicate
                    : for_integer({Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler {
                          return Lanewise<Same, T, T>::run;
                      });
    }
}

// Adds the window of the space to an address, or takes it away.
template <int sign>
void run_window(Warp &warp, const Instruction &i) {
    const uint64_t *from = warp.lanes<uint64_t>(i.slot[1]);
    uint64_t *to = warp.lanes<uint64_t>(i.slot[0]);
    for (int lane = 0; lane < warp_size; lane++)
        to[lane] = warp.active >> lane & 1 ? from[lane] + sign * i.offset : to[lane];
}

int64_t window(Space space) {
    return space == Space::Shared ? shared_window : space == Space::Local ? local_window : 0;
}

void decode_convert_address(Decoder &d) {
    const bool to = d.opcode.take("to");
    const Space space = d.take_space();
    const Type type = d.opcode.take_type();
    Instruction &i = d.instruction;
    i.counted_as = Class::Move;
    take_operands(d, {Kind::Bits, type.bits}, 1);
    if (space == Space::Generic || space == Space::Param || type.bits != 64)
        return;
    i.offset = window(space);
    i.run = to ? run_window<-1> : run_window<1>;
}

void run_is_space(Warp &warp, const Instruction &i) {
    const uint64_t *address = warp.lanes<uint64_t>(i.slot[1]);
    Lanes inside = 0;
    for (int lane = 0; lane < warp_size; lane++) {
        const uint64_t a = address[lane];
        const bool shared = a - shared_window < window_bytes,
                   local = a - local_window < window_bytes;
        const bool is = i.space == Space::Shared  ? shared
                        : i.space == Space::Local ? local
                                                  : !shared && !local;
        inside |= Lanes{is} << lane;
    }
    Lanes &result = warp.predicate(i.slot[0]);
    result = (inside & warp.active) | (result & ~warp.active);
}

void decode_is_space(Decoder &d) {
    Instruction &i = d.instruction;
    i.space = d.take_space();
    i.counted_as = Class::Compare;
    i.slot[0] = d.destination(0, 1);
    i.slot[1] = d.source(1, {Kind::Bits, 64});
    if (i.space == Space::Global || i.space == Space::Shared || i.space == Space::Local)
        i.run = run_is_space;
}

} // namespace

void add_moves(InstructionTable &table) {
    table["mov"] = decode_move;
    table["cvta"] = decode_convert_address;
    table["isspacep"] = decode_is_space;
}

} // namespace octet::ptx
