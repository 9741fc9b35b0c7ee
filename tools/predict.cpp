#include "tools/predict.h"

#include "compiler/executor.h"
#include "compiler/quantize/observe.h"
#include "compiler/reference/interpreter.h"
#include "compiler/reference/real_values.h"
#include "compiler/support/error.h"
#include "compiler/support/parallel.h"
#include "tools/program_file.h"
#include "tools/progress.h"

namespace octet::tools {

namespace {

/// One run's inputs as stored bytes.
std::vector<Bytes> stored_inputs(const Graph &graph, const quantize::Samples &samples,
                                 int64_t index) {
    std::vector<Bytes> result;
    const auto inputs = samples.slice(index, 1);
    for (size_t i = 0; i < inputs.size(); ++i)
        result.push_back(reference::to_stored(graph.tensor(graph.inputs[i]), inputs[i]));
    return result;
}

void append(Values &all, const Values &some) {
    all.insert(all.end(), some.begin(), some.end());
}

} // namespace

bool is_float(const Graph &graph) {
    for (const Operator &op : graph.operators) {
        if (dynamic_input(op) != DynamicInput::none)
            return false;
        for (const auto *ids : {&op.inputs, &op.outputs})
            for (TensorId id : *ids)
                if (id != no_tensor && graph.tensor(id).dtype != DType::f32 &&
                    !(is_hybrid(graph, op) && id == op.inputs[1]))
                    return false;
    }
    return !graph.operators.empty();
}

std::vector<Values> run_float(const Graph &graph, const quantize::Samples &samples, int threads) {
    const FloatExecutor executor(graph, threads);
    std::vector<Values> result(graph.outputs.size());
    const int64_t at_once = quantize::samples_at_once(graph);
    ProgressLine progress("running");
    for (int64_t first = 0; first < samples.count; first += at_once) {
        const int64_t count = std::min(at_once, samples.count - first);
        const std::vector<Values> some = executor.run(samples.slice(first, count), count);
        for (size_t i = 0; i < some.size(); ++i)
            append(result[i], some[i]);
        progress.show(size_t(first + count), size_t(samples.count), "");
    }
    return result;
}

std::vector<Values> run_reference(const Graph &graph, const quantize::Samples &samples) {
    std::vector<std::vector<Values>> runs(static_cast<size_t>(samples.count));
    ProgressLine progress("running in the reference interpreter");
    std::atomic<size_t> done = 0;
    parallel_for(samples.count, [&](int64_t i) {
        const std::vector<Bytes> values = reference::run(graph, stored_inputs(graph, samples, i));
        for (TensorId id : graph.outputs)
            runs[size_t(i)].push_back(reference::to_real(graph.tensor(id), values[size_t(id)]));
        progress.show(++done, size_t(samples.count), "");
    });
    std::vector<Values> result(graph.outputs.size());
    for (const std::vector<Values> &run : runs)
        for (size_t i = 0; i < run.size(); ++i)
            append(result[i], run[i]);
    return result;
}

std::vector<Values> run_compiled(const Graph &graph, const Compiled &compiled,
                                 const quantize::Samples &samples, int threads) {
    const std::unique_ptr<Executor> executor = make_executor(compiled, threads);
    std::vector<Values> result(graph.outputs.size());
    ProgressLine progress("running");
    for (int64_t run = 0; run < samples.count;) {
        Script script;
        std::vector<size_t> reads;
        do {
            const std::vector<Bytes> inputs = stored_inputs(graph, samples, run++);
            for (size_t i = 0; i < inputs.size(); ++i)
                script.write({lower::Region::input, int(i), 0, inputs[i].size()}, inputs[i].data());
            script.run();
            for (size_t i = 0; i < graph.outputs.size(); ++i)
                reads.push_back(script.read(
                    {lower::Region::output, int(i), 0, graph.tensor(graph.outputs[i]).bytes()}));
        } while (run < samples.count && script.traffic() < script_bytes);
        const Outcome outcome = executor->execute(script);
        for (size_t i = 0; i < reads.size(); ++i) {
            const size_t output = i % result.size();
            append(result[output], reference::to_real(graph.tensor(graph.outputs[output]),
                                                      outcome.reads[reads[i]]));
        }
        progress.show(size_t(run), size_t(samples.count), "");
    }
    return result;
}

struct Predictor::State {
    Model model;
    enum class Engine : uint8_t { real, compiled, reference } engine = Engine::compiled;
    int threads = 1;
};

Predictor::Predictor(const ModelOptions &options) : state_(std::make_unique<State>()) {
    state_->threads = options.threads;
    if (std::filesystem::exists(options.model) && is_program_file(options.model)) {
        state_->model = load_model(options);
        return;
    }
    state_->model.graph = load_graph(options);
    if (is_float(state_->model.graph)) {
        state_->engine = State::Engine::real;
        return;
    }
    const Target target = load_target(options, true);
    try {
        state_->model.compiled = compile_graph(state_->model.graph, target, options);
    } catch (const MissingKernel &error) {
        if (!runs_here(target))
            throw;
        fmt::print(stderr, "octet: note: {}; it runs in the reference interpreter\n", error.what());
        state_->engine = State::Engine::reference;
    }
}

Predictor::~Predictor() = default;

const Graph &Predictor::graph() const {
    return state_->model.graph;
}

std::vector<Values> Predictor::run(const quantize::Samples &samples) {
    switch (state_->engine) {
    case State::Engine::real:
        return run_float(state_->model.graph, samples, state_->threads);
    case State::Engine::reference:
        return run_reference(state_->model.graph, samples);
    case State::Engine::compiled:
        break;
    }
    return run_compiled(state_->model.graph, state_->model.compiled, samples, state_->threads);
}

std::string_view Predictor::engine() const {
    static constexpr std::string_view names[] = {"float kernels", "compiled kernels",
                                                 "reference interpreter"};
    return names[size_t(state_->engine)];
}

} // namespace octet::tools
