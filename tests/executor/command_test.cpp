// A model made by hand through the runner firmware: results, counts and high-water marks on every
// core, and one clear error for each way in which the command can fail.
#include "compiler/emit/library.h"
#include "compiler/emit/model_file.h"
#include "compiler/emit/process.h"
#include "compiler/executor.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "tests/support/installed.h"

#include <catch2/catch.hpp>
#include <fmt/ranges.h>

#include <filesystem>
#include <unistd.h>

namespace octet {
namespace {

namespace fs = std::filesystem;
using lower::Region;

constexpr uint64_t elements = 64;

/// out = 2 in + 1, over the arena; the third call fails.
constexpr const char *kernels = R"(
extern "C" int double_bytes(void **arguments) {
    const signed char *in = static_cast<signed char *>(arguments[0]);
    signed char *out = static_cast<signed char *>(arguments[1]);
    for (int i = 0; i < 64; ++i)
        out[i] = static_cast<signed char>(2 * in[i]);
    return 0;
}
extern "C" int increment_bytes(void **arguments) {
    const signed char *in = static_cast<signed char *>(arguments[0]);
    signed char *out = static_cast<signed char *>(arguments[1]);
    for (int i = 0; i < 64; ++i)
        out[i] = static_cast<signed char>(in[i] + 1);
    return 0;
}
extern "C" int failing(void **) { return 1; }
)";

lower::StoredTensor tensor(const char *name, Region region) {
    lower::StoredTensor result;
    result.name = name;
    result.dtype = DType::s8;
    result.shape = {1, int(elements)};
    result.stride_c = int(elements);
    result.bytes = elements;
    result.region = region;
    return result;
}

lower::Program program_for(const Target &target, bool with_failure) {
    lower::Program program;
    program.name = "sample";
    program.target = target.name;
    program.alignment = uint64_t(target.weight_alignment);
    program.arenas = {{"sram", 256, 256}};
    program.tensors = {tensor("in", Region::input), tensor("middle", Region::arena),
                       tensor("out", Region::output)};
    program.inputs = {0};
    program.outputs = {2};
    program.kernels = {{"double_bytes", "{}"}, {"increment_bytes", "{}"}, {"failing", "{}"}};
    const auto add_call = [&](int kernel, const char *name, int in, int out) {
        lower::Call call;
        call.kernel = kernel;
        call.name = name;
        call.shape = {1, int(elements)};
        for (int id : {in, out}) {
            const lower::StoredTensor &stored = program.tensors[size_t(id)];
            call.arguments.push_back({stored.region, 0, 0, elements, id});
        }
        call.inputs = {in};
        call.outputs = {out};
        program.calls.push_back(call);
    };
    add_call(0, "twice", 0, 1);
    add_call(1, "plus one", 1, 2);
    if (with_failure)
        add_call(2, "never", 1, 2);
    return program;
}

/// A folder for the cache, removed at the end.
struct Cache {
    const fs::path folder = fs::temp_directory_path() / fmt::format("octet-{}", getpid());
    Cache() {
        fs::create_directories(folder / "libraries");
        fs::create_directories(folder / "objects");
    }
    ~Cache() { fs::remove_all(folder); }
};

Compiled compile_sample(const Target &target, const Cache &cache, bool with_failure = false) {
    Compiled compiled;
    compiled.target = target;
    compiled.cache = cache.folder;
    compiled.program = program_for(target, with_failure);
    compiled.file =
        emit::write_model_file(compiled.program, emit::fingerprint(compiled.program, target));
    const fs::path source = cache.folder / "kernels.cpp";
    const fs::path object = cache.folder / "objects" / (target.name + ".o");
    write_text_file(source, kernels);
    emit::run_command(command_line(target.toolchain.kernel_compiler, object, {source}));
    compiled.objects = {object};
    compiled.table_object =
        emit::build_library(compiled.program, target, compiled.objects, cache.folder).table_object;
    return compiled;
}

Bytes samples() {
    Bytes values(elements);
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = uint8_t(37 * i);
    return values;
}

Script whole_run() {
    Script script;
    const Bytes in = samples();
    script.write({Region::input, 0, 0, elements}, in.data());
    script.run();
    script.read({Region::output, 0, 0, elements});
    return script;
}

std::string message_of(const Compiled &compiled, const Script &script = whole_run()) {
    try {
        make_executor(compiled)->execute(script);
        return "";
    } catch (const Error &error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("Every core computes, counts and marks", "[executor]") {
    const Cache cache;
    for (const std::string &name : target_names()) {
        const Target target = find_target(name);
        if (target.family != "cortex_m" || !test::installed(target))
            continue;
        INFO(name);
        const Compiled compiled = compile_sample(target, cache);
        const std::unique_ptr<Executor> executor = make_executor(compiled);
        Script script;
        const Bytes in = samples();
        script.paint();
        script.write({Region::input, 0, 0, elements}, in.data());
        script.run();
        script.marks();
        script.read({Region::output, 0, 0, elements});
        script.fill({Region::arena, 0, 0, elements}, 5);
        script.call(1);
        script.read({Region::output, 0, 3, 1});
        script.call(0);
        const Outcome outcome = executor->execute(script);
        REQUIRE(outcome.reads.size() == 2);
        for (size_t i = 0; i < elements; ++i)
            CHECK(outcome.reads[0][i] == uint8_t(2 * in[i] + 1));
        CHECK(outcome.reads[1] == Bytes{6});
        // The whole run is both kernels and the runtime around them; a single call is counted
        // around its kernel alone.
        REQUIRE(outcome.instructions.size() == 3);
        CHECK(outcome.instructions[1] > 16);
        const uint64_t calls = outcome.instructions[1] + outcome.instructions[2];
        CHECK(outcome.instructions[0] > calls);
        CHECK(outcome.instructions[0] < calls + 400);
        REQUIRE(outcome.marks.size() == 1);
        CHECK(outcome.marks[0].stack > 0);
        CHECK(outcome.marks[0].stack < 1024);
        CHECK(outcome.marks[0].arenas == std::vector<uint64_t>{elements});
        // Counts are exact.
        CHECK(make_executor(compiled)->execute(script).instructions == outcome.instructions);
        const Count counted = count(compiled);
        CHECK(counted.total == outcome.instructions[0]);
        CHECK(counted.layers ==
              std::vector<uint64_t>{outcome.instructions[2], outcome.instructions[1]});
        CHECK(counted.arena_bytes == elements);
    }
}

TEST_CASE("A kernel that fails is named by its call", "[executor]") {
    const Cache cache;
    const Target target = find_target("cortex-m3");
    if (!test::installed(target))
        return;
    const Compiled compiled = compile_sample(target, cache, true);
    CHECK_THAT(message_of(compiled), Catch::Contains("sample: kernel failed (status 6)"));
    Script script;
    script.call(2);
    CHECK_THAT(message_of(compiled, script), Catch::Contains("never: kernel failed (status 6)"));
}

TEST_CASE("A command that fails in any way is one clear error", "[executor]") {
    const Cache cache;
    Target target = find_target("cortex-m4");
    if (!test::installed(target))
        return;
    Compiled compiled = compile_sample(target, cache);
    const auto with_command = [&](const std::vector<std::string> &command, double seconds = 20) {
        compiled.target.runner.command = command;
        compiled.target.runner.seconds = seconds;
        return message_of(compiled);
    };
    const auto with_shell = [&](const std::string &script, double seconds = 20) {
        return with_command({"sh", "-c", script}, seconds);
    };
    CHECK_THAT(with_command({"no-such-emulator", "{program}"}),
               Catch::Contains("target cortex-m4: runs with no-such-emulator, which is not"));
    CHECK_THAT(with_shell("echo board is off >&2; exit 4"),
               Catch::Contains("target cortex-m4: sh exited with 4: board is off"));
    CHECK_THAT(with_shell("sleep 50", 1), Catch::Contains("sh took more than 1 s and was stopped"));
    CHECK_THAT(with_shell("kill -SEGV $$"), Catch::Contains("ended by signal 11"));
    CHECK_THAT(with_shell("true"), Catch::Contains("result of the run: ends after 0 bytes"));
    CHECK_THAT(with_shell("test -s {script} && test -x {program} && cat {script} > {result}"),
               Catch::Contains("sample: ") && Catch::Contains("(status 1398031183)"));
    // An emulator that stops by itself, and one for another core.
    std::vector<std::string> emulator = target.runner.command;
    *std::ranges::find(emulator, "mps2-an386") = "no-such-machine";
    CHECK_THAT(with_command(emulator), Catch::Contains("qemu-system-arm exited with 1: "));
    emulator = target.runner.command;
    emulator.at(emulator.size() - 3) = "{plugin}";
    CHECK_THAT(with_command(emulator), Catch::Contains("qemu-system-arm exited with"));
    // Without counts the results are the same.
    emulator = target.runner.command;
    emulator.erase(std::ranges::find(emulator, "-plugin"), std::ranges::find(emulator, "-kernel"));
    CHECK(with_command(emulator).empty());
    CHECK(make_executor(compiled)->execute(whole_run()).instructions.empty());
    CHECK(count(compiled).layers.empty());
    CHECK(count(compiled).stack_bytes > 0);
}

TEST_CASE("A board's own script runs the firmware", "[executor]") {
    const Cache cache;
    Target target = find_target("cortex-m4");
    if (!test::installed(target))
        return;
    Compiled compiled = compile_sample(target, cache);
    compiled.target.runner.command = {
        "sh",
        "-c",
        "qemu-system-arm -M mps2-an386 -display none -serial none -monitor none "
        "-semihosting-config enable=on,target=native,arg=runner,arg=$2,arg=$3 -kernel $1 && "
        "echo 123 > $4",
        "board",
        "{program}",
        "{script}",
        "{result}",
        "{counts}"};
    const Outcome outcome = make_executor(compiled)->execute(whole_run());
    CHECK(outcome.reads.at(0).at(1) == uint8_t(2 * 37 + 1));
    CHECK(outcome.instructions == std::vector<uint64_t>{123});
}

TEST_CASE("Firmware that cannot be built names the command that failed", "[executor]") {
    const Cache cache;
    const Target target = find_target("cortex-m4");
    if (!test::installed(target))
        return;
    Compiled compiled = compile_sample(target, cache);
    compiled.target.memories.at(0).bytes = 1024; // less than the stack
    CHECK_THAT(message_of(compiled), Catch::Contains("arm-none-eabi-gcc: exited with 1"));
    compiled = compile_sample(target, cache);
    compiled.target.toolchain.c_compiler.insert(compiled.target.toolchain.c_compiler.begin() + 1,
                                                "--no-such-option");
    CHECK_THAT(message_of(compiled), Catch::Contains("--no-such-option"));
    compiled.target.runner.kind = Runner::Kind::none;
    CHECK_THAT(message_of(compiled), Catch::Contains("names no runner"));
}

} // namespace octet
