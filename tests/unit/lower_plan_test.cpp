// The memory plan: tensors that are alive at once do not overlap, no arena is larger than it must
// be where that is certain, and of several RAMs the fastest has what is touched most.
#include "compiler/lower/lower.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>

#include <random>

namespace octet::lower {
namespace {

int add_tensor(Program &program, uint64_t bytes, int alias_of = -1) {
    StoredTensor tensor;
    tensor.shape = {1, int(bytes)};
    tensor.stride_c = int(bytes);
    tensor.bytes = bytes;
    tensor.alias_of = alias_of;
    program.tensors.push_back(tensor);
    return int(program.tensors.size()) - 1;
}

void add_call(Program &program, std::vector<int> inputs, std::vector<int> outputs,
              bool in_place = false) {
    Call call;
    call.in_place = in_place;
    for (const std::vector<int> *tensors : {&inputs, &outputs})
        for (const int tensor : *tensors) {
            Argument argument;
            argument.tensor = tensor;
            argument.bytes = program.tensors[size_t(tensor)].bytes;
            call.arguments.push_back(argument);
        }
    call.inputs = std::move(inputs);
    call.outputs = std::move(outputs);
    program.calls.push_back(std::move(call));
}

int root(const Program &program, int tensor) {
    while (program.tensors[size_t(tensor)].alias_of >= 0)
        tensor = program.tensors[size_t(tensor)].alias_of;
    return tensor;
}

/// Executes the program on bytes that stand for tensors: each call must find its inputs as their
/// producers left them. Returns how many inputs were overwritten.
int count_clobbered(const Program &program) {
    std::vector<std::vector<int>> owners; ///< the tensor written last, per byte of each arena
    for (const Arena &arena : program.arenas)
        owners.emplace_back(arena.bytes, -1);
    const auto owner = [&](const StoredTensor &tensor, uint64_t byte) -> int & {
        return owners.at(size_t(tensor.index)).at(tensor.offset + byte);
    };
    int clobbered = 0;
    for (const Call &call : program.calls) {
        for (const int input : call.inputs) {
            const StoredTensor &tensor = program.tensors[size_t(input)];
            for (uint64_t i = 0; i < tensor.bytes; ++i)
                if (owner(tensor, i) != root(program, input)) {
                    ++clobbered;
                    break;
                }
        }
        const auto overlap = [&](int a, int b) {
            const StoredTensor &x = program.tensors[size_t(a)], &y = program.tensors[size_t(b)];
            return x.index == y.index && x.offset < y.offset + y.bytes &&
                   y.offset < x.offset + x.bytes;
        };
        for (const int output : call.outputs) {
            for (const int input : call.inputs)
                if (!call.in_place && overlap(output, input))
                    ++clobbered;
            for (const int other : call.outputs)
                if (other != output && overlap(output, other))
                    ++clobbered;
            const StoredTensor &tensor = program.tensors[size_t(output)];
            for (uint64_t i = 0; i < tensor.bytes; ++i)
                owner(tensor, i) = output;
        }
    }
    return clobbered;
}

/// 20 calls on earlier results, some in place, some with scratch, some on views.
Program random_program(std::mt19937 &random) {
    Program program;
    std::vector<int> written;
    for (int c = 0; c < 20; ++c) {
        std::vector<int> inputs;
        for (int k = 0; k < 3 && !written.empty(); ++k)
            inputs.push_back(written[random() % written.size()]);
        // Few sizes, so that in-place calls find operands of their own.
        std::vector<int> outputs = {add_tensor(program, 64 * (1 + random() % 3))};
        if (random() % 4 == 0)
            outputs.push_back(add_tensor(program, 1 + random() % 500)); // scratch
        add_call(program, inputs, outputs, outputs.size() == 1 && random() % 2);
        program.calls.back().macs = random() % 3 ? random() % 10000 : 0;
        written.push_back(outputs[0]);
        if (random() % 5 == 0)
            written.push_back(
                add_tensor(program, program.tensors[size_t(outputs[0])].bytes, outputs[0]));
    }
    return program;
}

/// What holds of every plan for `rams`.
void check_plan(const Program &program, const std::vector<Ram> &rams) {
    CHECK(count_clobbered(program) == 0);
    REQUIRE(program.arenas.size() == rams.size());
    for (size_t i = 0; i < rams.size(); ++i) {
        CHECK(program.arenas[i].memory == rams[i].name);
        CHECK(program.arenas[i].bytes <= rams[i].bytes);
        CHECK(program.arenas[i].bytes >= program.arenas[i].lower_bound);
    }
    for (const Call &call : program.calls)
        for (const Argument &argument : call.arguments) {
            const StoredTensor &tensor = program.tensors[size_t(argument.tensor)];
            CHECK(argument.index == tensor.index);
            CHECK(argument.offset == tensor.offset);
            CHECK(tensor.offset % program.alignment == 0);
            REQUIRE(size_t(tensor.index) < rams.size());
            CHECK(tensor.offset + tensor.bytes <= program.arenas[size_t(tensor.index)].bytes);
        }
}

std::string refusal(Program program, const std::vector<Ram> &rams) {
    try {
        plan_memory(program, rams);
        return "";
    } catch (const Error &error) {
        return error.what();
    }
}

TEST_CASE("tensors that are alive do not overlap", "[lower]") {
    std::mt19937 random(5);
    for (int i = 0; i < 200; ++i) {
        INFO("program " << i);
        Program program = random_program(random);
        plan_memory(program);
        check_plan(program, {{}});
    }
}

TEST_CASE("plans for several RAMs stay within them, near what each must hold", "[lower]") {
    std::mt19937 random(7);
    uint64_t bytes = 0, lower_bounds = 0;
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
        INFO("program " << i);
        const Program program = random_program(random);
        Program whole = program;
        plan_memory(whole);
        // The fast RAMs hold a part of it; now and then the last has little more than must be.
        std::vector<Ram> rams = {{"tcm", whole.arena_bytes() * (1 + random() % 6) / 10}};
        if (random() % 2)
            rams.push_back({"sram", whole.arena_bytes() * (1 + random() % 4) / 10});
        const bool tight = random() % 2;
        rams.push_back({"psram", tight ? whole.arena_bytes() * 11 / 10 : Ram::unlimited});
        Program planned = program;
        planned.alignment = 16;
        if (tight && !refusal(planned, rams).empty()) {
            ++refused;
            continue;
        }
        plan_memory(planned, rams);
        check_plan(planned, rams);
        bytes += planned.arena_bytes();
        lower_bounds += planned.arena_lower_bound();
    }
    CHECK(refused < 5);
    CHECK(double(bytes) < 1.05 * double(lower_bounds));
}

TEST_CASE("the fastest RAM has what kernels touch most per byte", "[lower]") {
    Program program;
    const int image = add_tensor(program, 1024), scratch = add_tensor(program, 256);
    const int features = add_tensor(program, 512), sum = add_tensor(program, 512);
    add_call(program, {}, {image});
    add_call(program, {image}, {features, scratch});
    program.calls.back().macs = 100000; // of the scratch, into which the image is brought
    add_call(program, {features, features, features}, {sum});
    add_call(program, {sum}, {add_tensor(program, 64)});
    const auto arena_of = [&](int tensor) { return program.tensors[size_t(tensor)].index; };
    plan_memory(program, {{"tcm", 800}, {"sram", 4096}});
    CHECK(arena_of(scratch) == 0);
    CHECK(arena_of(features) == 0);
    CHECK(arena_of(image) == 1);
    CHECK(arena_of(sum) == 1);
    CHECK(program.arenas[0].bytes == 768);
    CHECK(program.arenas[1].bytes == 1024); // image and sum one after the other
}

TEST_CASE("a large tensor gets the only RAM that has room for it", "[lower]") {
    Program program;
    const int large = add_tensor(program, 960), busy = add_tensor(program, 128);
    add_call(program, {}, {large});
    add_call(program, {}, {busy});
    add_call(program, {busy, large}, {add_tensor(program, 64)});
    add_call(program, {busy}, {add_tensor(program, 64)});
    plan_memory(program, {{"tcm", 1024}, {"sram", 512}});
    CHECK(program.tensors[size_t(large)].index == 0);
    CHECK(program.tensors[size_t(busy)].index == 1);
    CHECK(count_clobbered(program) == 0);
}

TEST_CASE("a tensor that fits nowhere is named with what takes the room", "[lower]") {
    Program program;
    program.name = "net";
    program.target = "chip";
    const int a = add_tensor(program, 640), b = add_tensor(program, 960);
    program.tensors[size_t(a)].name = "first";
    program.tensors[size_t(b)].name = "second";
    add_call(program, {}, {a});
    add_call(program, {a}, {b});
    program.calls[1].name = "conv";
    const std::string message = refusal(program, {{"tcm", 512}, {"sram", 1024}});
    CHECK_THAT(message,
               Catch::StartsWith("net: tensor second of 960 bytes fits in no RAM of target "
                                 "chip at call 1 (conv); use a smaller network"));
    CHECK_THAT(message,
               Catch::Contains("\n  tcm: 512 bytes for a network, taken at this call: none"));
    CHECK_THAT(message, Catch::Contains("\n  sram: 1024 bytes for a network, taken at this call:\n"
                                        "         640  first"));
    CHECK(refusal(program, {{"tcm", 640}, {"sram", 960}}).empty());
}

TEST_CASE("a chain needs what its largest pair of neighbours needs", "[lower]") {
    std::mt19937 random(6);
    for (int i = 0; i < 50; ++i) {
        Program program;
        int previous = add_tensor(program, 64 * (1 + random() % 100));
        add_call(program, {}, {previous});
        uint64_t largest = program.tensors[0].bytes;
        for (int c = 0; c < 12; ++c) {
            const int next = add_tensor(program, 64 * (1 + random() % 100));
            largest = std::max(largest, program.tensors[size_t(previous)].bytes +
                                            program.tensors[size_t(next)].bytes);
            add_call(program, {previous}, {next});
            previous = next;
        }
        plan_memory(program);
        CHECK(program.arena_lower_bound() == largest);
        CHECK(program.arena_bytes() == largest);
    }
}

TEST_CASE("an in-place call takes the place of an operand that ends there", "[lower]") {
    Program program;
    const int x = add_tensor(program, 128), y = add_tensor(program, 128);
    const int sum = add_tensor(program, 128), kept = add_tensor(program, 128);
    add_call(program, {}, {x});
    add_call(program, {}, {y});
    add_call(program, {x, y}, {sum}, true);
    add_call(program, {sum, y}, {kept}, true);
    plan_memory(program);
    const auto offset = [&](int tensor) { return program.tensors[size_t(tensor)].offset; };
    CHECK(offset(sum) == offset(x)); // y lives on.
    CHECK((offset(kept) == offset(sum) || offset(kept) == offset(y)));
    CHECK(program.arena_bytes() == 256);
}

} // namespace
} // namespace octet::lower
