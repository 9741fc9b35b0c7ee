#include "compiler/quantize/debug.h"

#include "compiler/graph/connections.h"
#include "compiler/reference/interpreter.h"
#include "compiler/reference/real_values.h"
#include "compiler/support/error.h"
#include "compiler/support/parallel.h"

#include <array>
#include <map>

namespace octet::quantize {

namespace {

constexpr std::array<std::string_view, 3> mode_names = {"whole", "int-per-layer",
                                                        "float-per-layer"};

class Debugger {
public:
    Debugger(const Graph &prepared, const Graph &quantized, const Samples &samples, DebugMode mode)
        : prepared_(prepared), quantized_(quantized), samples_(samples), mode_(mode),
          connections_(prepared), float_(prepared), exact_(prepared.tensors.size()) {
        for (const Operator &op : quantized.operators)
            partners_[op.name] = &op;
    }

    void run(const std::function<void(const DebugTensor &)> &visit, const Progress &progress) {
        for (size_t i = 0; i < prepared_.inputs.size(); ++i)
            exact_[size_t(prepared_.inputs[i])] = samples_.inputs[i];
        if (mode_ != DebugMode::int_per_layer)
            run_quantized();
        if (mode_ == DebugMode::whole)
            for (size_t i = 0; i < prepared_.inputs.size(); ++i)
                visit(input(i));
        for (size_t i = 0; i < prepared_.operators.size(); ++i) {
            const Operator &op = prepared_.operators[i];
            if (mode_ != DebugMode::float_per_layer)
                exact_[size_t(op.outputs[0])] = float_.execute(i, float_operands(op), count());
            if (const auto partner = partners_.find(op.name); partner != partners_.end())
                visit(layer(i, *partner->second));
            for (TensorId id : op.inputs)
                if (id != no_tensor && connections_.readers(id).back() == int(i))
                    exact_[size_t(id)] = {};
            if (progress)
                progress(i + 1, prepared_.operators.size(), op.name);
        }
    }

private:
    int64_t count() const { return samples_.count; }

    /// Every tensor of the quantized network, for each sample.
    void run_quantized() {
        runs_.resize(size_t(count()));
        parallel_for(count(), [&](int64_t run) {
            std::vector<Bytes> inputs;
            const auto slices = samples_.slice(run, 1);
            for (size_t i = 0; i < slices.size(); ++i)
                inputs.push_back(
                    reference::to_stored(quantized_.tensor(quantized_.inputs[i]), slices[i]));
            runs_[size_t(run)] = reference::run(quantized_, inputs);
        });
    }

    /// What a tensor of the quantized network held in the samples' runs.
    Values ran(TensorId id) const {
        Values all;
        for (const std::vector<Bytes> &run : runs_) {
            const Values some = reference::to_real(quantized_.tensor(id), run[size_t(id)]);
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }

    std::vector<std::span<const float>> float_operands(const Operator &op) const {
        std::vector<std::span<const float>> operands;
        for (TensorId id : op.inputs)
            if (id != no_tensor && !prepared_.tensor(id).constant())
                operands.emplace_back(exact_[size_t(id)]);
        return operands;
    }

    /// The float layer on what its partner reads.
    Values float_layer(size_t index, const Operator &partner) const {
        const Operator &op = prepared_.operators[index];
        std::vector<Values> operands;
        for (size_t k = 0; k < op.inputs.size(); ++k)
            if (op.inputs[k] != no_tensor && !prepared_.tensor(op.inputs[k]).constant())
                operands.push_back(ran(partner.inputs.at(k)));
        return float_.execute(index, {operands.begin(), operands.end()}, count());
    }

    /// The quantized layer on what the float one reads.
    Values integer_layer(const Operator &op, const Operator &partner) const {
        std::vector<Values> results(static_cast<size_t>(count()));
        parallel_for(count(), [&](int64_t run) {
            std::vector<Bytes> values(quantized_.tensors.size());
            for (size_t k = 0; k < op.inputs.size(); ++k) {
                if (op.inputs[k] == no_tensor || prepared_.tensor(op.inputs[k]).constant())
                    continue;
                const Values &all = exact_[size_t(op.inputs[k])];
                const size_t one = all.size() / size_t(count());
                const TensorId id = partner.inputs.at(k);
                values[size_t(id)] = reference::to_stored(
                    quantized_.tensor(id), std::span(all).subspan(size_t(run) * one, one));
            }
            reference::execute(quantized_, partner, values);
            const TensorId output = partner.outputs[0];
            results[size_t(run)] =
                reference::to_real(quantized_.tensor(output), values[size_t(output)]);
        });
        Values all;
        for (const Values &some : results)
            all.insert(all.end(), some.begin(), some.end());
        return all;
    }

    DebugTensor describe(TensorId id, TensorId partner) const {
        DebugTensor result;
        const Tensor &tensor = prepared_.tensor(id), &stored = quantized_.tensor(partner);
        result.tensor = tensor.name;
        result.shape = tensor.shape.empty() ? Shape{1} : tensor.shape;
        result.shape[0] *= int(count());
        result.dtype = stored.dtype;
        if (stored.quantization.quantized())
            result.grid = Affine{stored.quantization.scale(), stored.quantization.zero_point()};
        return result;
    }

    DebugTensor input(size_t index) const {
        TensorId stored = quantized_.inputs[index];
        for (const Operator &op : quantized_.operators) // A float end becomes integers behind it.
            if (op.kind == OpKind::quantize && op.inputs[0] == quantized_.inputs[index]) {
                stored = op.outputs[0];
                break;
            }
        DebugTensor result = describe(prepared_.inputs[index], stored);
        result.op = "input";
        result.real = samples_.inputs[index];
        result.quantized = ran(stored);
        return result;
    }

    DebugTensor layer(size_t index, const Operator &partner) const {
        const Operator &op = prepared_.operators[index];
        DebugTensor result = describe(op.outputs[0], partner.outputs[0]);
        result.layer = op.name;
        result.op = name_of(op.kind);
        result.real = mode_ == DebugMode::float_per_layer ? float_layer(index, partner)
                                                          : exact_[size_t(op.outputs[0])];
        result.quantized = mode_ == DebugMode::int_per_layer ? integer_layer(op, partner)
                                                             : ran(partner.outputs[0]);
        return result;
    }

    const Graph &prepared_, &quantized_;
    const Samples &samples_;
    const DebugMode mode_;
    const Connections connections_;
    const FloatExecutor float_;
    std::map<std::string, const Operator *> partners_; ///< by name
    std::vector<Values> exact_;                        ///< by tensor, until its last reader
    std::vector<std::vector<Bytes>> runs_;             ///< by sample and tensor
};

} // namespace

DebugMode debug_mode(const std::string &text) {
    for (size_t i = 0; i < mode_names.size(); ++i)
        if (text == mode_names[i])
            return DebugMode(i);
    throw UsageError("debug '{}' is not known; use whole, int-per-layer or float-per-layer", text);
}

std::string_view to_text(DebugMode mode) {
    return mode_names[size_t(mode)];
}

void debug(const Graph &prepared, const Graph &quantized, const Samples &samples, DebugMode mode,
           const std::function<void(const DebugTensor &)> &visit, const Progress &progress) {
    Debugger(prepared, quantized, samples, mode).run(visit, progress);
}

} // namespace octet::quantize
