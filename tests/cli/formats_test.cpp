// Networks in other formats than .tflite: every verb takes them, and a network's .octet file is
// told from a compiled one.
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"
#include "tests/support/stored_weights.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

Graph classifier(DType dtype) {
    RandomGraph g(7, "classifier");
    const TensorId x = g.input({1, 6, 6, 4}, dtype);
    const TensorId y = g.conv2d(x, {.channels_out = 8, .same = true});
    return g.finish({g.fully_connected(g.reshape(y, {1, 288}), {.channels_out = 5})});
}

} // namespace

TEST_CASE("a network's .octet file is a MODEL", "[cli]") {
    const Workplace here;
    Graph graph = classifier(DType::s8);
    const Tensor &kernel = graph.tensor(graph.operators[0].inputs[1]);
    store_in(graph.tensor(graph.operators[0].inputs[1]), 4, 0);
    store_in(graph.tensor(graph.operators[2].inputs[1]), 3, 5);
    here.write_model(graph, "net", ".octet");

    const Outcome shown = here.octet("inspect net.octet");
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.out, Catch::Contains("net.octet: net, 3 operators") &&
                              Catch::Contains("constant, 4 bits") &&
                              Catch::Contains("constant, 5 codebooks of 3 bits") &&
                              Catch::Contains(kernel.name));
    const Outcome verified = here.octet("verify net.octet --cases 2");
    CHECK(verified.exit_code == 0);
    CHECK_THAT(verified.out, Catch::Contains("0 mismatches"));

    // Compiled, it is another file of that extension.
    CHECK(here.octet("compile net.octet -o out").exit_code == 0);
    CHECK_THAT(here.octet("inspect out/net.octet").out, Catch::Contains("net: compiled for"));
    check_refused(here.octet("compile out/net.octet -o again"), 2, "holds a compiled program");
}

TEST_CASE("inspect shows float networks in all formats", "[cli]") {
    const Workplace here;
    for (const char *extension : {".octet", ".onnx", ".tflite"}) {
        here.write_model(classifier(DType::f32), "net", extension);
        const Outcome shown = here.octet(std::string("inspect net") + extension);
        CAPTURE(extension, shown.err);
        CHECK(shown.exit_code == 0);
        CHECK_THAT(shown.out, Catch::Contains("conv2d") && Catch::Contains("float32") &&
                                  Catch::Contains("fully_connected"));
    }
}

} // namespace octet::test
