#include "tests/fuzz/fuzz.h"

#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>

namespace octet::test {

namespace {

uint32_t environment(const char *name, uint32_t otherwise) {
    const char *value = std::getenv(name);
    return value ? uint32_t(std::strtoul(value, nullptr, 10)) : otherwise;
}

/// Small enough to be executed thousands of times: a mutation may enlarge any extent.
bool small(const Graph &graph) {
    int64_t work = 0;
    for (const Tensor &tensor : graph.tensors)
        work += tensor.elements();
    for (const Operator &op : graph.operators) {
        work += macs(graph, op);
        if (const auto *pool = std::get_if<Pool2dAttributes>(&op.attributes))
            work += graph.tensor(op.outputs[0]).elements() * pool->kernel_h * pool->kernel_w;
    }
    return work < 200000;
}

} // namespace

uint32_t fuzz_cases() {
    return environment("OCTET_FUZZ_CASES", 20000);
}

uint32_t fuzz_seed() {
    return environment("OCTET_FUZZ_SEED", 1);
}

void attempt(const Importer &import, const Bytes &bytes, Outcome &outcome) {
    try {
        const Graph graph = import(bytes, "fuzzed");
        outcome.imported++;
        if (!small(graph))
            return;
        const std::vector<Bytes> values = reference::run(graph, random_inputs(graph));
        outcome.executed++;
        for (TensorId id : graph.outputs)
            if (values[size_t(id)].size() != graph.tensor(id).bytes())
                FAIL("an output of the wrong size");
    } catch (const Error &error) {
        const std::string message = error.what();
        if (message.find('\n') != std::string::npos || message.rfind("fuzzed: ", 0) != 0)
            FAIL("not one line that names the file: " << message);
        outcome.refused++;
    }
}

void mutate(Bytes &bytes, std::mt19937 &random) {
    static constexpr uint32_t words[] = {
        0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x10000, 255, 128, 64, 0x7f800000};
    for (uint32_t count = 1 + random() % 4; count > 0; count--) {
        const size_t position = random() % bytes.size();
        switch (random() % 3) {
        case 0:
            bytes[position] ^= uint8_t(1u << random() % 8);
            break;
        case 1:
            bytes[position] = uint8_t(random());
            break;
        default:
            if (const size_t word = position / 4 * 4; word + 4 <= bytes.size())
                std::memcpy(&bytes[word], &words[random() % std::size(words)], 4);
        }
    }
}

Outcome fuzz(const Importer &import, const std::vector<Bytes> &models, uint32_t seed) {
    Outcome outcome;
    std::mt19937 random(seed);
    for (uint32_t i = 0; i < fuzz_cases(); i++) {
        Bytes bytes = models[i % models.size()];
        mutate(bytes, random);
        attempt(import, bytes, outcome);
    }
    return outcome;
}

Outcome truncate(const Importer &import, const std::vector<Bytes> &models) {
    Outcome outcome;
    for (const Bytes &model : models)
        for (size_t size = 0; size < model.size(); size += 16)
            attempt(import, Bytes(model.begin(), model.begin() + std::ptrdiff_t(size)), outcome);
    return outcome;
}

} // namespace octet::test
