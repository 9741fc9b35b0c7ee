// ld and st of all spaces, with vectors; ld.param.
//
// A register may be wider than the element: loads extend by the element's sign, stores take the low
// bits.
#include "conversions.h"
#include "instructions.h"
#include "lanewise.h"

#include "../execute/access.h"

#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

void count(Warp &warp, const Instruction &i, const uint64_t *addresses, bool is_store) {
    Counters &counters = warp.block.counters;
    if (!counters.with_memory)
        return;
    const int bytes = i.bytes * i.elements;
    if (i.space == Space::Global || i.space == Space::Generic || i.space == Space::Const)
        counters.count_global(addresses, warp.active, bytes, is_store);
    else if (i.space == Space::Shared)
        counters.count_shared(addresses, warp.active, bytes, is_store);
}

// Element: as it lies in memory; Register: what it is extended to.
template <class Element, class Register>
void run_load(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    count(warp, i, addresses, false);
    const int bytes = sizeof(Element) * i.elements;
    for_lanes(warp.active, [&](int lane) {
        const Place place = locate(warp, i, lane, i.space, addresses[lane], bytes);
        check_read(warp, i, lane, place, addresses[lane], bytes);
        Element values[4];
        std::memcpy(values, place.bytes, sizeof(Element));
        if (i.elements > 1)
            std::memcpy(values, place.bytes, bytes);
        for (int n = 0; n < i.elements; n++)
            warp.lanes<Register>(i.lists[n])[lane] = static_cast<Register>(values[n]);
    });
}

template <class Element, class Register>
void run_store(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    count(warp, i, addresses, true);
    const int bytes = sizeof(Element) * i.elements;
    for_lanes(warp.active, [&](int lane) {
        const Place place = locate(warp, i, lane, i.space, addresses[lane], bytes);
        uint8_t values[16];
        for (int n = 0; n < i.elements; n++) {
            const Element value = static_cast<Element>(warp.lanes<Register>(i.lists[n])[lane]);
            std::memcpy(values + n * sizeof(Element), &value, sizeof(Element));
        }
        check_write(warp, i, lane, place, addresses[lane], bytes, values);
        std::memcpy(place.bytes, values, bytes);
        mark_written(place, bytes);
    });
}

// Parameters are the same for all lanes and live nowhere else.
template <class Element, class Register>
void run_parameter(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    const std::vector<uint8_t> &parameters = warp.block.launch.parameters;
    const uint64_t bytes = sizeof(Element) * i.elements;
    for_lanes(warp.active, [&](int lane) {
        const uint64_t at = addresses[lane];
        if (at % bytes)
            warp.fault(i, FaultKind::Misaligned, lane,
                       fmt::format("the offset is not a multiple of {}", bytes), at);
        if (at > parameters.size() || parameters.size() - at < bytes)
            warp.fault(i, FaultKind::Parameter, lane,
                       fmt::format("{} bytes at offset {} of {} bytes of parameters", bytes,
                                   static_cast<int64_t>(at), parameters.size()),
                       at);
        for (int n = 0; n < i.elements; n++) {
            Element value;
            std::memcpy(&value, parameters.data() + at + n * sizeof(Element), sizeof value);
            warp.lanes<Register>(i.lists[n])[lane] = static_cast<Register>(value);
        }
    });
}

enum class What { Load, Store, Parameter };

Handler choose(What what, Type type, int register_bits) {
    const Type element = {type.is_signed() ? Kind::Signed : Kind::Bits, type.bits};
    const Type wide = {type.is_signed() ? Kind::Signed : Kind::Bits, register_bits};
    return for_integer(element, [&]<class E>(As<E>) -> Handler {
        return for_integer(wide, [&]<class R>(As<R>) -> Handler {
            if constexpr (sizeof(R) < sizeof(E) || std::is_signed_v<R> != std::is_signed_v<E>)
                return nullptr;
            else
                return what == What::Load    ? run_load<E, R>
                       : what == What::Store ? run_store<E, R>
                                             : run_parameter<E, R>;
        });
    });
}

// Modifiers that only concern caches and order; blocks run as if there were none.
void take_hints(Decoder &d) {
    for (const char *hint : {"nc",
                             "ca",
                             "cg",
                             "cs",
                             "lu",
                             "cv",
                             "wb",
                             "wt",
                             "volatile",
                             "relaxed",
                             "acquire",
                             "release",
                             "weak",
                             "cta",
                             "gpu",
                             "sys",
                             "L1::evict_normal",
                             "L1::evict_first",
                             "L1::evict_last",
                             "L1::no_allocate",
                             "L2::64B",
                             "L2::128B",
                             "L2::256B",
                             "L1::evict_unchanged"})
        d.opcode.take(hint);
}

void take_elements(Decoder &d) {
    Instruction &i = d.instruction;
    i.space = d.take_space();
    take_hints(d);
    i.elements = d.opcode.take("v2") ? 2 : d.opcode.take("v4") ? 4 : 1;
}

Class class_of(Space space, bool is_store) {
    switch (space) {
    case Space::Shared:
        return is_store ? Class::SharedStore : Class::SharedLoad;
    case Space::Local:
        return Class::LocalMemory;
    case Space::Param:
        return Class::Parameter;
    default:
        return is_store ? Class::GlobalStore : Class::GlobalLoad;
    }
}

// The registers of a vector have one width, that of the element or more.
int take_registers(Decoder &d, size_t n, Type type, bool is_store) {
    Instruction &i = d.instruction;
    std::vector<std::string> names{d.operand(n)};
    if (names[0].starts_with('{'))
        names = split_list(std::string_view(names[0]).substr(1, names[0].size() - 2));
    if (static_cast<int>(names.size()) != i.elements)
        d.fail("the operand has not as many elements as the instruction");
    return d.element_registers(n, type, is_store);
}

void decode_load(Decoder &d) {
    take_elements(d);
    Instruction &i = d.instruction;
    const Type type = d.opcode.take_type();
    i.counted_as = class_of(i.space, false);
    i.bytes = static_cast<uint8_t>(type.bytes());
    const int bits = take_registers(d, 0, type, false);
    d.address(1, 1);
    if (type.bytes() * i.elements <= 16)
        i.run = choose(i.space == Space::Param ? What::Parameter : What::Load, type, bits);
}

void decode_store(Decoder &d) {
    take_elements(d);
    Instruction &i = d.instruction;
    const Type type = d.opcode.take_type();
    i.counted_as = class_of(i.space, true);
    i.bytes = static_cast<uint8_t>(type.bytes());
    const int bits = take_registers(d, 1, type, true);
    d.address(0, 1);
    if (type.bytes() * i.elements <= 16 && i.space != Space::Param && i.space != Space::Const)
        i.run = choose(What::Store, type, bits);
}

void decode_prefetch(Decoder &d) {
    d.instruction.space = d.take_space();
    d.opcode.take("L1");
    d.opcode.take("L2");
    d.address(0, 1);
    d.instruction.run = run_nothing;
}

} // namespace

void add_memory(InstructionTable &table) {
    table["ld"] = decode_load;
    table["ldu"] = decode_load;
    table["st"] = decode_store;
    table["prefetch"] = decode_prefetch;
}

} // namespace octet::ptx
