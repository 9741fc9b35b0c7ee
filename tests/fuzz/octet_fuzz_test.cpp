// Whatever bytes come in as a network's .octet file, there is a checked graph or one Error of one
// line; what is imported is executed by the reference without a further look.
#include "compiler/export/export.h"
#include "compiler/import/octet/import_octet.h"
#include "compiler/import/octet/network_generated.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sample_graphs.h"
#include "tests/support/stored_weights.h"

#include <catch2/catch.hpp>

using namespace octet;
using namespace octet::test;
namespace schema = octet::network::schema;

namespace {

/// The samples, their weights in few bits where they have any.
std::vector<Bytes> written_networks() {
    std::vector<Bytes> networks;
    int bits = 1;
    for (Graph graph : sample_graphs()) {
        for (Tensor &tensor : graph.tensors)
            if (tensor.constant() && tensor.dtype == DType::s8 && !tensor.shape.empty()) {
                store_in(tensor, bits, tensor.shape[0] % 2 ? 1 : 0);
                bits = bits % 8 + 1;
            }
        networks.push_back(to_octet(graph));
    }
    return networks;
}

/// Digits and a few letters of a text become others.
void mutate_text(std::string &text, std::mt19937 &random) {
    static constexpr char letters[] = "0123456789-+.eE{}[],\":tfn";
    if (!text.empty())
        text[random() % text.size()] = letters[random() % (sizeof letters - 1)];
    if (random() % 4 == 0)
        text.insert(random() % (text.size() + 1), 1, letters[random() % (sizeof letters - 1)]);
}

} // namespace

TEST_CASE("truncated networks are refused") {
    const Outcome outcome = truncate(network::import_octet, written_networks());
    CHECK(outcome.refused > 1000);
    CHECK(outcome.imported == 0);
}

TEST_CASE("mutated networks import or are refused") {
    const Outcome outcome = fuzz(network::import_octet, written_networks(), fuzz_seed());
    const int cases = int(fuzz_cases());
    CHECK(outcome.imported > cases / 20);
    CHECK(outcome.executed > cases / 20);
    CHECK(outcome.refused > cases / 20);
}

TEST_CASE("networks with mutated attributes import or are refused") {
    Outcome outcome;
    std::mt19937 random(fuzz_seed() + 1);
    const std::vector<Bytes> networks = written_networks();
    const uint32_t cases = fuzz_cases() / 4;
    for (uint32_t i = 0; i < cases; i++) {
        const auto network = schema::UnPackNetwork(networks[i % networks.size()].data());
        for (auto &op : network->operators)
            mutate_text(op->attributes, random);
        flatbuffers::FlatBufferBuilder builder;
        schema::FinishNetworkBuffer(builder, schema::Network::Pack(builder, network.get()));
        attempt(network::import_octet,
                {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()},
                outcome);
    }
    CHECK(outcome.imported > int(cases / 50));
    CHECK(outcome.refused > int(cases / 2));
}
