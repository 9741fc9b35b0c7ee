// Whatever bytes come in, import gives a checked graph or one Error of one line: it never crashes,
// hangs or takes unbounded memory; and the reference interpreter executes what was imported without
// looking again. Built with the sanitizers this also finds undefined behaviour.
#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/import/tflite/import_tflite.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sample_graphs.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace octet;
using namespace octet::test;

namespace {

std::vector<Bytes> written_models() {
    std::vector<Bytes> models;
    for (const Graph &graph : sample_graphs())
        models.push_back(to_tflite(graph));
    return models;
}

} // namespace

TEST_CASE("truncated models are refused") {
    const Outcome outcome = truncate(tflite::import_tflite, written_models());
    CHECK(outcome.refused > 1000);
    CHECK(outcome.imported == 0);
}

TEST_CASE("mutated models import or are refused") {
    const Outcome outcome = fuzz(tflite::import_tflite, written_models(), fuzz_seed());
    // All three happen, or the test tests nothing.
    const int cases = int(fuzz_cases());
    CHECK(outcome.imported > cases / 20);
    CHECK(outcome.executed > cases / 20);
    CHECK(outcome.refused > cases / 20);
}

TEST_CASE("mutated structures import or are refused") {
    // Bytes of weights rarely matter, so here the constants are left out of the mutation: every
    // buffer is cut to 8 bytes before, which the importer must notice as well.
    std::vector<Bytes> models;
    for (const Graph &graph : sample_graphs()) {
        tflite::schema::ModelT model = tflite::to_model(graph);
        for (auto &buffer : model.buffers)
            buffer->data.resize(std::min<size_t>(buffer->data.size(), 8));
        models.push_back(tflite::pack(model));
    }
    const Outcome outcome = fuzz(tflite::import_tflite, models, fuzz_seed() + 1);
    CHECK(outcome.refused > int(fuzz_cases() / 2));
}

TEST_CASE("mutated shared models import or are refused") {
    const auto folder = shared_folder("models");
    if (!folder)
        return;
    Outcome outcome;
    std::mt19937 random(fuzz_seed() + 2);
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
            attempt(tflite::import_tflite, bytes, outcome);
        }
        for (size_t size = 0; size < std::min<size_t>(model.size(), 4096); size += 16)
            attempt(tflite::import_tflite,
                    Bytes(model.begin(), model.begin() + std::ptrdiff_t(size)), outcome);
    }
    CHECK(outcome.refused > 100);
}
