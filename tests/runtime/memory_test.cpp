// What a model costs in memory: its weights, its arena, and less than 1 MB.
#include "tests/runtime/sample_model.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace octet;
using namespace octet::test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

namespace {

constexpr size_t weight_bytes = size_t(32) << 20;
constexpr size_t arena_bytes = size_t(8) << 20;

/// Touches all its weights and all its arena; the output is a sum over the weights.
int touch(void **arguments) {
    struct Buffer {
        uint64_t device;
        const void *interface;
        uint8_t *host;
    };
    const auto host = [&](int i) { return static_cast<Buffer *>(arguments[i])->host; };
    std::memset(host(2), 1, arena_bytes);
    uint64_t sum = 0;
    for (size_t i = 0; i < weight_bytes; i += 64)
        sum += host(1)[i];
    std::memcpy(host(3), &sum, sizeof sum);
    return 0;
}

void write_file(const std::filesystem::path &path) {
    using lower::Region;
    lower::Program program;
    program.name = "large";
    program.target = "any";
    program.arenas = {{"", arena_bytes, arena_bytes}};
    program.weights.assign(weight_bytes, 3);
    program.kernels = {{"touch", "{}"}};
    lower::StoredTensor sum;
    sum.name = "sum";
    sum.dtype = DType::s64;
    sum.shape = {1};
    sum.bytes = 8;
    sum.region = Region::output;
    program.tensors = {sum};
    program.outputs = {0};
    lower::Call call;
    call.name = "touch";
    call.arguments = {{Region::weights, 0, 0, weight_bytes, -1},
                      {Region::arena, 0, 0, arena_bytes, -1},
                      {Region::output, 0, 0, 8, 0}};
    call.outputs = {0};
    program.calls = {call};
    const Bytes image = emit::write_model_file(program, 1);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(image.data()), std::streamsize(image.size()));
}

/// Highest resident set of this process, in bytes, since reset_peak().
size_t peak() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0)
            return std::stoul(line.substr(6)) * 1024;
    return 0;
}

bool reset_peak() {
    return bool(std::ofstream("/proc/self/clear_refs") << 5 << std::flush);
}

} // namespace

TEST_CASE("Peak memory is weights, arena and less than 1 MB") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("octet_memory_test_" + std::to_string(getpid()) + ".octet");
    // Another process writes the file, so that this one's heap holds nothing of it.
    const pid_t writer = fork();
    REQUIRE(writer >= 0);
    if (writer == 0) {
        write_file(path);
        _exit(0);
    }
    int result = 1;
    REQUIRE(waitpid(writer, &result, 0) == writer);
    REQUIRE(result == 0);
    if (sanitized || !reset_peak()) {
        WARN("skipped: a sanitizer's own memory would count, or the peak cannot be reset here");
        std::filesystem::remove(path);
        return;
    }

    const size_t before = peak();
    const octet_kernel kernels[] = {touch};
    const octet_library library{1, 1, kernels, "any", nullptr};
    octet_model *opened = nullptr;
    REQUIRE(octet_model_open(path.c_str(), &library, nullptr, &opened) == OCTET_OK);
    const ModelPointer model(opened);
    std::filesystem::remove(path);
    uint64_t sum = 0;
    void *outputs[] = {&sum};
    for (int i = 0; i < 3; ++i)
        REQUIRE(octet_model_run(model.get(), nullptr, outputs) == OCTET_OK);
    CHECK(sum == 3 * weight_bytes / 64);
    const size_t used = peak() - before;
    CHECK(used < weight_bytes + arena_bytes + (size_t(1) << 20));
    CHECK(used > weight_bytes + arena_bytes - (size_t(1) << 20)); // all of it was touched
}
