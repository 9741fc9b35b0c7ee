// octet_float_speed [MODEL] [--samples N] [--threads N] [--repeats N] [--operators]
//
// Prints how fast the float executor runs a network, MobileNetV2 with random weights where none is
// given, and with --operators what each operator takes. Of several repeats the fastest counts; per
// second of processor time, others that compute on the machine weigh less.
#include "bench/float/networks.h"
#include "compiler/float/float_executor.h"
#include "compiler/import/import.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <optional>
#include <random>

namespace octet {
namespace {

double seconds_of(const std::function<void()> &action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<Values> random_inputs(const Graph &graph, int64_t samples) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<Values> inputs;
    for (TensorId id : graph.inputs) {
        Values &values = inputs.emplace_back(size_t(samples * graph.tensor(id).elements()));
        for (float &value : values)
            value = uniform(random);
    }
    return inputs;
}

void measure(const Graph &graph, int64_t samples, int threads, int repeats, bool operators) {
    std::optional<FloatExecutor> executor;
    const double compiling = seconds_of([&] { executor.emplace(graph, threads); });
    const double packing = seconds_of([&] { executor.emplace(graph, threads); });
    const std::vector<Values> values = random_inputs(graph, samples);
    const std::vector<std::span<const float>> inputs(values.begin(), values.end());

    double best = std::numeric_limits<double>::infinity();
    double processor = best;
    for (int i = 0; i < repeats; ++i) {
        const std::clock_t start = std::clock();
        best = std::min(best, seconds_of([&] { executor->run(inputs, samples); }));
        processor = std::min(processor, double(std::clock() - start) / CLOCKS_PER_SEC);
    }
    int64_t products = 0;
    for (const Operator &op : graph.operators)
        products += macs(graph, op);
    fmt::print("{}: {:.1f} million multiply-accumulates, {} samples at once\n", graph.name,
               double(products) * 1e-6, samples);
    fmt::print("first executor {:.2f} s, next ones {:.3f} s\n", compiling, packing);
    for (const auto &[seconds, unit] : {std::pair(best, "s"), std::pair(processor, "processor s")})
        fmt::print("{:.1f} samples/{}, {:.1f} GFLOP/{}\n", double(samples) / seconds, unit,
                   2e-9 * double(products) * double(samples) / seconds, unit);
    if (!operators)
        return;

    // A visitor sees a tensor when its operator is done.
    std::vector<double> taken(graph.tensors.size(), std::numeric_limits<double>::infinity());
    for (int i = 0; i < repeats; ++i) {
        auto last = std::chrono::steady_clock::now();
        executor->run(inputs, samples, [&](TensorId id, std::span<float>) {
            const auto now = std::chrono::steady_clock::now();
            double &least = taken[size_t(id)];
            least = std::min(least, std::chrono::duration<double>(now - last).count());
            last = now;
        });
    }
    for (const Operator &op : graph.operators) {
        const TensorId id = op.outputs[0];
        const double seconds = taken[size_t(id)];
        fmt::print("{:>9.1f} us {:>7.1f} GFLOP/s  {:<18} {}\n", seconds * 1e6,
                   2e-9 * double(macs(graph, op)) * double(samples) / seconds, name_of(op.kind),
                   to_string(graph.tensor(id).shape));
    }
}

} // namespace
} // namespace octet

int main(int argc, char **argv) {
    CLI::App app("How fast float networks run");
    std::string model;
    int64_t samples = 16;
    int threads = 0, repeats = 5;
    bool operators = false;
    app.add_option("model", model);
    app.add_option("--samples", samples)->check(CLI::PositiveNumber);
    app.add_option("--threads", threads)->check(CLI::NonNegativeNumber);
    app.add_option("--repeats", repeats)->check(CLI::PositiveNumber);
    app.add_flag("--operators", operators);
    CLI11_PARSE(app, argc, argv);
    try {
        const octet::Graph graph =
            model.empty() ? octet::mobilenet_v2() : octet::import_model(model);
        octet::measure(graph, samples, threads, repeats, operators);
    } catch (const std::exception &error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
