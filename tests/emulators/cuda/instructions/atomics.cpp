// atom and red: one lane after the other, under one lock for all blocks.
//
// Atomics on shared memory are not looked at by the race check: they order themselves.
#include "instructions.h"
#include "lanewise.h"

#include "../execute/access.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <type_traits>

namespace octet::ptx {
namespace {

std::mutex all_atomics;

enum class Operation { Add, Min, Max, And, Or, Xor, Exchange, Increment, Decrement, Compare };

template <class T>
T updated(Operation operation, T old, T b, T c) {
    if constexpr (std::is_floating_point_v<T>) {
        return operation == Operation::Add ? old + b : b;
    } else {
        using U = std::make_unsigned_t<T>;
        switch (operation) {
        case Operation::Add:
            return static_cast<T>(static_cast<U>(old) + static_cast<U>(b));
        case Operation::Min:
            return std::min(old, b);
        case Operation::Max:
            return std::max(old, b);
        case Operation::And:
            return old & b;
        case Operation::Or:
            return old | b;
        case Operation::Xor:
            return old ^ b;
        case Operation::Exchange:
            return b;
        case Operation::Increment:
            return old >= b ? T{0} : static_cast<T>(old + 1);
        case Operation::Decrement:
            return old == 0 || old > b ? b : static_cast<T>(old - 1);
        case Operation::Compare:
            return old == b ? c : old;
        }
        return old;
    }
}

// Slots: 0 the old value or none, 1 the address, 2 and 3 the operands.
template <class T>
void run_atomic(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    const T *b = warp.lanes<T>(i.slot[2]);
    const T *c = i.slot[3] == no_slot ? b : warp.lanes<T>(i.slot[3]);
    std::lock_guard lock(all_atomics);
    for_lanes(warp.active, [&](int lane) {
        Place place = locate(warp, i, lane, i.space, addresses[lane], sizeof(T));
        if (place.space == Space::Const)
            check_write(warp, i, lane, place, addresses[lane], sizeof(T), nullptr);
        if (place.space == Space::Shared)
            place.space = Space::Global; // Only its state is checked.
        check_read(warp, i, lane, place, addresses[lane], sizeof(T));
        T old;
        std::memcpy(&old, place.bytes, sizeof old);
        const T value = updated(static_cast<Operation>(i.option), old, b[lane], c[lane]);
        std::memcpy(place.bytes, &value, sizeof value);
        if (i.slot[0] != no_slot)
            warp.lanes<T>(i.slot[0])[lane] = old;
    });
}

template <bool returns>
void decode_atomic(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Atomic;
    i.space = d.take_space();
    for (const char *order :
         {"relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys", "cluster"})
        d.opcode.take(order);
    i.option = d.opcode.take_one_of(
        {"add", "min", "max", "and", "or", "xor", "exch", "inc", "dec", "cas"});
    const Type type = d.opcode.take_type();
    if (returns)
        i.slot[0] = d.destination(0, type.bits);
    d.address(returns, 1);
    i.slot[2] = d.source(returns + 1, type);
    if (i.option == static_cast<int>(Operation::Compare))
        i.slot[3] = d.source(returns + 2, type);
    if (i.option < 0 || type.bits < 32)
        return;
    if (type.is_float())
        i.run = i.option != 0 ? nullptr : type.bits == 32 ? run_atomic<float> : run_atomic<double>;
    else
        i.run = for_integer(type, []<class T>(As<T>) -> Handler {
            if constexpr (sizeof(T) < 4)
                return nullptr;
            else
                return run_atomic<T>;
        });
}

} // namespace

void add_atomics(InstructionTable &table) {
    table["atom"] = decode_atomic<true>;
    table["red"] = decode_atomic<false>;
}

} // namespace octet::ptx
