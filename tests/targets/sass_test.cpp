// The machine code of lane cuda, disassembled: the instructions that kernels are scheduled for are
// there, and no register goes through memory.
//
// The PTX that the interpreter runs is not what a card runs. The assembler in between may turn an
// asynchronous copy into loads and stores, or keep accumulators in memory, and results stay right.
#include "tests/operators/kernels_cache.h"
#include "tests/support/device_kernels.h"
#include "tests/support/random_graph.h"

#include "compiler/emit/cuda/assemble.h"
#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/emit/process.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>
#include <optional>

namespace octet::test {
namespace {

namespace fs = std::filesystem;

/// cuobjdump of the toolkit, or of the Python packages that scripts/setup installs.
std::optional<std::string> disassembler() {
    if (on_path("cuobjdump") && on_path("nvdisasm"))
        return "cuobjdump";
    const fs::path python = fs::path(OCTET_PYTHON) / "lib";
    std::error_code none;
    for (const auto &version : fs::directory_iterator(python, none))
        for (const auto &package :
             fs::directory_iterator(version.path() / "site-packages" / "nvidia", none)) {
            const fs::path programs = package.path() / "bin";
            if (!fs::exists(programs / "cuobjdump") || !fs::exists(programs / "nvdisasm"))
                continue;
            // It looks for nvdisasm on the path.
            setenv("PATH", (programs.string() + ":" + std::getenv("PATH")).c_str(), 1);
            return (programs / "cuobjdump").string();
        }
    return {};
}

std::optional<Target> target_for(const std::string &name, const std::string &card) {
    Target target = find_target(name);
    target.cuda.architectures = {card};
    if (!target.instructions.empty() && !emit::has_tile_functions())
        WARN("skipped " << name << ": Octet was built without llvm-as and llvm-dis");
    else if (!emit::has_assembler(target))
        WARN("skipped " << name << ": there is no ptxas or no fatbinary");
    else
        return target;
    return {};
}

/// The machine code of all kernels of a graph, and that nothing was spilled by ptxas's own account.
std::string machine_code(Graph graph, const Target &target, const std::string &cuobjdump) {
    graph.set_rounding(Rounding::float32);
    CompileOptions options;
    options.target = target;
    options.cache = KernelCache::folder();
    options.jobs = 1;
    const Compiled compiled = compile(graph, options);
    CHECK(compiled.warnings.empty());
    std::string text;
    for (const octet_device_kernel &kernel : device_kernels(compiled)) {
        const fs::path file = KernelCache::folder() / (graph.name + ".fatbin");
        std::ofstream(file, std::ios::binary)
            .write(static_cast<const char *>(kernel.image), std::streamsize(kernel.image_bytes));
        text += emit::run_command({cuobjdump, "-sass", file.string()});
    }
    return text;
}

int count(const std::string &text, const std::string &word) {
    int result = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++result;
    return result;
}

void check_no_local_memory(const std::string &code) {
    CHECK(count(code, "EXIT") > 0); // It is a disassembly.
    CHECK(count(code, "LDL") == 0);
    CHECK(count(code, "STL") == 0);
}

Graph convolution(int kernel, int channels, int batch) {
    RandomGraph g(7, fmt::format("conv_{0}x{0}_{1}_{2}", kernel, channels, batch));
    const TensorId x = g.input({batch, 14, 14, channels});
    return g.finish({g.conv2d(
        x, {.channels_out = channels, .kernel_h = kernel, .kernel_w = kernel, .same = true})});
}

TEST_CASE("Tiles are multiplied by tensor cores, their operands copied asynchronously") {
    const auto cuobjdump = disassembler();
    if (!cuobjdump) {
        WARN("skipped: there is no cuobjdump with nvdisasm; scripts/setup installs both");
        return;
    }
    for (const char *card : {"sm_80", "sm_90"})
        // The batch of 32 gives the largest tiles that the schedule chooses.
        for (const Graph &graph :
             {convolution(3, 64, 1), convolution(1, 128, 1), convolution(3, 128, 32)}) {
            const auto target = target_for("cuda-sm80", card);
            if (!target)
                return;
            INFO(graph.name << " on " << card);
            const std::string code = machine_code(graph, *target, *cuobjdump);
            CHECK(count(code, "IMMA.16832.S8.S8") >= 2);
            CHECK(count(code, "LDGSTS.E.BYPASS.128") >= 2);
            CHECK(count(code, "LDGDEPBAR") >= 1);
            // Fragments of one product, or of two at once where the assembler joins their loads.
            CHECK(count(code, "LDS.64") + count(code, "LDS.128") >= 4);
            check_no_local_memory(code);
        }
}

TEST_CASE("Products without tensor cores are dot products of four bytes") {
    const auto cuobjdump = disassembler();
    if (!cuobjdump) {
        WARN("skipped: there is no cuobjdump with nvdisasm; scripts/setup installs both");
        return;
    }
    for (const char *card : {"sm_80", "sm_90"})
        for (const Graph &graph : {convolution(3, 32, 1), convolution(1, 64, 1)}) {
            const auto target = target_for("cuda-sm61", card);
            if (!target)
                return;
            INFO(graph.name << " on " << card);
            const std::string code = machine_code(graph, *target, *cuobjdump);
            CHECK(count(code, "IDP.4A.S8.S8") >= 16);
            CHECK(count(code, "IMMA") == 0);
            check_no_local_memory(code);
        }
}

TEST_CASE("Kernels without products keep their values in registers") {
    const auto cuobjdump = disassembler();
    const auto target = target_for("cuda-sm61", "sm_90");
    if (!cuobjdump || !target)
        return;
    RandomGraph g(3, "depthwise_and_more");
    const TensorId x = g.input({1, 14, 14, 32});
    const TensorId y = g.depthwise_conv2d(x, {.same = true});
    const TensorId pooled = g.mean(g.add(x, y), {1, 2});
    const Graph graph = g.finish({g.softmax(g.fully_connected(pooled, {.channels_out = 16}))});
    check_no_local_memory(machine_code(graph, *target, *cuobjdump));
}

} // namespace
} // namespace octet::test
