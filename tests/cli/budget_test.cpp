// octet quantize --budget: the file gets as small as was asked, layers differ, and what cannot be
// had is refused before anything is written.
#include "compiler/import/import.h"
#include "compiler/support/npy.h"
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"
#include "tests/support/write_file.h"

#include <catch2/catch.hpp>

#include <cstring>

namespace octet::test {
namespace {

/// A folder with net.tflite, most of whose weights are in one layer, and x.npy of 16 samples.
struct Place : Workplace {
    Place() {
        RandomGraph g(5, "net");
        const TensorId x = g.input({1, 8, 8, 3}, DType::f32);
        const TensorId y = g.conv2d(x, {.channels_out = 8, .same = true});
        const TensorId z = g.conv2d(y, {.channels_out = 32, .same = true});
        write_model(g.finish({g.fully_connected(g.reshape(z, {1, 2048}), {.channels_out = 10})}),
                    "net");
        Array array{DType::f32, {16, 8, 8, 3}, Bytes(size_t(16) * 192 * sizeof(float))};
        for (size_t i = 0; i < size_t(16) * 192; ++i) {
            const float value = g.uniform(-1.0f, 1.0f);
            std::memcpy(&array.data[i * sizeof value], &value, sizeof value);
        }
        const NpyFile file{*this / "x.npy", &array};
        write_npy({&file, 1});
    }
    Outcome quantize(const std::string &output, const std::string &options) const {
        return octet("quantize net.tflite -d x.npy --calibration minmax --correct round -o " +
                     output + " " + options);
    }
    void refused(const std::string &options, const std::string &reason, int code = 2) const {
        const std::vector<std::string> before = files();
        INFO(options);
        check_refused(quantize("q.octet", options), code, reason);
        CHECK(files() == before);
    }
};

uint64_t size_of_file(const Place &here, const std::string &name) {
    return std::filesystem::file_size(here / name);
}

} // namespace

TEST_CASE("A budget of size makes the file smaller, a layer at a time", "[cli]") {
    const Place here;
    REQUIRE(here.quantize("all.octet", "").exit_code == 0);
    const Outcome outcome = here.quantize("some.octet", "--budget size=70% --verbose");
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    CHECK_THAT(outcome.err, Catch::Contains("note: budget size=70%: the weights chosen take") &&
                                Catch::Contains("choosing bits"));
    const uint64_t all = size_of_file(here, "all.octet"), some = size_of_file(here, "some.octet");
    CHECK(some < 0.8 * double(all));
    CHECK(some > 0.5 * double(all));
    const Graph graph = import_model(here / "some.octet");
    CHECK_THAT(graph.notes.back(), Catch::Contains("budget size=70%"));

    const std::string text = R"({"budget": ["size=70%"]})";
    write_file(here / "c.json", Bytes(text.begin(), text.end()));
    REQUIRE(here.quantize("same.octet", "--config c.json").exit_code == 0);
    CHECK(size_of_file(here, "same.octet") == some);
    REQUIRE(here.quantize("wide.octet", "--config c.json --budget size=200%").exit_code == 0);
    CHECK(import_model(here / "wide.octet").tensors.size() == graph.tensors.size());
    CHECK(size_of_file(here, "wide.octet") > some);
}

TEST_CASE("A budget of latency is measured on the target", "[cli]") {
    const Place here;
    const Outcome outcome =
        here.quantize("q.octet", "--target host --budget size=60% --budget latency=100000%");
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    CHECK_THAT(outcome.err, Catch::Contains("and run for"));
    here.refused("--target host --budget latency=0.001us", "the least possible run for", 1);
    here.refused("--target host --budget latency=3M", "measured in time");
}

TEST_CASE("Budgets that cannot be kept are refused", "[cli]") {
    const Place here;
    here.refused("--budget size=10%", "budget size=10%: the least possible take", 1);
    here.refused("--budget size=3parsec", "the unit 'parsec' is not known");
    here.refused("--budget 50%", "does not say of what");
    here.refused("--budget latency=1ms", "no target is named to measure on");
    const Outcome outcome = here.quantize("q.tflite", "--budget size=60%");
    check_refused(outcome, 1, ".octet file");
    write_file(here / "c.json", Bytes{'{', '"', 'b', 'u', 'd', 'g', 'e', 't', '"', ':', '3', '}'});
    here.refused("--config c.json", "c.json: 'budget' must be a string");
}

} // namespace octet::test
