// The driver API: devices, modules, streams, graphs, events, limits.
#include "kernel.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace octet::test;

namespace {

const std::string add_one = kernel(std::string(own_word) + "ld.global.b32 %r0, [%rd0];\n"
                                                           "add.s32 %r0, %r0, 1;\n"
                                                           "st.global.b32 [%rd0], %r0;");

// A fat binary with these images: kind (1 PTX, 2 machine code), compute capability, flags, bytes.
struct Part {
    uint16_t kind;
    uint32_t capability;
    uint64_t flags;
    std::string bytes;
};
std::string fat_binary(const std::vector<Part> &parts) {
    std::string body;
    auto put = [](std::string &to, auto value) {
        to.append(reinterpret_cast<const char *>(&value), sizeof value);
    };
    for (Part part : parts) {
        part.bytes.resize((part.bytes.size() + 8) / 8 * 8);
        put(body, part.kind);
        put(body, uint16_t{0x101});
        put(body, uint32_t{64});
        put(body, uint64_t{part.bytes.size()});
        put(body, uint64_t{0});
        put(body, uint32_t{0});
        put(body, part.capability);
        put(body, uint64_t{0});
        put(body, part.flags);
        body.append(16, '\0');
        body += part.bytes;
    }
    std::string all;
    put(all, uint32_t{0xba55ed50});
    put(all, uint16_t{1});
    put(all, uint16_t{16});
    put(all, uint64_t{body.size()});
    return all + body;
}

} // namespace

TEST_CASE("The device says what it is") {
    Device device("cc=9.0,memory=1G,driver=12040");
    char name[64];
    int major = 0, minor = 0, version = 0, shared = 0;
    size_t bytes = 0;
    CHECK(cuDeviceGetName(name, sizeof name, 0) == 0);
    CHECK(std::string(name) == "Octet PTX interpreter (sm_90)");
    CHECK(cuDeviceGetAttribute(&major, 75, 0) == 0);
    CHECK(cuDeviceGetAttribute(&minor, 76, 0) == 0);
    CHECK(cuDeviceGetAttribute(&shared, 97, 0) == 0);
    CHECK(cuDeviceTotalMem_v2(&bytes, 0) == 0);
    CHECK(cuDriverGetVersion(&version) == 0);
    CHECK(
        (major == 9 && minor == 0 && version == 12040 && bytes == 1u << 30 && shared == 227 << 10));
    CHECK(cuDeviceGetName(name, sizeof name, 1) == CUDA_ERROR_INVALID_DEVICE);
}

TEST_CASE("Memory has a limit and copies have bounds") {
    Device device("memory=1M");
    CUdeviceptr a = 0, b = 0;
    CHECK(cuMemAlloc_v2(&a, 700 << 10) == CUDA_SUCCESS);
    CHECK(cuMemAlloc_v2(&b, 700 << 10) == CUDA_ERROR_OUT_OF_MEMORY);
    size_t free = 0, total = 0;
    CHECK(cuMemGetInfo_v2(&free, &total) == 0);
    CHECK((free == 324 << 10 && total == 1 << 20));
    CHECK(cuMemFree_v2(a) == CUDA_SUCCESS);
    CHECK(cuMemFree_v2(a) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemAlloc_v2(&b, 700 << 10) == CUDA_SUCCESS);
    std::vector<char> host(700 << 10);
    CHECK(cuMemcpyHtoD_v2(b + 1, host.data(), host.size()) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemcpyDtoH_v2(host.data(), a, 1) == CUDA_ERROR_INVALID_VALUE);
    CHECK(cuMemsetD8_v2(b, 7, host.size()) == CUDA_SUCCESS);
    CHECK(cuMemcpyDtoH_v2(host.data(), b, host.size()) == CUDA_SUCCESS);
    CHECK(host == std::vector<char>(host.size(), 7));
}

TEST_CASE("Modules that are refused say why") {
    Device device;
    CUmodule module = nullptr;
    auto refused = [&](const std::string &image, CUresult error, const std::string &why) {
        char log[256] = "";
        int options[] = {5, 6};
        void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
        CHECK(cuModuleLoadDataEx(&module, image.c_str(), 2, options, values) == error);
        CHECK_THAT(log, Catch::Contains(why));
    };
    refused(kernel("frobnicate.s32 %r0, %r1;"), CUDA_ERROR_INVALID_PTX, "frobnicate");
    refused(kernel("add.s32.funny %r0, %r1, %r2;"), CUDA_ERROR_INVALID_PTX, ".funny");
    refused(kernel("add.s32 %r0, %r1;"), CUDA_ERROR_INVALID_PTX, "too few operands");
    refused(kernel("add.s32 %r0, %r1, %r2, %r3;"), CUDA_ERROR_INVALID_PTX, "one too many");
    refused(kernel("add.s32 %rd0, %r1, %r2;"), CUDA_ERROR_INVALID_PTX, "64 bits");
    refused(kernel("add.s32 %unknown, %r1, %r2;"), CUDA_ERROR_INVALID_PTX, "%unknown");
    refused(kernel("bra NOWHERE;"), CUDA_ERROR_INVALID_PTX, "NOWHERE");
    const std::string text =
        kernel("add.s32 %r0, %r1, %r2;\n\n/* a comment\n of two lines */ foo;");
    const auto line = 1 + std::count(text.begin(), text.begin() + text.find("foo"), '\n');
    refused(text, CUDA_ERROR_INVALID_PTX, "PTX line " + std::to_string(line) + ":");
    refused(kernel("", "sm_90"), CUDA_ERROR_NO_BINARY_FOR_GPU, "sm_90 does not run on sm_80");
    CHECK(cuModuleLoadData(&module, add_one.c_str()) == 0);
    CUfunction function = nullptr;
    CHECK(cuModuleGetFunction(&function, module, "nothing") == CUDA_ERROR_NOT_FOUND);
}

TEST_CASE("Of a fat binary the newest PTX that fits is taken") {
    const auto result = [](int constant) {
        const std::string number = std::to_string(constant);
        return kernel(std::string(own_word) + "st.global.b32 [%rd0], " + number + ";",
                      "sm_" + number);
    };
    const std::string all = fat_binary({{2, 80, 0,
                                         "\x7f"
                                         "ELF"},
                                        {1, 75, 0, result(75)},
                                        {1, 80, 0, result(80)},
                                        {1, 90, 0, result(90)}});
    for (auto [settings, want] : {std::pair{"cc=8.6", 80u}, {"cc=7.5", 75u}, {"cc=9.0", 90u}}) {
        Device device(settings);
        CUmodule module = nullptr;
        REQUIRE(cuModuleLoadData(&module, all.data()) == 0);
        const CUdeviceptr out = device.allocate(128);
        REQUIRE(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {out, 0, 0, 0}) == 0);
        CHECK(device.download<uint32_t>(out, 32)[31] == want);
    }
    Device device;
    CUmodule module = nullptr;
    CHECK(cuModuleLoadData(&module, fat_binary({{2, 80, 0, "x"}}).data()) ==
          CUDA_ERROR_NO_BINARY_FOR_GPU);
    CHECK(cuModuleLoadData(&module, fat_binary({{1, 80, 0x8000, "x"}}).data()) ==
          CUDA_ERROR_NO_BINARY_FOR_GPU);
}

TEST_CASE("Fat binaries that NVIDIA's tool has made") {
    if (std::system("command -v fatbinary >/dev/null 2>&1") != 0) {
        WARN("there is no fatbinary; only hand-made fat binaries are tested");
        return;
    }
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("octet_fatbin_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::string ptx = folder / "module.ptx", made = folder / "module.fatbin";
    std::ofstream(ptx) << add_one;
    for (bool compressed : {false, true}) {
        const std::string command = "fatbinary --64 --create=" + made +
                                    " --compress=" + (compressed ? "true" : "false") +
                                    " --image3=kind=ptx,sm=80,file=" + ptx + " >/dev/null 2>&1";
        REQUIRE(std::system(command.c_str()) == 0);
        std::ifstream file(made, std::ios::binary);
        const std::string image((std::istreambuf_iterator<char>(file)), {});
        Device device;
        CUmodule module = nullptr;
        CHECK(cuModuleLoadData(&module, image.data()) ==
              (compressed ? CUDA_ERROR_NO_BINARY_FOR_GPU : CUDA_SUCCESS));
        if (compressed)
            continue;
        const CUdeviceptr data = device.upload(std::vector<uint32_t>(32, 4));
        CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}) == 0);
        CHECK(device.download<uint32_t>(data, 32)[9] == 5);
    }
    std::filesystem::remove_all(folder);
}

TEST_CASE("Launches outside of the limits are refused") {
    Device device;
    const CUmodule module = device.load(kernel("mov.u64 %rd0, more;\nst.shared.b32 [%rd0+16], %i;",
                                               "sm_80", ".extern .shared .align 16 .b8 more[];\n"));
    CUfunction function = nullptr;
    REQUIRE(cuModuleGetFunction(&function, module, "k") == 0);
    CHECK(device.launch(module, "k", {1, 1, 1}, {1025, 1, 1}, {0, 0, 0, 0}) != 0);
    CHECK(device.launch(module, "k", {0, 1, 1}, {32, 1, 1}, {0, 0, 0, 0}) ==
          CUDA_ERROR_INVALID_VALUE);
    CHECK(device.launch(module, "k", {1, 70000, 1}, {32, 1, 1}, {0, 0, 0, 0}) != 0);
    CHECK(device.launch(module, "k", {1, 1, 1}, {1, 1, 1}, {0, 0, 0, 0}, 64 << 10) != 0);
    CHECK(cuFuncSetAttribute(function, 8, 64 << 10) == 0);
    CHECK(device.launch(module, "k", {1, 1, 1}, {1, 1, 1}, {0, 0, 0, 0}, 64 << 10) == 0);
    CHECK(cuFuncSetAttribute(function, 8, 164 << 10) == CUDA_ERROR_INVALID_VALUE);
    CHECK(device.launch(module, "k", {1, 1, 1}, {1, 1, 1}, {0, 0, 0, 0}, 16) ==
          CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_CASE("A captured stream is replayed as a graph") {
    for (const char *settings : {"", "streams=late"}) {
        Device device(settings);
        const CUmodule module = device.load(add_one);
        const CUdeviceptr data = device.upload(std::vector<uint32_t>(32, 10));
        std::vector<uint32_t> host(32);
        CUstream stream = nullptr, other = nullptr;
        CUevent fork = nullptr, join = nullptr;
        REQUIRE(cuStreamCreate(&stream, 0) == 0);
        REQUIRE(cuStreamCreate(&other, 0) == 0);
        REQUIRE(cuEventCreate(&fork, 0) == 0);
        REQUIRE(cuEventCreate(&join, 0) == 0);
        REQUIRE(cuStreamBeginCapture_v2(stream, 0) == 0);
        int status = 0;
        CHECK((cuStreamIsCapturing(stream, &status) == 0 && status == 1));
        CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}, 0, stream) == 0);
        CHECK(cuEventRecord(fork, stream) == 0);
        CHECK(cuStreamWaitEvent(other, fork, 0) == 0);
        CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}, 0, other) == 0);
        CHECK(cuEventRecord(join, other) == 0);
        CHECK(cuStreamWaitEvent(stream, join, 0) == 0);
        CHECK(cuMemcpyDtoHAsync_v2(host.data(), data, 128, stream) == 0);
        CUgraph graph = nullptr;
        CUgraphExec exec = nullptr;
        REQUIRE(cuStreamEndCapture(stream, &graph) == 0);
        size_t nodes = 0;
        CHECK((cuGraphGetNodes(graph, nullptr, &nodes) == 0 && nodes == 3));
        REQUIRE(cuGraphInstantiateWithFlags(&exec, graph, 0) == 0);
        CHECK(host[5] == 0);
        for (int n = 0; n < 3; n++)
            REQUIRE(cuGraphLaunch(exec, stream) == 0);
        REQUIRE(cuStreamSynchronize(stream) == 0);
        CHECK(host == std::vector<uint32_t>(32, 16));
        CHECK(cuGraphExecDestroy(exec) == 0);
        CHECK(cuGraphDestroy(graph) == 0);
        CHECK(cuGraphLaunch(exec, stream) == CUDA_ERROR_INVALID_VALUE);
    }
}

TEST_CASE("What must not happen in a capture invalidates it") {
    Device device;
    CUstream stream = nullptr;
    CUgraph graph = nullptr;
    CUdeviceptr address = 0;
    REQUIRE(cuStreamCreate(&stream, 0) == 0);
    REQUIRE(cuStreamBeginCapture_v2(stream, 0) == 0);
    CHECK(cuStreamSynchronize(stream) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    CHECK(cuStreamEndCapture(stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    REQUIRE(cuStreamBeginCapture_v2(stream, 0) == 0);
    CHECK(cuMemAlloc_v2(&address, 16) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    CHECK(cuStreamEndCapture(stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(cuStreamEndCapture(stream, &graph) == CUDA_ERROR_INVALID_VALUE);
}

TEST_CASE("Late streams do nothing until somebody waits") {
    Device device("streams=late");
    const CUmodule module = device.load(add_one);
    std::vector<uint32_t> host(32, 1);
    const CUdeviceptr data = device.upload(host);
    CUstream stream = nullptr;
    CUevent event = nullptr;
    REQUIRE(cuStreamCreate(&stream, 0) == 0);
    REQUIRE(cuEventCreate(&event, 0) == 0);
    CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}, 0, stream) == 0);
    CHECK(cuMemcpyDtoHAsync_v2(host.data(), data, 128, stream) == 0);
    CHECK(cuEventRecord(event, stream) == 0);
    CHECK(cuEventQuery(event) == CUDA_ERROR_NOT_READY);
    CHECK(host[0] == 1);
    CHECK(cuEventSynchronize(event) == 0);
    CHECK(cuEventQuery(event) == 0);
    CHECK(host == std::vector<uint32_t>(32, 2));
}

TEST_CASE("A card is lost after as many launches as asked") {
    Device device("fail_after=2");
    const CUmodule module = device.load(add_one);
    const CUdeviceptr data = device.upload(std::vector<uint32_t>(32));
    CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}) == 0);
    CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}) == 0);
    CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {data, 0, 0, 0}) == CUDA_ERROR_UNKNOWN);
    CHECK(cuCtxSynchronize() == CUDA_ERROR_UNKNOWN);
}

TEST_CASE("Functions are found by name") {
    Device device;
    void *function = nullptr;
    int status = -1;
    CHECK(cuGetProcAddress_v2("cuMemAlloc", &function, 12000, 0, &status) == 0);
    CHECK(function == reinterpret_cast<void *>(&cuMemAlloc_v2));
    CHECK(cuGetProcAddress_v2("cuNothing", &function, 12000, 0, &status) == CUDA_ERROR_NOT_FOUND);
    const char *name = nullptr;
    CHECK((cuGetErrorName(700, &name) == 0 && std::string(name) == "CUDA_ERROR_ILLEGAL_ADDRESS"));
}

TEST_CASE("Statistics count instructions, sectors and bank conflicts") {
    setenv("OCTET_CUDA_STATISTICS", "/dev/null", 1);
    Device device;
    // Words 32 bytes apart: a sector each. Shared words 128 bytes apart: all in one bank.
    const std::string body = R"(
        .shared .align 16 .b8 s[4096];
        mul.wide.u32 %rd0, %i, 32;
        add.s64 %rd0, %a, %rd0;
        ld.global.b32 %r0, [%rd0];
        mul.wide.u32 %rd1, %i, 4;
        add.s64 %rd1, %a, %rd1;
        ld.global.b32 %r1, [%rd1];
        mov.u64 %rd2, s;
        mul.wide.u32 %rd3, %i, 128;
        add.s64 %rd3, %rd2, %rd3;
        st.shared.b32 [%rd3], %r0;
        setp.lt.s32 %p0, %i, 16;
        @%p0 dp4a.s32.s32 %r2, %r0, %r0, %r1;)";
    std::string text = kernel(body);
    text.replace(text.find(".entry k("), 9, ".entry counted(");
    const CUdeviceptr a = device.upload(std::vector<uint32_t>(256, 1));
    REQUIRE(device.launch(device.load(text), "counted", {1, 1, 1}, {32, 1, 1}, {a, 0, 0, 0}) == 0);
    unsetenv("OCTET_CUDA_STATISTICS");
    const auto json = nlohmann::json::parse(octet_cuda_emulator_statistics());
    const auto &k = json["kernels"]["counted"];
    CHECK(k["launches"] == 1);
    CHECK(k["threads"] == 32);
    CHECK(k["warp_instructions"]["dot"] == 1);
    CHECK(k["lane_instructions"]["dot"] == 16);
    CHECK(k["global"]["loaded_bytes"] == 256);
    CHECK(k["global"]["load_requests"] == 2);
    CHECK(k["global"]["load_sectors"] == 32 + 4);
    CHECK(k["shared"]["store_passes"] == 32);
    CHECK(k["shared_bytes"] == 4096);
}
