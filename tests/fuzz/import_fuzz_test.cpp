// Whatever bytes come in, import gives a checked graph or one Error of one line: it never crashes,
// hangs or takes unbounded memory; and the reference interpreter executes what was imported without
// looking again. Built with the sanitizers this also finds undefined behaviour.
//
// OCTET_FUZZ_CASES (20000) and OCTET_FUZZ_SEED (1) in the environment make a longer or another run.
#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/import/import.h"
#include "compiler/import/tflite/import_tflite.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"
#include "tests/support/random_graph.h"
#include "tests/support/sample_graphs.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

using namespace octet;
using namespace octet::test;

namespace {

struct Outcome {
    int imported = 0, executed = 0, refused = 0;
};

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

void attempt(const Bytes &bytes, Outcome &outcome) {
    try {
        const Graph graph = tflite::import_tflite(bytes, "fuzzed.tflite");
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
        if (message.find('\n') != std::string::npos || message.rfind("fuzzed.tflite: ", 0) != 0)
            FAIL("not one line that names the file: " << message);
        outcome.refused++;
    }
}

/// Changes a few bytes: single bits, whole bytes, and small or extreme 32-bit words, which are what
/// offsets, counts, indices and extents are made of.
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

std::vector<Bytes> written_models() {
    std::vector<Bytes> models;
    for (const Graph &graph : sample_graphs())
        models.push_back(to_tflite(graph));
    return models;
}

} // namespace

TEST_CASE("truncated models are refused") {
    Outcome outcome;
    for (const Bytes &model : written_models())
        for (size_t size = 0; size < model.size(); size += 16)
            attempt(Bytes(model.begin(), model.begin() + std::ptrdiff_t(size)), outcome);
    CHECK(outcome.refused > 1000);
    CHECK(outcome.imported == 0);
}

TEST_CASE("mutated models import or are refused") {
    Outcome outcome;
    std::mt19937 random(environment("OCTET_FUZZ_SEED", 1));
    const std::vector<Bytes> models = written_models();
    const uint32_t cases = environment("OCTET_FUZZ_CASES", 20000);
    for (uint32_t i = 0; i < cases; i++) {
        Bytes bytes = models[i % models.size()];
        mutate(bytes, random);
        attempt(bytes, outcome);
    }
    // All three happen, or the test tests nothing.
    CHECK(outcome.imported > int(cases / 20));
    CHECK(outcome.executed > int(cases / 20));
    CHECK(outcome.refused > int(cases / 20));
}

TEST_CASE("mutated structures import or are refused") {
    // Bytes of weights rarely matter, so here the constants are left out of the mutation: every
    // buffer is cut to 8 bytes before, which the importer must notice as well.
    Outcome outcome;
    std::mt19937 random(environment("OCTET_FUZZ_SEED", 1) + 1);
    const uint32_t cases = environment("OCTET_FUZZ_CASES", 20000);
    std::vector<Bytes> models;
    for (const Graph &graph : sample_graphs()) {
        tflite::schema::ModelT model = tflite::to_model(graph);
        for (auto &buffer : model.buffers)
            buffer->data.resize(std::min<size_t>(buffer->data.size(), 8));
        models.push_back(tflite::pack(model));
    }
    for (uint32_t i = 0; i < cases; i++) {
        Bytes bytes = models[i % models.size()];
        mutate(bytes, random);
        attempt(bytes, outcome);
    }
    CHECK(outcome.refused > int(cases / 2));
}

TEST_CASE("mutated shared models import or are refused") {
    const auto folder = shared_folder("models");
    if (!folder)
        return;
    Outcome outcome;
    std::mt19937 random(environment("OCTET_FUZZ_SEED", 1) + 2);
    for (const auto &entry : std::filesystem::directory_iterator(*folder)) {
        if (entry.path().extension() != ".tflite" || entry.file_size() > 500000)
            continue;
        std::ifstream stream(entry.path(), std::ios::binary);
        const Bytes model((std::istreambuf_iterator<char>(stream)), {});
        // The tables lie before or behind the weights; the ends of the file hold most of them.
        for (int i = 0; i < 400; i++) {
            Bytes bytes = model;
            const size_t window = std::min<size_t>(bytes.size(), 8192);
            Bytes part(i % 2 ? bytes.end() - std::ptrdiff_t(window) : bytes.begin(),
                       i % 2 ? bytes.end() : bytes.begin() + std::ptrdiff_t(window));
            mutate(part, random);
            std::copy(part.begin(), part.end(),
                      i % 2 ? bytes.end() - std::ptrdiff_t(window) : bytes.begin());
            attempt(bytes, outcome);
        }
        for (size_t size = 0; size < std::min<size_t>(model.size(), 4096); size += 16)
            attempt(Bytes(model.begin(), model.begin() + std::ptrdiff_t(size)), outcome);
    }
    CHECK(outcome.refused > 100);
}
