// octet run: arrays of samples through a network, equal to the reference; what does not fit is
// refused before anything is compiled.
#include "compiler/reference/interpreter.h"
#include "compiler/support/npy.h"
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace octet::test {
namespace {

/// An array of `samples` random samples for a graph's only input.
Array samples_for(const Graph &graph, int samples) {
    const Tensor &tensor = graph.tensor(graph.inputs[0]);
    Array array{tensor.dtype, tensor.shape, {}};
    array.shape[0] = samples;
    for (int run = 0; run < samples / tensor.shape[0]; run++) {
        const Bytes bytes = random_inputs(graph, uint32_t(run + 1)).at(0);
        array.data.insert(array.data.end(), bytes.begin(), bytes.end());
    }
    return array;
}

/// What the reference gives for the same samples.
Bytes expected(const Graph &graph, int runs) {
    Bytes all;
    for (int run = 0; run < runs; run++) {
        const auto values = reference::run(graph, random_inputs(graph, uint32_t(run + 1)));
        const Bytes &value = values.at(size_t(graph.outputs[0]));
        all.insert(all.end(), value.begin(), value.end());
    }
    return all;
}

void save(const Workplace &here, const std::string &name, const Array &array) {
    const NpyFile file{here / name, &array};
    write_npy({&file, 1});
}

Graph classifier(int batch, DType dtype = DType::s8) {
    RandomGraph g(5, "classifier");
    const TensorId x = g.input({batch, 5, 4, 3}, dtype);
    const TensorId q = dtype == DType::f32 ? g.quantize(x) : x;
    const TensorId y = g.conv2d(q, {.channels_out = 8, .activation = Activation::relu});
    const TensorId z = g.reshape(y, {batch, 48});
    const TensorId scores = g.fully_connected(z, {.channels_out = 7});
    return g.finish({dtype == DType::f32 ? g.dequantize(scores) : scores});
}

} // namespace

TEST_CASE("Samples run one by one or in the network's groups", "[cli]") {
    for (const auto &[batch, dtype] :
         {std::pair(1, DType::s8), std::pair(2, DType::s8), std::pair(1, DType::f32)}) {
        const Workplace here;
        const Graph graph = classifier(batch, dtype);
        here.write_model(graph, "net");
        save(here, "x.npy", samples_for(graph, 6));
        const Outcome ran = here.octet("run net.tflite --input x.npy --output y.npy");
        INFO(ran.err);
        REQUIRE(ran.exit_code == 0);
        CHECK(ran.out.empty());
        CHECK(ran.err.empty());
        const Array y = read_npy(here / "y.npy");
        CHECK(y.dtype == dtype);
        CHECK(y.shape == Shape{6, 7});
        CHECK(y.data == expected(graph, 6 / batch));
    }
}

TEST_CASE("One sample may come without its axis", "[cli]") {
    const Workplace here;
    const Graph graph = classifier(1);
    here.write_model(graph, "net");
    Array x = samples_for(graph, 1);
    x.shape.erase(x.shape.begin());
    save(here, "x.npy", x);
    REQUIRE(here.octet("run net.tflite -i x.npy -o y.npy").exit_code == 0);
    CHECK(read_npy(here / "y.npy").shape == Shape{1, 7});
    CHECK(read_npy(here / "y.npy").data == expected(graph, 1));
}

TEST_CASE("A compiled program runs with the library beside it", "[cli]") {
    const Workplace here;
    const Graph graph = classifier(2);
    here.write_model(graph, "net");
    save(here, "x.npy", samples_for(graph, 4));
    REQUIRE(here.octet("compile net.tflite -o out").exit_code == 0);
    const Outcome ran = here.octet("run out/net.octet --input x.npy --output y.npy");
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
    CHECK(read_npy(here / "y.npy").data == expected(graph, 2));
}

TEST_CASE("Several inputs and outputs", "[cli]") {
    const Workplace here;
    RandomGraph g(3, "two");
    const TensorId a = g.input({1, 4, 4, 8}), b = g.input({1, 4, 4, 8});
    const TensorId sum = g.add(a, b);
    const Graph graph = g.finish({sum, g.conv2d(a, {.channels_out = 3})});
    here.write_model(graph, "two");
    const std::vector<Bytes> inputs = random_inputs(graph, 1);
    save(here, "a.npy", {DType::s8, {1, 4, 4, 8}, inputs[0]});
    save(here, "b.npy", {DType::s8, {1, 4, 4, 8}, inputs[1]});
    const Outcome ran = here.octet("run two.tflite --input a.npy b.npy --output s.npy c.npy");
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
    const auto values = reference::run(graph, inputs);
    CHECK(read_npy(here / "s.npy").data == values.at(size_t(graph.outputs[0])));
    CHECK(read_npy(here / "c.npy").data == values.at(size_t(graph.outputs[1])));

    check_refused(here.octet("run two.tflite --input a.npy --output s.npy c.npy"), 2,
                  "has 2 inputs, --input names 1 files");
    check_refused(here.octet("run two.tflite --input a.npy b.npy --output s.npy"), 2,
                  "has 2 outputs, --output names 1 files");
    check_refused(here.octet("run two.tflite --input a.npy b.npy --output s.npy s.npy"), 2,
                  "two.tflite: --output names a file twice");
    Array longer{DType::s8, {2, 4, 4, 8}, Bytes(256)};
    save(here, "b2.npy", longer);
    check_refused(here.octet("run two.tflite --input a.npy b2.npy --output s.npy c.npy"), 2,
                  "b2.npy: holds samples for 2 runs, a.npy for 1");
}

TEST_CASE("Arrays that do not fit are refused by file, found and expected", "[cli]") {
    const Workplace here;
    const Graph graph = classifier(2);
    here.write_model(graph, "net");
    const auto refused = [&](const Array &array, const std::string &reason) {
        save(here, "x.npy", array);
        check_refused(here.octet("run net.tflite --input x.npy --output y.npy"), 2, reason);
        CHECK(here.files() == std::vector<std::string>{"net.tflite", "x.npy"});
    };
    refused({DType::s8, {2, 5, 4}, Bytes(40)}, "x.npy: its shape is 2x5x4, but input '");
    refused({DType::s8, {2, 5, 4, 4}, Bytes(160)}, "takes int8 Nx5x4x3");
    refused({DType::u8, {2, 5, 4, 3}, Bytes(120)}, "x.npy: holds uint8, but input '");
    refused({DType::s8, {3, 5, 4, 3}, Bytes(180)}, "holds 3 samples, but the network takes 2");
    refused({DType::s8, {0, 5, 4, 3}, {}}, "holds no samples");
    const Tensor &input = graph.tensor(graph.inputs[0]);
    refused({DType::f32, {2, 5, 4, 3}, Bytes(480)},
            fmt::format("takes int8 with scale {} and zero point {}; store round(x / ",
                        input.quantization.scale(), input.quantization.zero_point()));
    check_refused(here.octet("run net.tflite --input none.npy --output y.npy"), 2, "none.npy: ");
    check_refused(here.octet("run net.tflite --input net.tflite --output y.npy"), 1,
                  "net.tflite: is not a .npy file");
}

TEST_CASE("Outputs that cannot be written leave nothing behind", "[cli]") {
    const Workplace here;
    const Graph graph = classifier(1);
    here.write_model(graph, "net");
    save(here, "x.npy", samples_for(graph, 1));
    check_refused(here.octet("run net.tflite -i x.npy -o /dev/full"), 1, "No space left");
    check_refused(here.octet("run net.tflite -i x.npy -o none/y.npy"), 1, "none/y.npy: ");
    CHECK(here.files() == std::vector<std::string>{"net.tflite", "x.npy"});
}

} // namespace octet::test
