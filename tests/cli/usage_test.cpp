// Wrong use of the command: exit code 2, one line, and never anything left behind.
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

#include <fstream>

namespace octet::test {
namespace {

Graph small() {
    RandomGraph g(1, "small");
    const TensorId x = g.input({1, 6, 6, 3});
    return g.finish({g.conv2d(x, {.channels_out = 4})});
}

} // namespace

TEST_CASE("Help and version", "[cli]") {
    const Workplace here;
    for (const char *verb : {"compile", "run", "verify", "bench", "inspect", "targets"}) {
        CHECK_THAT(here.octet("--help").out, Catch::Contains(verb));
        const Outcome help = here.octet(std::string(verb) + " --help");
        CHECK(help.exit_code == 0);
        CHECK_THAT(help.out, Catch::Contains("Example"));
        CHECK(help.err.empty());
    }
    CHECK(here.octet("--version").exit_code == 0);
}

TEST_CASE("Unknown verbs and options, missing ones, values out of range", "[cli]") {
    const Workplace here;
    check_refused(here.octet(""), 2, "a verb is missing");
    check_refused(here.octet("levitate x.tflite"), 2,
                  "'levitate' is not a verb; use compile, run, verify, bench, quantize, evaluate, "
                  "inspect, targets");
    check_refused(here.octet("--loud"), 2, "'--loud' is not a verb");
    check_refused(here.octet("verify"), 2, "MODEL is required; see octet verify --help");
    check_refused(here.octet("verify a.tflite --fast"), 2, "--fast");
    check_refused(here.octet("compile a.tflite"), 2, "--output is required");
    check_refused(here.octet("run a.tflite --input x.npy"), 2, "--output is required");
    check_refused(here.octet("verify a.tflite --cases 0"), 2, "--cases");
    check_refused(here.octet("verify a.tflite --cases many"), 2, "--cases");
    check_refused(here.octet("bench a.tflite --threads 0"), 2, "--threads");
    check_refused(here.octet("bench a.tflite --seconds nan"), 2, "--seconds: nan is not a number");
}

TEST_CASE("Models that are missing, of another kind, or damaged", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    for (const char *verb : {"verify", "bench", "inspect", "compile -o out"}) {
        check_refused(here.octet(std::string(verb) + " none.tflite"), 2, "none.tflite: ");
        check_refused(here.octet(std::string(verb) + " ."), 2, ".: ");
    }
    std::ofstream(here / "note.txt") << "This is a note and no network at all.\n";
    CHECK(here.octet("inspect note.txt").exit_code != 0);
    CHECK_THAT(here.octet("inspect note.txt").err, Catch::Contains("note.txt: "));

    const auto whole = std::filesystem::file_size(here / "small.tflite");
    for (uintmax_t size : {whole - 1, whole / 2, uintmax_t(9), uintmax_t(1), uintmax_t(0)}) {
        std::filesystem::copy_file(here / "small.tflite", here / "cut.tflite");
        std::filesystem::resize_file(here / "cut.tflite", size);
        const Outcome cut = here.octet("compile cut.tflite -o out");
        INFO("cut to " << size << " of " << whole);
        check_refused(cut, cut.exit_code, "cut.tflite: ");
        CHECK((cut.exit_code == 1 || cut.exit_code == 2));
        std::filesystem::remove(here / "cut.tflite");
    }
    CHECK(here.files() == std::vector<std::string>{"note.txt", "small.tflite"});
}

TEST_CASE("Targets and roundings that do not exist, names that are none", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    check_refused(here.octet("verify small.tflite --target z80"), 2,
                  "'z80' is not known; use host");
    check_refused(here.octet("verify small.tflite --target z80.json"), 2, "z80.json: ");
    check_refused(here.octet("verify small.tflite --rounding up"), 2,
                  "'up' is not known; use reference, micro or float");
    check_refused(here.octet("compile small.tflite -o out --name 9lives"), 2, "9lives");
    check_refused(here.octet("compile small.tflite -o out --name ../up"), 2, "../up");
    CHECK(here.files() == std::vector<std::string>{"small.tflite"});
}

TEST_CASE("A full standard output is an error", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    const Outcome full = here.shell("\"$OCTET\" inspect small.tflite >/dev/full");
    check_refused(full, 1, "standard output cannot be written");
}

TEST_CASE("Targets: list, show, create, check", "[cli]") {
    const Workplace here;
    const Outcome list = here.octet("targets");
    CHECK(list.exit_code == 0);
    CHECK_THAT(list.out, Catch::Contains("host") && Catch::Contains("x86-64-avx512-vnni"));
    CHECK_THAT(here.octet("targets x86-64-avx2").out, Catch::Contains("16 registers of 256 bits"));
    check_refused(here.octet("targets z80"), 2, "'z80' is not known");

    // A folder of one's own.
    const auto mine = [&](const std::string &arguments) {
        return here.shell("export OCTET_TARGETS=\"$PWD/mine\"; \"$OCTET\" targets " + arguments);
    };
    std::filesystem::create_directory(here / "mine");
    std::filesystem::copy(OCTET_TARGETS_SOURCE "/x86-64-avx2.json", here / "mine");
    CHECK(mine("new chip --like x86-64-avx2").exit_code == 0);
    CHECK(std::filesystem::exists(here / "mine/chip.json"));
    CHECK_THAT(mine("").out, Catch::Contains("chip"));
    CHECK(here.octet("targets check mine/chip.json").exit_code == 0);
    check_refused(mine("new chip --like x86-64-avx2"), 2, "exists already");
    check_refused(mine("new ../chip --like x86-64-avx2"), 2, "'../chip'");
    check_refused(mine("new chip2 --like z80"), 2, "'z80' is not known");
    check_refused(mine("new chip2"), 2, "--like is required");
    check_refused(here.octet("targets check none.json"), 2, "none.json: ");
    std::ofstream(here / "bad.json") << R"({"description": "no more"})";
    check_refused(here.octet("targets check bad.json"), 1, "bad.json: field /halide is missing");
}

} // namespace octet::test
