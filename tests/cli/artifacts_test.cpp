// What compile, verify and bench produce, and what disks that are full or not writable do to them.
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <random>

namespace octet::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

Graph small() {
    RandomGraph g(2, "small");
    const TensorId x = g.input({1, 6, 6, 3});
    const TensorId y = g.conv2d(x, {.channels_out = 16, .same = true});
    return g.finish({g.softmax(g.reshape(g.depthwise_conv2d(y, {.same = true}), {1, 576}))});
}

json read_json(const fs::path &file) {
    return json::parse(std::ifstream(file));
}

} // namespace

TEST_CASE("compile writes all its files and says so; a second time nothing is compiled", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    const Outcome cold = here.octet("compile small.tflite -o out/deep --name tiny");
    INFO(cold.err);
    REQUIRE(cold.exit_code == 0);
    CHECK(cold.err.empty());
    CHECK_THAT(cold.out, Catch::Contains("tiny for ") && Catch::Contains(" 0 from the cache"));
    const json manifest = read_json(here / "out/deep/manifest.json");
    CHECK(manifest["name"] == "tiny");
    REQUIRE(manifest["files"].size() == 5);
    for (const json &file : manifest["files"]) {
        CHECK(fs::file_size(here / "out/deep" / file.get<std::string>()) > 0);
        CHECK_THAT(cold.out, Catch::Contains("out/deep/" + file.get<std::string>()));
    }
    CHECK(std::distance(fs::directory_iterator(here / "out/deep"), fs::directory_iterator()) == 5);

    const Outcome warm = here.octet("compile small.tflite -o out/deep --name tiny");
    CHECK(warm.exit_code == 0);
    CHECK_THAT(warm.out, Catch::Contains(" 0 compiled"));
    CHECK(here.octet("compile small.tflite -o other --cache elsewhere").exit_code == 0);
    CHECK(fs::is_directory(here / "elsewhere"));
}

TEST_CASE("A compiled program can be inspected and measured but not compiled again", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    REQUIRE(here.octet("compile small.tflite -o out --target x86-64-avx2").exit_code == 0);
    const Outcome shown = here.octet("inspect out/small.octet");
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.out, Catch::Contains("small: compiled for x86-64-avx2, rounding reference") &&
                              Catch::Contains("softmax"));
    const std::string bench = "bench out/small.octet --seconds 0.1 --target x86-64-avx2";
    const Outcome measured = here.octet(bench);
    CHECK(measured.exit_code == 0);
    CHECK_THAT(measured.out,
               Catch::Contains("small on x86-64-avx2") && Catch::Contains("whole network"));
    check_refused(here.octet(bench + " --rounding float"), 2, "leave --rounding away");
    check_refused(here.octet("bench out/small.octet --target x86-64-avx512-vnni"), 2, "octet: ");
    fs::rename(here / "out/libsmall.a", here / "elsewhere.a");
    check_refused(here.octet(bench), 2, "libsmall.a is not beside it");
    for (const char *rest : {"verify out/small.octet", "compile out/small.octet -o again"})
        check_refused(here.octet(rest), 2,
                      "out/small.octet: holds a compiled program for target x86-64-avx2; give the "
                      "network it was compiled from");
    fs::resize_file(here / "out/small.octet", fs::file_size(here / "out/small.octet") / 2);
    check_refused(here.octet("inspect out/small.octet"), 1, "small.octet");
}

TEST_CASE("verify ends with the line that scripts read", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    for (const char *rounding : {"reference", "micro", "float"}) {
        const Outcome verified = here.octet(
            std::string("verify small.tflite --cases 3 --json v.json --rounding ") + rounding);
        INFO(verified.out << verified.err);
        CHECK(verified.exit_code == 0);
        CHECK(verified.err.empty());
        const json numbers = read_json(here / "v.json");
        CHECK(numbers["mismatches"] == 0);
        CHECK(numbers["layers"].size() >= 3);
        const std::string last =
            "0 mismatches in " + std::to_string(numbers["outputs"].get<int>()) + " outputs\n";
        CHECK(verified.out.ends_with("\n" + last));
        // Each of three cases compares at least the convolutions and the result.
        CHECK(numbers["outputs"] >= 3 * (576 + 576 + 576));
    }
}

TEST_CASE("bench writes the keys that scripts read", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    const Outcome bench = here.octet("bench small.tflite --seconds 0.05 --json b.json");
    INFO(bench.err);
    REQUIRE(bench.exit_code == 0);
    CHECK_THAT(bench.out, Catch::Contains("whole network") && Catch::Contains("of peak"));
    const json numbers = read_json(here / "b.json");
    CHECK(numbers["rounding"] == "reference");
    CHECK(numbers["threads"] == 1);
    CHECK(numbers["total_seconds_min"] > 0);
    CHECK(numbers["total_seconds_median"] >= numbers["total_seconds_min"]);
    for (const char *key : {"target", "arena_bytes", "weight_bytes", "code_bytes"})
        CHECK(numbers.contains(key));
    REQUIRE(numbers["layers"].size() >= 3);
    CHECK(numbers["layers"][0]["macs"] == 6 * 6 * 16 * 3 * 3 * 3);
    CHECK(numbers["layers"][0]["op"] == "conv2d");
    CHECK(numbers["layers"][0]["seconds_min"] > 0);
    CHECK(numbers["layers"][0]["kernel"].get<std::string>().starts_with("octet_"));
    check_refused(here.octet("bench small.tflite --seconds 0.05 --json /dev/full"), 1,
                  "/dev/full: cannot be written (No space left on device)");
}

TEST_CASE("Folders that cannot be written leave nothing behind", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    std::ofstream(here / "file") << "in the way";
    check_refused(here.octet("compile small.tflite -o file"), 1, "file");
    check_refused(here.octet("compile small.tflite -o file/out"), 1, "not a folder");
    check_refused(here.octet("compile small.tflite -o /proc/none/out"), 1, "/proc/none/out: ");
    check_refused(here.octet("verify small.tflite --cache file/cache"), 1, "file/cache");
    CHECK(here.files() == std::vector<std::string>{"file", "small.tflite"});
}

TEST_CASE("A full disk leaves nothing behind and the cache intact", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    // No file may grow over one block of 512 or 1024 bytes; writing on fails as a full disk does:
    // in the kernels at first, in the results when the cache is warm.
    const std::string limited = "trap '' XFSZ; ulimit -f 1; \"$OCTET\" compile small.tflite -o out";
    const Outcome cold = here.shell(limited);
    CHECK(cold.exit_code == 1);
    CHECK(cold.out.empty());
    CHECK_THAT(cold.err, Catch::Contains("octet: "));
    CHECK(here.files() == std::vector<std::string>{"small.tflite"});
    CHECK(here.octet("verify small.tflite").exit_code == 0);
    const Outcome warm = here.shell(limited);
    check_refused(warm, 1, "out");
    CHECK(here.files() == std::vector<std::string>{"small.tflite"});
    CHECK(here.octet("compile small.tflite -o out").exit_code == 0);
}

TEST_CASE("A compile that is killed at any moment does no harm to the next", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    std::mt19937 random(std::random_device{}());
    std::uniform_real_distribution<double> moment(0.005, 0.4);
    for (int i = 0; i < 12; i++) {
        const double when = moment(random);
        INFO("killed after " << when << " s");
        here.shell("rm -rf .cache; timeout -s KILL " + std::to_string(when) +
                   " \"$OCTET\" compile small.tflite -o out; true");
        const Outcome next = here.octet("verify small.tflite --cases 1");
        INFO(next.err);
        CHECK(next.exit_code == 0);
        CHECK(next.out.find("\n0 mismatches in ") != std::string::npos);
        REQUIRE(here.octet("compile small.tflite -o out").exit_code == 0);
        CHECK(read_json(here / "out/manifest.json")["name"] == "small");
    }
}

} // namespace octet::test
