// Instructions that do the same to every lane.
//
// The loop over 32 lanes has no branches, so the C++ compiler makes vector instructions of it.
// Lanes that are not active are computed, too, and thrown away; so an operation must be harmless
// for any operands.
#pragma once

#include "../execute/warp.h"
#include "../ptx/decoder.h"

#include <cstdint>
#include <utility>

namespace octet::ptx {

/// Result slot[0], arguments slot[1], slot[2], ...
template <class Operation, class Result, class... Arguments>
struct Lanewise {
    static void run(Warp &warp, const Instruction &i) {
        apply(warp, i, std::index_sequence_for<Arguments...>{});
    }

private:
    template <size_t... n>
    static void apply(Warp &warp, const Instruction &i, std::index_sequence<n...>) {
        loop(warp.active, warp.lanes<Result>(i.slot[0]),
             warp.lanes<const Arguments>(i.slot[n + 1])...);
    }
    static void loop(Lanes active, Result *result, const Arguments *...arguments) {
        if (active == all_lanes) {
#pragma GCC ivdep
            for (int lane = 0; lane < warp_size; lane++)
                result[lane] = Operation::apply(arguments[lane]...);
            return;
        }
        Result all[warp_size];
        for (int lane = 0; lane < warp_size; lane++)
            all[lane] = Operation::apply(arguments[lane]...);
        for (int lane = 0; lane < warp_size; lane++)
            result[lane] = active >> lane & 1 ? all[lane] : result[lane];
    }
};

/// A C++ type as a value.
template <class T>
struct As {
    using type = T;
};

/// Calls make(As<T>{}) with the C++ type of an integer; bits count as unsigned.
template <class Make>
Handler for_integer(Type type, Make make) {
    switch (type.is_float() ? 0 : type.bits * 2 + type.is_signed()) {
    case 16:
        return make(As<uint8_t>{});
    case 17:
        return make(As<int8_t>{});
    case 32:
        return make(As<uint16_t>{});
    case 33:
        return make(As<int16_t>{});
    case 64:
        return make(As<uint32_t>{});
    case 65:
        return make(As<int32_t>{});
    case 128:
        return make(As<uint64_t>{});
    case 129:
        return make(As<int64_t>{});
    }
    return nullptr;
}

/// The same for float and double.
template <class Make>
Handler for_float(Type type, Make make) {
    if (!type.is_float())
        return nullptr;
    return type.bits == 32 ? make(As<float>{}) : type.bits == 64 ? make(As<double>{}) : nullptr;
}

/// Destination and `count` sources of one type.
inline void take_operands(Decoder &d, Type type, size_t count) {
    d.instruction.slot[0] = d.destination(0, type.bits);
    for (size_t n = 1; n <= count; n++)
        d.instruction.slot[n] = d.source(n, type);
}

} // namespace octet::ptx
