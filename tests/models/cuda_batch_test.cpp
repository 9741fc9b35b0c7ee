// Batches on CUDA cards: a network compiled for eight images runs on any number of them, in the PTX
// interpreter or on a card, and gives for each image what the reference gives for it alone.
#include "compiler/compile.h"
#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/graph/batch.h"
#include "compiler/import/import.h"
#include "compiler/reference/interpreter.h"
#include "runtime/include/octet/octet.h"
#include "tests/operators/kernels_cache.h"
#include "tests/support/random_graph.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

constexpr int batch = 8;

/// The reference's outputs for `count` random images, one behind another, and the images.
struct Expected {
    std::vector<Bytes> inputs, outputs;

    Expected(const Graph &graph, int count)
        : inputs(graph.inputs.size()), outputs(graph.outputs.size()) {
        for (int image = 0; image < count; ++image) {
            const std::vector<Bytes> one = random_inputs(graph, uint32_t(image + 1));
            const std::vector<Bytes> values = reference::run(graph, one);
            for (size_t i = 0; i < one.size(); ++i)
                inputs[i].insert(inputs[i].end(), one[i].begin(), one[i].end());
            for (size_t i = 0; i < outputs.size(); ++i) {
                const Bytes &output = values.at(size_t(graph.outputs[i]));
                outputs[i].insert(outputs[i].end(), output.begin(), output.end());
            }
        }
    }
};

void check_counts(const Graph &graph, const Compiled &compiled, const std::vector<int> &counts) {
    Session session(compiled);
    REQUIRE(octet_model_images(session.model()) == batch);
    for (const int count : counts) {
        INFO(count << " images");
        const Expected expected(graph, count);
        std::vector<Bytes> outputs;
        std::vector<const void *> in;
        std::vector<void *> out;
        for (const Bytes &input : expected.inputs)
            in.push_back(input.data());
        for (const Bytes &output : expected.outputs)
            outputs.emplace_back(output.size());
        for (Bytes &output : outputs)
            out.push_back(output.data());
        const octet_status status =
            octet_model_run_images(session.model(), size_t(count), in.data(), out.data());
        INFO(octet_last_error());
        REQUIRE(status == OCTET_OK);
        CHECK(outputs == expected.outputs);
    }
}

void check_network(const Graph &graph, const std::string &name, const std::vector<int> &counts) {
    INFO(graph.name << " on " << name);
    CompileOptions options;
    options.target = find_target(name);
    options.target.cuda.architectures.clear(); // The interpreter reads PTX.
    options.cache = KernelCache::folder();
    check_counts(graph, compile(with_batch(graph, batch), options), counts);
}

void check_networks(const std::string &name) {
    for (uint32_t seed = 21; seed < 24; ++seed)
        check_network(random_network(seed), name, {batch, 1, 5});
    if (const auto models = shared_folder("models"))
        // Few images first: nothing has been computed for the others before.
        check_network(import_model(*models / "ic_resnet8_int8.tflite"), name, {1, 3, batch});
}

TEST_CASE("batches on cuda-sm61", "[sm61]") {
    check_networks("cuda-sm61");
}

TEST_CASE("batches on cuda-sm80", "[sm80]") {
    if (emit::has_tile_functions())
        check_networks("cuda-sm80");
}

TEST_CASE("A CPU computes all images of a batch", "[cpu]") {
    const Graph graph = random_network(21);
    CompileOptions options;
    options.target = find_target("host");
    options.cache = KernelCache::folder();
    const Compiled compiled = compile(with_batch(graph, batch), options);
    check_counts(graph, compiled, {batch});
    Session session(compiled);
    CHECK(octet_model_run_images(session.model(), 3, nullptr, nullptr) == OCTET_ERROR_ARGUMENT);
    CHECK(std::string(octet_last_error()).find("compute 8 images at once") != std::string::npos);
}

} // namespace
} // namespace octet::test
