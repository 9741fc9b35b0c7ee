// octet_gpu_bundle FOLDER [--networks FILES] [--batches 1,8,32,128] [--only PARTS] ...
//
// Writes what a machine with a card needs to check and time Octet's kernels: for each layer and
// network, target and batch a kernel library and a model file, and for each layer and network a few
// random images with the reference interpreter's outputs. bench/gpu/bundle adds the runner.
#include "bench/gpu/design.h"
#include "bench/gpu/layers.h"
#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/graph/batch.h"
#include "compiler/import/import.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"
#include "tests/support/random_graph.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace octet::bench {
namespace {

namespace fs = std::filesystem;

struct Options {
    fs::path folder, cache;
    std::vector<std::string> networks, only;
    std::vector<int> batches = {1, 8, 32, 128};
    std::vector<std::string> targets = {"cuda-sm61", "cuda-sm80"};
    std::vector<std::string> cards = {"sm_80", "sm_90"};
    int megabytes = 60;
};

/// Different images of a batch; more are these again, which keeps the bundle small.
constexpr int images = 2;

void write(const fs::path &file, const void *data, size_t bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary);
    stream.write(static_cast<const char *>(data), std::streamsize(bytes));
    stream.close();
    if (!stream)
        throw Error("{}: it cannot be written; choose another folder", file.string());
}

/// FNV-1a, as the runner computes it of what the card wrote.
uint64_t hash_of(const Bytes &bytes) {
    uint64_t hash = 14695981039346656037ull;
    for (const uint8_t byte : bytes)
        hash = (hash ^ byte) * 1099511628211ull;
    return hash;
}

/// inputN.bin and outputN.bin with the images one behind another. Returns the first image's
/// tensors.
std::vector<Bytes> write_images(const Graph &graph, const fs::path &folder) {
    std::vector<Bytes> inputs(graph.inputs.size()), outputs(graph.outputs.size()), first;
    for (uint32_t image = 0; image < images; ++image) {
        const std::vector<Bytes> in = test::random_inputs(graph, image + 1);
        std::vector<Bytes> values = reference::run(graph, in);
        for (size_t i = 0; i < in.size(); ++i)
            inputs[i].insert(inputs[i].end(), in[i].begin(), in[i].end());
        for (size_t i = 0; i < outputs.size(); ++i) {
            const Bytes &out = values[size_t(graph.outputs[i])];
            outputs[i].insert(outputs[i].end(), out.begin(), out.end());
        }
        if (image == 0)
            first = std::move(values);
    }
    for (size_t i = 0; i < inputs.size(); ++i)
        write(folder / fmt::format("input{}.bin", i), inputs[i].data(), inputs[i].size());
    for (size_t i = 0; i < outputs.size(); ++i)
        write(folder / fmt::format("output{}.bin", i), outputs[i].data(), outputs[i].size());
    return first;
}

/// For each call of a program for one image where its output lies in the arena and the hash of what
/// it must be: call, offset, rows, bytes of a row, bytes from row to row, hash, name.
void write_calls(const lower::Program &program, const std::vector<Bytes> &values,
                 const fs::path &file) {
    std::string text;
    for (size_t c = 0; c < program.calls.size(); ++c) {
        const lower::Call &call = program.calls[c];
        const lower::StoredTensor &out = program.tensors[size_t(call.outputs.front())];
        if (out.region != lower::Region::arena || out.source == no_tensor || out.rebiased)
            continue;
        const size_t element = size_of(out.dtype);
        text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", c, out.offset, out.rows(),
                            size_t(out.channels()) * element, size_t(out.stride_c) * element,
                            hash_of(values[size_t(out.source)]), call.name);
    }
    write(file, text.data(), text.size());
}

class Bundle {
public:
    explicit Bundle(const Options &options) : options_(options) {}

    void add(Graph graph, const MatrixProduct &product) {
        graph.set_rounding(Rounding::float32);
        check(graph);
        const fs::path folder = options_.folder / "cases" / graph.name;
        const std::vector<Bytes> values = write_images(graph, folder);
        for (const std::string &target : options_.targets)
            for (const int batch : options_.batches)
                add(graph, product, target, batch, values, folder);
    }

    void finish() {
        write(options_.folder / "cases.tsv", cases_.data(), cases_.size());
        write(options_.folder / "design.md", design_.data(), design_.size());
        uint64_t bytes = 0;
        for (const auto &entry : fs::recursive_directory_iterator(options_.folder))
            if (entry.is_regular_file())
                bytes += entry.file_size();
        fmt::print("{}: {:.1f} MB\n", options_.folder.string(), double(bytes) * 1e-6);
        if (bytes > uint64_t(options_.megabytes) * 1000000)
            throw Error("{}: has more than {} MB; leave out layers (--only), batches or targets",
                        options_.folder.string(), options_.megabytes);
    }

private:
    void add(const Graph &graph, const MatrixProduct &product, const std::string &target_name,
             int batch, const std::vector<Bytes> &values, const fs::path &folder) {
        CompileOptions options;
        options.target = find_target(target_name);
        options.target.cuda.architectures = options_.cards;
        options.cache = options_.cache;
        const Graph batched = batch == 1 ? graph : with_batch(graph, batch);
        const Compiled compiled = compile(batched, options);
        const std::string name = fmt::format("{}_{}", target_name, batch);
        const auto [start, weights] = write_model(compiled, folder / (name + ".octet"));
        fs::copy_file(compiled.shared_library, folder / (name + ".so"),
                      fs::copy_options::overwrite_existing);
        if (batch == 1)
            write_calls(compiled.program, values, folder / (name + ".calls"));
        const Design design = design_of(compiled);
        cases_ +=
            fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", graph.name, target_name,
                        batch, images, compiled.program.calls.size(), design.macs, design.bytes,
                        product.m * batch, product.n, product.k, start, weights);
        if (compiled.program.calls.size() == 1)
            design_ +=
                fmt::format("| {} | {} | {} | {:.1f} | {:.2f} | {:.0f} | {} x {} | {} | {} | "
                            "{:.0f} % |\n",
                            graph.name, target_name, batch, double(design.macs) * 1e-6,
                            double(design.bytes) * 1e-6, double(design.macs) / double(design.bytes),
                            design.blocks, design.threads, design.registers, design.shared_bytes,
                            100 * design.occupancy);
        fmt::print("{} {} batch {}\n", graph.name, target_name, batch);
        std::fflush(stdout);
    }

    /// Batches have mostly the same weights, which are most of a model file. They go to a file
    /// named by their hash, the model file is written without them. Returns where they belong and
    /// the name.
    std::pair<size_t, std::string> write_model(const Compiled &compiled, const fs::path &file) {
        const Bytes &weights = compiled.program.weights;
        Bytes rest = compiled.file;
        const auto start = std::ranges::search(rest, weights).begin();
        if (start == rest.end())
            throw Error("{}: its weights are not in the model file", compiled.program.name);
        const auto at = size_t(start - rest.begin());
        rest.erase(start, start + std::ptrdiff_t(weights.size()));
        write(file, rest.data(), rest.size());
        const std::string name = fmt::format("{:016x}.weights", hash_of(weights));
        write(options_.folder / "cases" / name, weights.data(), weights.size());
        return {at, name};
    }

    const Options &options_;
    std::string cases_ =
        "name\ttarget\tbatch\timages\tcalls\tmacs\tbytes\tm\tn\tk\tstart\tweights\n";
    std::string design_ =
        "| layer | target | batch | MMAC | MB at least | MAC/B | blocks x threads | registers | "
        "shared bytes | occupancy |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
};

void run(const Options &options) {
    for (const std::string &target : options.targets)
        if (!find_target(target).instructions.empty() && !emit::has_tile_functions())
            throw Error("target {}: Octet was built without llvm-as and llvm-dis; install llvm-19 "
                        "and build again",
                        target);
    Bundle bundle(options);
    for (const Layer &layer : layers(options.only))
        bundle.add(layer.graph, layer.product);
    for (const std::string &network : options.networks)
        bundle.add(import_model(network), {});
    bundle.finish();
}

} // namespace
} // namespace octet::bench

int main(int argc, char **argv) {
    octet::bench::Options options;
    CLI::App app("Writes a bundle of CUDA kernels for a machine with a card");
    app.add_option("folder", options.folder, "Folder to write")->required();
    app.add_option("--networks", options.networks, "int8 networks: .tflite, .onnx or .octet");
    app.add_option("--only", options.only, "Parts of layers' names; by default all")
        ->delimiter(',');
    app.add_option("--batches", options.batches, "Images at once")
        ->delimiter(',')
        ->check(CLI::Range(1, 1024));
    app.add_option("--targets", options.targets, "cuda-sm61, cuda-sm80")->delimiter(',');
    app.add_option("--cards", options.cards, "Cards with machine code; others compile the PTX")
        ->delimiter(',');
    app.add_option("--megabytes", options.megabytes, "The most that the folder may have");
    app.add_option("--cache", options.cache, "Folder of compiled kernels");
    CLI11_PARSE(app, argc, argv);
    try {
        octet::bench::run(options);
    } catch (const std::exception &error) {
        fmt::print(stderr, "octet_gpu_bundle: {}\n", error.what());
        return 1;
    }
}
