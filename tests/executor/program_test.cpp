// Programs that fail, hang or print without end are one clear error.
#include "compiler/executor/elf.h"
#include "compiler/executor/program.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>

namespace octet {
namespace {

std::string run_shell(const std::string &script, double seconds = 20) {
    return run_program("chip", {"/bin/sh", "-c", script}, "/", seconds);
}

double seconds_of(const std::function<void()> &work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TEST_CASE("What a program prints is kept, from both streams", "[executor]") {
    CHECK(run_shell("echo out; echo err >&2; pwd") == "out\nerr\n/\n");
    CHECK(run_shell("cat").empty()); // nothing comes from standard input
}

TEST_CASE("A program that fails is named with its last line", "[executor]") {
    CHECK_THROWS_WITH(run_shell("echo one; echo two; echo; exit 3"),
                      Catch::Contains("chip: /bin/sh exited with 3: two; "));
    CHECK_THROWS_WITH(run_shell("exit 3"), Catch::Contains("exited with 3; "));
    CHECK_THROWS_WITH(run_shell("kill -9 $$"), Catch::Contains("ended by signal 9 (Killed)"));
    CHECK_THROWS_WITH(run_program("chip", {"no-such-program"}, "/", 5),
                      Catch::Contains("no-such-program exited with 127: No such file"));
    CHECK_THROWS_WITH(run_program("chip", {"true"}, "/no/such/folder", 5),
                      Catch::Contains("No such file"));
}

TEST_CASE("A program that hangs is stopped with what it has started", "[executor]") {
    for (const char *script : {"echo started; exec sleep 50", "echo started; sleep 50; true",
                               "echo started; sleep 50 & wait"}) {
        const double taken = seconds_of([&] {
            CHECK_THROWS_WITH(run_shell(script, 1), Catch::Contains("took more than 1 s") &&
                                                        Catch::Contains("after saying: started"));
        });
        CHECK(taken < 10);
    }
}

TEST_CASE("A program that prints without end takes no memory", "[executor]") {
    const std::string text = run_shell("yes line | head -c 30000000");
    CHECK(text.size() < 1000000);
    CHECK_THROWS_WITH(run_shell("yes line", 1), Catch::Contains("took more than 1 s"));
}

TEST_CASE("Symbols of what is no 32-bit executable are not found", "[executor]") {
    for (const char *file : {"/proc/self/exe", "/proc/self/status", "/no/such/file"})
        CHECK_THROWS_WITH(address_of(file, "main"), Catch::Contains("has no symbol main"));
}

} // namespace octet
