#include "compiler/executor.h"
#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <random>

namespace octet {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Times of single runs; several are timed together where one is too short for the clock.
struct Series {
    std::vector<double> seconds;
    int batch = 1;

    void measure(const std::function<void()> &run) {
        const auto start = Clock::now();
        for (int i = 0; i < batch; ++i)
            run();
        seconds.push_back(seconds_since(start) / batch);
    }
    LayerTime summary() {
        if (seconds.empty())
            return {};
        std::sort(seconds.begin(), seconds.end());
        return {seconds.front(), seconds[seconds.size() / 2]};
    }
};

/// Random values; reals are a few units around 0.
Bytes random_values(const lower::StoredTensor &tensor, std::mt19937 &random) {
    Bytes bytes(size_t(element_count(tensor.shape)) * size_of(tensor.dtype));
    for (uint8_t &byte : bytes)
        byte = uint8_t(random());
    if (tensor.dtype != DType::f32)
        return bytes;
    std::normal_distribution<float> normal(0, 2);
    for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
        const float value = normal(random);
        std::memcpy(&bytes[i], &value, sizeof value);
    }
    return bytes;
}

} // namespace

Timing measure(Session &session, double seconds) {
    octet_model *model = session.model();
    std::vector<Bytes> buffers;
    std::vector<const void *> in;
    std::vector<void *> out;
    octet_tensor_info info;
    for (size_t i = 0; i < octet_model_input_count(model); ++i) {
        octet_model_input(model, i, &info);
        buffers.emplace_back(info.bytes);
    }
    for (size_t i = 0; i < octet_model_output_count(model); ++i) {
        octet_model_output(model, i, &info);
        buffers.emplace_back(info.bytes);
    }
    for (size_t i = 0; i < buffers.size(); ++i)
        if (i < octet_model_input_count(model))
            in.push_back(buffers[i].data());
        else
            out.push_back(buffers[i].data());

    const auto check = [](octet_status status) {
        if (status != OCTET_OK)
            throw Error("{}", octet_last_error());
    };
    const auto run = [&] { check(octet_model_run(model, in.data(), out.data())); };
    run();
    const size_t calls = octet_model_call_count(model);
    Series total;
    std::vector<Series> layers(calls);
    for (Series &layer : layers)
        layer.batch = 4;
    // Whole runs and single layers take turns, so that both see the same machine. Each layer runs
    // right after its predecessors have filled the arena, as in the network.
    const auto start = Clock::now();
    do {
        total.measure(run);
        for (size_t i = 0; i < calls; ++i)
            layers[i].measure(
                [&] { check(octet_model_run_call(model, i, in.data(), out.data())); });
    } while (seconds_since(start) < seconds);
    Timing timing;
    timing.total = total.summary();
    for (Series &layer : layers)
        timing.layers.push_back(layer.summary());
    return timing;
}

Count count(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    Script script;
    std::mt19937 random(1);
    script.paint();
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        const Bytes values = random_values(program.tensors[size_t(program.inputs[i])], random);
        script.write({lower::Region::input, int(i), 0, values.size()}, values.data());
    }
    script.run();
    script.marks();
    // In the network's order, so that each call finds what its predecessors have left.
    for (size_t i = 0; i < program.calls.size(); ++i)
        script.call(i);
    const Outcome outcome = make_executor(compiled)->execute(script);
    Count result;
    if (!outcome.instructions.empty()) {
        result.total = outcome.instructions.front();
        result.layers.assign(outcome.instructions.begin() + 1, outcome.instructions.end());
    }
    result.stack_bytes = outcome.marks.at(0).stack;
    for (const uint64_t bytes : outcome.marks.at(0).arenas)
        result.arena_bytes += bytes;
    return result;
}

} // namespace octet
