// The memory plan: tensors that are alive at once do not overlap, and no arena is larger than it
// must be where that is certain.
#include "compiler/lower/lower.h"

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
    std::vector<int> owner(program.arena_bytes, -1); ///< the tensor written last, per byte
    int clobbered = 0;
    for (const Call &call : program.calls) {
        for (const int input : call.inputs) {
            const StoredTensor &tensor = program.tensors[size_t(input)];
            for (uint64_t i = 0; i < tensor.bytes; ++i)
                if (owner.at(tensor.offset + i) != root(program, input)) {
                    ++clobbered;
                    break;
                }
        }
        const auto overlap = [&](int a, int b) {
            const StoredTensor &x = program.tensors[size_t(a)], &y = program.tensors[size_t(b)];
            return x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes;
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
                owner.at(tensor.offset + i) = output;
        }
    }
    return clobbered;
}

TEST_CASE("tensors that are alive do not overlap", "[lower]") {
    std::mt19937 random(5);
    for (int i = 0; i < 200; ++i) {
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
            written.push_back(outputs[0]);
            if (random() % 5 == 0)
                written.push_back(
                    add_tensor(program, program.tensors[size_t(outputs[0])].bytes, outputs[0]));
        }
        plan_memory(program);
        INFO("program " << i);
        CHECK(count_clobbered(program) == 0);
        CHECK(program.arena_bytes >= program.arena_lower_bound);
        for (const Call &call : program.calls)
            for (const Argument &argument : call.arguments) {
                const StoredTensor &tensor = program.tensors[size_t(argument.tensor)];
                CHECK(argument.offset == tensor.offset);
                CHECK(tensor.offset % 64 == 0);
                CHECK(tensor.offset + tensor.bytes <= program.arena_bytes);
            }
    }
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
        CHECK(program.arena_lower_bound == largest);
        CHECK(program.arena_bytes == largest);
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
    CHECK(program.arena_bytes == 256);
}

} // namespace
} // namespace octet::lower
