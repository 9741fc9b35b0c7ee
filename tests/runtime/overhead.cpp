// What the runtime adds to its kernels: time of octet_model_run with kernels that do nothing, and
// of a parallel loop that does nothing. Not a test; prints nanoseconds.
#include "runtime/cpu/thread_pool.h"
#include "tests/runtime/sample_model.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace octet;
using namespace octet::test;

extern "C" int halide_do_par_for(void *, octet::runtime::HalideTask, int, int, uint8_t *);

namespace {

int nothing(void **) {
    return 0;
}

int empty_loop(void **arguments) {
    const auto task = [](void *, int, uint8_t *) { return 0; };
    return halide_do_par_for(*static_cast<void **>(arguments[0]), task, 0, 2, nullptr);
}

/// A loop of two parts of a few microseconds, to see what a second thread is worth.
int busy_loop(void **arguments) {
    const auto task = [](void *, int, uint8_t *) {
        volatile int sink = 0;
        for (int i = 0; i < 10000; ++i)
            sink = sink + i;
        return 0;
    };
    return halide_do_par_for(*static_cast<void **>(arguments[0]), task, 0, 2, nullptr);
}

struct Nanoseconds {
    double min, median;
};

/// Of one run of a chain of `layers` calls with three arguments each.
Nanoseconds measure(int layers, octet_kernel kernel, int threads) {
    using lower::Region;
    lower::Program program;
    program.name = "chain";
    program.target = "any";
    program.arenas = {{"", 64, 64}};
    program.weights.resize(64);
    program.kernels = {{"nothing", "{}"}};
    for (const Region region : {Region::input, Region::output}) {
        lower::StoredTensor tensor;
        tensor.name = region == Region::input ? "in" : "out";
        tensor.shape = {64};
        tensor.bytes = 64;
        tensor.region = region;
        program.tensors.push_back(tensor);
    }
    program.inputs = {0};
    program.outputs = {1};
    for (int i = 0; i < layers; ++i) {
        lower::Call call;
        call.name = "layer";
        call.arguments = {{i == 0 ? Region::input : Region::arena, 0, 0, 64, -1},
                          {Region::weights, 0, 0, 64, -1},
                          {i + 1 == layers ? Region::output : Region::arena, 0, 0, 64, -1}};
        program.calls.push_back(call);
    }
    AlignedImage image(emit::write_model_file(program, 1));
    const octet_library library{1, 1, &kernel, "any", nullptr};
    const octet_options options{threads, nullptr, 0};
    octet_model *opened = nullptr;
    if (octet_model_open_memory(image.data(), image.size(), &library, &options, &opened)) {
        std::fprintf(stderr, "%s\n", octet_last_error());
        std::exit(1);
    }
    const ModelPointer model(opened);
    uint8_t in[64] = {}, out[2][64] = {};
    const void *inputs[] = {in};
    std::vector<double> samples;
    for (int sample = 0; sample < 200; ++sample) {
        const int runs = 100;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < runs; ++i) {
            void *outputs[] = {out[i % 2]}; // another array each time, the worse case
            octet_model_run(model.get(), inputs, outputs);
        }
        const std::chrono::duration<double, std::nano> time =
            std::chrono::steady_clock::now() - start;
        samples.push_back(time.count() / runs);
    }
    std::sort(samples.begin(), samples.end());
    return {samples.front(), samples[samples.size() / 2]};
}

void print(const char *what, int layers, octet_kernel kernel, int threads) {
    const Nanoseconds time = measure(layers, kernel, threads);
    std::printf("%-12s %4d layers %d threads: run min %9.1f median %9.1f ns, per layer %7.1f ns\n",
                what, layers, threads, time.min, time.median, time.median / layers);
}

} // namespace

int main() {
    for (int layers : {1, 10, 64, 1000})
        print("empty", layers, nothing, 1);
    for (int threads : {1, 2}) {
        print("empty loop", 64, empty_loop, threads);
        print("busy loop", 64, busy_loop, threads);
    }
}
