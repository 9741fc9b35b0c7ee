#include "compiler/float/gradient_executor.h"

#include "compiler/float/gradient.h"
#include "compiler/support/error.h"

#include <map>

namespace octet {

using floats::Gradient;

bool has_gradient(OpKind kind) {
    switch (kind) {
    case OpKind::quantize:
    case OpKind::dequantize:
    case OpKind::resize_bilinear:
    case OpKind::strided_slice:
    case OpKind::shape:
    case OpKind::pack:
        return false;
    default:
        return true;
    }
}

struct GradientExecutor::State {
    State(const Graph &graph, int threads) : graph(graph), workers(threads) {}

    const Graph &graph;
    floats::Workers workers;
    floats::Storage storage;
    std::map<size_t, std::unique_ptr<Gradient>> gradients; ///< by operator
    std::vector<Values> constants;                         ///< by tensor
};

GradientExecutor::GradientExecutor(const Graph &graph, int threads)
    : GradientExecutor(graph, 0, graph.operators.size(), threads) {}

GradientExecutor::GradientExecutor(const Graph &graph, size_t first, size_t last, int threads)
    : state_(std::make_unique<State>(graph, threads)) {
    std::string refused;
    std::vector<floats::Kernel *> kernels;
    for (size_t i = first; i < last; ++i) {
        const Operator &op = graph.operators.at(i);
        std::unique_ptr<Gradient> gradient = floats::make_gradient(graph, op);
        if (!gradient) {
            refused +=
                fmt::format("{}{} ({})", refused.empty() ? "" : ", ", op.name, name_of(op.kind));
            continue;
        }
        for (floats::Kernel *kernel : gradient->kernels())
            kernels.push_back(kernel);
        state_->gradients[i] = std::move(gradient);
    }
    if (!refused.empty())
        throw Error("{}: no gradient of {}; leave these operators out of what is trained",
                    graph.source.empty() ? graph.name : graph.source, refused);
    floats::compile(std::move(kernels), state_->workers);
    state_->constants.resize(graph.tensors.size());
    for (size_t i = 0; i < graph.tensors.size(); ++i)
        if (graph.tensors[i].constant() && graph.tensors[i].dtype == DType::f32)
            set_constant(TensorId(i), graph.tensors[i].values<float>());
}

GradientExecutor::~GradientExecutor() = default;
GradientExecutor::GradientExecutor(GradientExecutor &&) noexcept = default;
GradientExecutor &GradientExecutor::operator=(GradientExecutor &&) noexcept = default;

std::vector<Values> GradientExecutor::backward(size_t op,
                                               const std::vector<std::span<const float>> &inputs,
                                               std::span<const float> output,
                                               std::span<const float> d_output, int64_t samples,
                                               const std::vector<bool> &wanted) const {
    const Graph &graph = state_->graph;
    const Operator &passed = graph.operators.at(op);
    floats::GradientRun run;
    run.output = output.data();
    run.d_output = d_output.data();
    run.samples = samples;
    std::vector<Values> results(passed.inputs.size());
    std::vector<float *> targets;
    size_t given = 0;
    const auto require = [&](size_t size, TensorId id, int64_t count) {
        if (int64_t(size) != count * graph.tensor(id).elements())
            throw UsageError("{}: {} elements given for '{}'; {} samples have {}", passed.name,
                             size, graph.tensor(id).name, count,
                             count * graph.tensor(id).elements());
    };
    require(output.size(), passed.outputs[0], samples);
    require(d_output.size(), passed.outputs[0], samples);
    for (size_t k = 0; k < passed.inputs.size(); ++k) {
        const TensorId id = passed.inputs[k];
        const bool constant = id != no_tensor && graph.tensor(id).constant();
        if (id == no_tensor) {
            run.inputs.push_back(nullptr);
        } else if (constant) {
            run.inputs.push_back(state_->constants[size_t(id)].data());
        } else {
            const std::span<const float> input = inputs.at(given++);
            require(input.size(), id, samples);
            run.inputs.push_back(input.data());
        }
        if (wanted.at(k) && id != no_tensor)
            results[k].resize(size_t(graph.tensor(id).elements() * (constant ? 1 : samples)));
        targets.push_back(results[k].empty() ? nullptr : results[k].data());
    }
    state_->gradients.at(op)->run(run, targets, {state_->workers, state_->storage});
    return results;
}

void GradientExecutor::set_constant(TensorId tensor, std::span<const float> values) {
    const Graph &graph = state_->graph;
    state_->constants.at(size_t(tensor)).assign(values.begin(), values.end());
    for (const auto &[index, gradient] : state_->gradients) {
        const std::vector<TensorId> &inputs = graph.operators[index].inputs;
        for (size_t k = 0; k < inputs.size(); ++k)
            if (inputs[k] == tensor)
                gradient->pack(k, values);
    }
}

} // namespace octet
