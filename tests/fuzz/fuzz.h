// What fuzz tests of all formats share: damage to files, and what must come of it.
//
// OCTET_FUZZ_CASES (20000) and OCTET_FUZZ_SEED (1) in the environment make a longer or another run.
#pragma once

#include "compiler/graph/graph.h"

#include <functional>
#include <random>

namespace octet::test {

struct Outcome {
    int imported = 0, executed = 0, refused = 0;
};

uint32_t fuzz_cases();
uint32_t fuzz_seed();

using Importer = std::function<Graph(const Bytes &file, const std::string &source)>;

/// Imports `bytes` and, where that succeeds and the network is small, executes it; the test fails
/// unless the one or the other gives what it promises.
void attempt(const Importer &import, const Bytes &bytes, Outcome &outcome);

/// Changes a few bytes: single bits, whole bytes, and small or extreme 32-bit words, which are what
/// offsets, counts, indices and extents are made of.
void mutate(Bytes &bytes, std::mt19937 &random);

/// attempt on fuzz_cases() mutations of `models` in turn.
Outcome fuzz(const Importer &import, const std::vector<Bytes> &models, uint32_t seed);

/// attempt on `models` cut short at every 16th byte.
Outcome truncate(const Importer &import, const std::vector<Bytes> &models);

} // namespace octet::test
