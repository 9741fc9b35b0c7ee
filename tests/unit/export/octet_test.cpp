// Graph -> .octet -> Graph gives the same graph, whatever is in it; weights in few bits make the
// file smaller; what is damaged or cannot be stored is one Error.
#include "compiler/export/export.h"
#include "compiler/import/import.h"
#include "compiler/import/octet/import_octet.h"
#include "compiler/import/octet/network_file.h"
#include "compiler/import/octet/network_generated.h"
#include "tests/support/compare_graphs.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"
#include "tests/support/sample_graphs.h"
#include "tests/support/shared.h"
#include "tests/support/stored_weights.h"

#include <fmt/format.h>

using namespace octet;
using namespace octet::test;
namespace schema = octet::network::schema;

namespace {

Graph round_trip(const Graph &graph) {
    return network::import_octet(to_octet(graph), graph.name);
}

/// The error of a file that `spoil` has changed in one place.
template <typename Spoil>
std::string spoiled(const Graph &graph, Spoil &&spoil) {
    const Bytes sound = to_octet(graph);
    const auto network = schema::UnPackNetwork(sound.data());
    spoil(*network);
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishNetworkBuffer(builder, schema::Network::Pack(builder, network.get()));
    const Bytes bytes(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    return error_of([&] { network::import_octet(bytes, "net.octet"); });
}

Graph dense() {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 64});
    return g.finish({g.fully_connected(x, {.channels_out = 32})});
}

} // namespace

TEST_CASE("every sample graph survives the way through a .octet file") {
    for (uint32_t seed : {1u, 2u})
        for (Graph graph : sample_graphs(seed))
            for (Rounding rounding : {Rounding::reference, Rounding::micro, Rounding::float32}) {
                CAPTURE(graph.name);
                graph.set_rounding(rounding);
                const Graph imported = round_trip(graph);
                CHECK(difference(graph, imported) == "");
                CHECK(imported.name == graph.name);
            }
}

TEST_CASE("random networks survive the way through a .octet file") {
    for (DType dtype : {DType::s8, DType::u8, DType::f32})
        for (uint32_t seed = 1; seed <= 20; seed++) {
            CAPTURE(seed, int(dtype));
            const Graph graph = random_network(seed, dtype);
            CHECK(difference(graph, round_trip(graph)) == "");
        }
}

TEST_CASE("shared networks survive the way through a .octet file") {
    const auto folder = shared_folder("models");
    if (!folder)
        return;
    int count = 0;
    for (const auto &entry : std::filesystem::directory_iterator(*folder)) {
        if (entry.path().extension() != ".tflite")
            continue;
        CAPTURE(entry.path().string());
        const Graph graph = import_model(entry.path());
        const Graph imported = round_trip(graph);
        CHECK(difference(graph, imported) == "");
        CHECK(imported.notes == graph.notes);
        count++;
    }
    CHECK(count > 5);
}

TEST_CASE("weights in few bits keep their values and their storage, and take few bytes") {
    for (int bits = 1; bits <= 8; bits++)
        for (int codebooks : {0, 1, 2, 8}) {
            CAPTURE(bits, codebooks);
            Graph graph = dense();
            const TensorId weights = graph.operators[0].inputs[1];
            store_in(graph.tensor(weights), bits, codebooks);
            const Graph imported = round_trip(graph);
            CHECK(difference(graph, imported) == "");
            CHECK(imported.tensor(weights).storage.codebook_count() == codebooks);
            const size_t stored = size_t(64 * 32 * bits / 8 + codebooks * (1 << bits));
            const Bytes empty = to_octet([&] {
                graph.tensor(weights).storage = {};
                graph.tensor(weights).data = std::make_shared<const Bytes>();
                return graph;
            }());
            // The rest of the file does not depend on it, but for alignment and a few fields.
            CHECK(to_octet(imported).size() <= empty.size() + stored + 48);
        }
}

TEST_CASE("elements are packed from the least significant bit on") {
    Tensor tensor;
    tensor.name = "w";
    tensor.dtype = DType::s8;
    tensor.shape = {5};
    tensor.data = std::make_shared<const Bytes>(Bytes{1, 0xff, 3, 0xfc, 2}); // 1, -1, 3, -4, 2
    tensor.storage.bits = 3;
    // 001 111 011 100 010, the first at the right of the first byte.
    CHECK(network::pack_elements(tensor) == Bytes{0b11111001, 0b00101000});
    CHECK(network::unpack_elements(tensor, network::pack_elements(tensor)) == *tensor.data);
}

TEST_CASE("what the storage cannot express is refused") {
    Graph graph = dense();
    Tensor &weights = graph.tensor(graph.operators[0].inputs[1]);
    weights.storage.bits = 4;
    check_message(error_of([&] { to_octet(graph); }),
                  {weights.name, "does not fit into 4 bits", "store it in more"});
    weights.storage.codebooks.assign(16, 0);
    check_message(error_of([&] { to_octet(graph); }), {"is in none of its codebook's 16 entries"});
    weights.storage.codebooks.assign(17, 0);
    check_message(error_of([&] { to_octet(graph); }), {"17 values", "multiple of 16"});
    weights.storage.codebooks.assign(16 * 3, 0);
    check_message(error_of([&] { to_octet(graph); }), {"3 codebooks along axis 0 of 32x64"});
    weights.storage = {9, {}, 0};
    check_message(error_of([&] { to_octet(graph); }), {"stored in 9 bits"});
}

TEST_CASE("damaged networks are refused by name") {
    const Graph graph = dense();
    const Bytes sound = to_octet(graph);
    for (size_t size : {size_t(0), size_t(7), sound.size() / 2, sound.size() - 1})
        check_message(error_of([&] {
                          network::import_octet(Bytes(sound.begin(), sound.begin() + long(size)),
                                                "net.octet");
                      }),
                      {"net.octet: ", "not a sound network", "copy it again"});
    check_message(spoiled(graph, [](auto &n) { n.format = 99; }), {"format 99", "reads format 1"});
    check_message(spoiled(graph, [](auto &n) { n.operators[0]->kind = "conv9d"; }),
                  {"net.octet: ", "'conv9d' is not known"});
    check_message(spoiled(graph, [](auto &n) { n.operators[0]->rounding = 7; }),
                  {"its rounding is 7"});
    check_message(spoiled(graph, [](auto &n) { n.tensors[0]->dtype = 50; }), {"its type is 50"});
    check_message(spoiled(graph, [](auto &n) { n.tensors[1]->constant->bits = 4; }),
                  {"net.octet: ", "2048 bytes", "elements of 4 bits need 1024"});
    check_message(spoiled(graph, [](auto &n) { n.tensors[1]->constant->data.pop_back(); }),
                  {"net.octet: ", "2047 bytes"});
    check_message(spoiled(graph, [](auto &n) { n.operators[0]->inputs[1] = 99; }),
                  {"input 1 is tensor 99"});
    check_message(spoiled(graph, [](auto &n) { n.inputs[0] = -7; }), {"an input is tensor -7"});
}

TEST_CASE("attributes are read exactly or not at all") {
    const Graph graph = dense();
    for (const char *text :
         {"{", "[]", "7", "{\"FullyConnectedAttributes\": 7}", "{\"FullyConnectedAttributes\": {}}",
          "{\"FullyConnectedAttributes\": {\"keep_dims\": 1, \"activation\": \"none\"}}",
          "{\"FullyConnectedAttributes\": {\"keep_dims\": false, \"activation\": \"gelu\"}}",
          "{\"FullyConnectedAttributes\": {\"keep_dims\": false, \"activation\": \"none\", \"x\": "
          "1}}",
          "{\"PackAttributes\": {\"axis\": 1e300}}", "{\"PackAttributes\": {\"axis\": 0.5}}",
          "{\"PackAttributes\": {\"axis\": 4294967297}}"}) {
        CAPTURE(text);
        check_message(spoiled(graph, [&](auto &n) { n.operators[0]->attributes = text; }),
                      {"net.octet: ", "(fully_connected): its attributes are not those that"});
    }
    check_message(
        spoiled(graph, [](auto &n) { n.operators[0]->attributes = "{\"NoSuchAttributes\": {}}"; }),
        {"'NoSuchAttributes' are not known"});
    check_message(spoiled(graph,
                          [](auto &n) {
                              n.operators[0]->attributes = "{\"PackAttributes\": {\"axis\": 0}}";
                          }),
                  {"attributes are those of another operator"});
}
