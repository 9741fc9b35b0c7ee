// The memory plan: for each RAM of the chip one arena, in which tensors that are alive at once do
// not overlap.
//
// A tensor lives from the call that writes it to the last one that reads it; views share the memory
// of what they view. No arena can be smaller than the largest sum of its tensors alive at one call,
// the lower bound (placement.h comes close to it).
//
// Where there are several RAMs, tensors are taken in the order of what kernels move per byte of
// them, and each gets the fastest RAM in which it still fits beside those before it. A tensor that
// fits nowhere moves to the front of that order, once, and all begins anew: a large one may need
// the fast RAM's room more than many small ones that could lie anywhere.
#include "compiler/lower/lower.h"
#include "compiler/lower/placement.h"
#include "compiler/support/error.h"
#include "compiler/support/parts.h"

#include <algorithm>
#include <optional>

namespace octet::lower {

namespace {

uint64_t aligned(uint64_t bytes, uint64_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
}

/// The tensor whose memory `tensor` lies in.
int root_of(const Program &program, int tensor) {
    while (program.tensors[size_t(tensor)].alias_of >= 0)
        tensor = program.tensors[size_t(tensor)].alias_of;
    return tensor;
}

/// Joins the output of an in-place call with an input that ends there and has the same size, so
/// that both count once.
void join_in_place(const Program &program, Blocks &blocks, std::vector<int> &block_of) {
    for (size_t i = 0; i < program.calls.size(); ++i) {
        const Call &call = program.calls[i];
        if (!call.in_place)
            continue;
        const int output = block_of[size_t(call.outputs[0])];
        for (const int input_tensor : call.inputs) {
            const int input = block_of[size_t(input_tensor)];
            if (input < 0 || output < 0 || input == output)
                continue;
            Block &from = blocks[size_t(input)], &to = blocks[size_t(output)];
            const StoredTensor &a = program.tensors[size_t(input_tensor)];
            const StoredTensor &b = program.tensors[size_t(call.outputs[0])];
            const bool same_layout = a.shape == b.shape && a.stride_c == b.stride_c;
            if (from.last != int(i) || from.bytes != to.bytes || !same_layout || to.first != int(i))
                continue;
            from.last = to.last;
            from.traffic += to.traffic;
            to = Block{};
            for (int &block : block_of)
                if (block == output)
                    block = input;
            break;
        }
    }
}

/// Bytes that `call` moves in one of its tensors: each once, and where it multiplies, one for each
/// product in what it multiplies: its scratch, into which it brings its input, else its input. That
/// registers keep some of them makes all of these smaller alike.
double traffic_of(const Program &program, const Call &call, int tensor, bool multiplied) {
    return double(program.tensors[size_t(tensor)].bytes) + (multiplied ? double(call.macs) : 0);
}

/// One block per tensor with memory of its own, and the block of each tensor, -1 outside of the
/// arenas.
Blocks find_blocks(const Program &program, std::vector<int> &block_of) {
    Blocks blocks(program.tensors.size());
    block_of.assign(program.tensors.size(), -1);
    for (size_t i = 0; i < program.tensors.size(); ++i) {
        const int root = root_of(program, int(i));
        if (program.tensors[size_t(root)].region == Region::arena)
            block_of[i] = root;
    }
    for (size_t i = 0; i < program.calls.size(); ++i) {
        const Call &call = program.calls[i];
        const auto use = [&](int tensor, bool multiplied) {
            const int number = block_of[size_t(tensor)];
            if (number < 0)
                return;
            Block &block = blocks[size_t(number)];
            block.bytes = aligned(program.tensors[size_t(number)].bytes, program.alignment);
            block.first = std::min(block.first, int(i));
            block.last = std::max(block.last, int(i));
            block.traffic += traffic_of(program, call, tensor, multiplied);
        };
        const bool has_scratch = call.outputs.size() > 1;
        for (const int tensor : call.inputs)
            use(tensor, !has_scratch);
        for (size_t k = 0; k < call.outputs.size(); ++k)
            use(call.outputs[k], k > 0);
    }
    join_in_place(program, blocks, block_of);
    return blocks;
}

/// A RAM with the blocks that lie in it.
struct Room {
    const Ram *ram = nullptr;
    std::vector<int> members;
    std::vector<uint64_t> alive; ///< bytes at each call

    Room(const Ram &ram, size_t calls) : ram(&ram), alive(calls) {}

    void add(const Blocks &blocks, int block) {
        const Block &added = blocks[size_t(block)];
        members.push_back(block);
        for (int call = added.first; call <= added.last; ++call)
            alive[size_t(call)] += added.bytes;
    }
    uint64_t lower_bound() const {
        return alive.empty() ? 0 : *std::max_element(alive.begin(), alive.end());
    }
    uint64_t bytes(const Blocks &blocks) const {
        uint64_t end = 0;
        for (const int i : members)
            end = std::max(end, blocks[size_t(i)].offset + blocks[size_t(i)].bytes);
        return end;
    }
};

/// Places all members anew, unless that makes the arena larger.
void place_anew(Blocks &blocks, Room &room) {
    const Blocks before = blocks;
    std::ranges::sort(room.members);
    if (place(blocks, room.members, room.lower_bound()) > room.bytes(before))
        blocks = before;
}

/// Puts a block into the room beside what lies there or, where that fails, with all placed anew;
/// false when it does not fit.
bool add_if_it_fits(Blocks &blocks, Room &room, int candidate) {
    Block &block = blocks[size_t(candidate)];
    const uint64_t room_bytes = room.ram->bytes;
    for (int call = block.first; call <= block.last; ++call)
        if (room.alive[size_t(call)] + block.bytes > room_bytes)
            return false;
    block.offset = lowest_offset(blocks, room.members, candidate);
    if (block.offset + block.bytes <= room_bytes) {
        room.add(blocks, candidate);
        return true;
    }
    const Blocks before = blocks;
    Room with = room;
    with.add(blocks, candidate);
    if (place(blocks, with.members, with.lower_bound()) > room_bytes) {
        blocks = before;
        return false;
    }
    room = std::move(with);
    return true;
}

/// Fills the rooms in the order of `order`; returns the first block that fits in none.
std::optional<int> fill_rooms(Blocks &blocks, const std::vector<int> &order,
                              std::vector<Room> &rooms) {
    for (const int block : order)
        if (std::ranges::none_of(rooms,
                                 [&](Room &room) { return add_if_it_fits(blocks, room, block); }))
            return block;
    return std::nullopt;
}

[[noreturn]] void refuse(const Program &program, const Blocks &blocks,
                         const std::vector<Room> &rooms, int block) {
    const Block &tensor = blocks[size_t(block)];
    // The call of its life at which the RAMs are fullest says best why.
    int worst = tensor.first;
    const auto alive = [&](int call) {
        uint64_t bytes = 0;
        for (const Room &room : rooms)
            bytes += room.alive[size_t(call)];
        return bytes;
    };
    for (int call = tensor.first; call <= tensor.last; ++call)
        if (alive(call) > alive(worst))
            worst = call;
    std::string table;
    for (const Room &room : rooms) {
        std::vector<Part> parts;
        for (const int i : room.members)
            if (blocks[size_t(i)].alive_at(worst))
                parts.push_back(
                    {short_name(program.tensors[size_t(i)].name), blocks[size_t(i)].bytes});
        table +=
            fmt::format("\n  {}: {} bytes for a network, taken at this call:{}", room.ram->name,
                        room.ram->bytes, parts.empty() ? " none" : table_of(parts));
    }
    throw Error("{}: tensor {} of {} bytes fits in no RAM of target {} at call {} ({}); use a "
                "smaller network or a target with more RAM{}",
                program.name, short_name(program.tensors[size_t(block)].name), tensor.bytes,
                program.target, worst, short_name(program.calls[size_t(worst)].name), table);
}

/// Gives each block a room.
std::vector<Room> assign(const Program &program, Blocks &blocks, const std::vector<Ram> &rams) {
    std::vector<int> order;
    for (size_t i = 0; i < blocks.size(); ++i)
        if (blocks[i].last >= 0)
            order.push_back(int(i));
    const auto per_byte = [&](int i) {
        return blocks[size_t(i)].traffic / double(std::max<uint64_t>(1, blocks[size_t(i)].bytes));
    };
    std::ranges::stable_sort(order, [&](int a, int b) {
        return per_byte(a) != per_byte(b) ? per_byte(a) > per_byte(b)
                                          : blocks[size_t(a)].bytes < blocks[size_t(b)].bytes;
    });
    std::vector<Room> empty;
    for (const Ram &ram : rams)
        empty.emplace_back(ram, program.calls.size());
    std::vector<bool> moved(blocks.size());
    for (;;) {
        std::vector<Room> rooms = empty;
        const std::optional<int> homeless = fill_rooms(blocks, order, rooms);
        if (!homeless)
            return rooms;
        if (moved[size_t(*homeless)])
            refuse(program, blocks, rooms, *homeless);
        moved[size_t(*homeless)] = true;
        const auto place = std::ranges::find(order, *homeless);
        std::rotate(order.begin(), place, place + 1);
    }
}

} // namespace

std::vector<Ram> rams_of(const Target &target, const Program &program) {
    std::vector<Ram> rams;
    for (const MemoryRegion &memory : target.memories_of(MemoryRegion::Kind::ram))
        rams.push_back({memory.name, memory.bytes - memory.reserved_bytes});
    if (rams.empty())
        return {{}};
    if (rams.size() == 1)
        return {{rams[0].name, Ram::unlimited}};
    uint64_t ports = 0;
    for (const auto *tensors : {&program.inputs, &program.outputs})
        for (const int tensor : *tensors)
            ports += aligned(program.tensors[size_t(tensor)].bytes, program.alignment);
    rams.back().bytes -= std::min(rams.back().bytes, ports);
    return rams;
}

void plan_memory(Program &program, const std::vector<Ram> &rams) {
    std::vector<int> block_of;
    Blocks blocks = find_blocks(program, block_of);
    std::vector<Room> rooms = assign(program, blocks, rams);
    std::vector<int> arena_of(blocks.size());
    program.arenas.clear();
    for (Room &room : rooms) {
        place_anew(blocks, room);
        for (const int block : room.members)
            arena_of[size_t(block)] = int(program.arenas.size());
        program.arenas.push_back({room.ram->name, room.bytes(blocks), room.lower_bound()});
    }
    for (size_t i = 0; i < program.tensors.size(); ++i)
        if (const int block = block_of[i]; block >= 0) {
            program.tensors[i].index = arena_of[size_t(block)];
            program.tensors[i].offset = blocks[size_t(block)].offset;
        }
    for (Call &call : program.calls)
        for (Argument &argument : call.arguments)
            if (argument.tensor >= 0 && argument.region == Region::arena) {
                const StoredTensor &tensor = program.tensors[size_t(argument.tensor)];
                argument.index = tensor.index;
                argument.offset += tensor.offset;
            }
}

} // namespace octet::lower
