#include "compiler/graph/check_operator.h"
#include "compiler/graph/connections.h"
#include "compiler/import/onnx/quantize_constants.h"
#include "compiler/import/onnx/rewrite.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace octet::onnx {

namespace {

bool has_weights(OpKind kind) {
    return kind == OpKind::conv2d || kind == OpKind::depthwise_conv2d ||
           kind == OpKind::fully_connected || kind == OpKind::transpose_conv2d;
}

/// Kinds that choose or move elements, whatever these stand for.
bool moves(OpKind kind) {
    return kind == OpKind::concatenation || kind == OpKind::max_pool2d || kind == OpKind::pad ||
           kind == OpKind::reshape || kind == OpKind::resize_nearest || kind == OpKind::slice ||
           kind == OpKind::squeeze || kind == OpKind::transpose;
}

Activation activation_of(OpKind kind) {
    return kind == OpKind::relu           ? Activation::relu
           : kind == OpKind::relu6        ? Activation::relu6
           : kind == OpKind::relu_n1_to_1 ? Activation::relu_n1_to_1
                                          : Activation::none;
}

Activation *fused_activation(Operator &op) {
    return std::visit(
        [](auto &attributes) -> Activation * {
            if constexpr (requires { attributes.activation; })
                return &attributes.activation;
            else
                return nullptr;
        },
        op.attributes);
}

/// Clamping before QuantizeLinear and clamping stored values agree unless a bound lies exactly
/// between two of them, where the first rounds to even and the second away from zero.
bool same_bounds(Activation activation, float scale) {
    const float bound = activation == Activation::relu6          ? 6.0f
                        : activation == Activation::relu_n1_to_1 ? 1.0f
                                                                 : 0.0f;
    return std::nearbyint(bound / scale) == std::round(bound / scale);
}

/// One walk over the operators in execution order. For every float tensor that a DEQUANTIZE wrote,
/// the stored tensor behind it is known, as for constants; an operator whose inputs all are such is
/// a candidate.
class Rewriter {
public:
    Rewriter(Graph &graph, const std::map<TensorId, Tensor> &constants)
        : graph_(graph), constants_(constants), connections_(graph),
          dropped_(graph.operators.size(), false) {}

    void run() {
        std::vector<Operator> source = std::move(graph_.operators);
        source_ = &source;
        for (size_t i = 0; i < source.size(); i++)
            if (!dropped_[i])
                rewrite(std::move(source[i]));
        graph_.operators = std::move(result_);
        if (rounded_biases_ > 0)
            graph_.notes.push_back(fmt::format("{} biases rounded to multiples of the scales of "
                                               "their inputs and weights",
                                               rounded_biases_));
        if (left_float_ > 0)
            graph_.notes.push_back(fmt::format("{} operators between DequantizeLinear and "
                                               "QuantizeLinear stay float, the first is {}",
                                               left_float_, first_float_));
    }

private:
    void rewrite(Operator op) {
        for (TensorId &id : op.inputs)
            if (const auto same = same_.find(id); same != same_.end())
                id = same->second;
        if (op.kind == OpKind::dequantize) {
            stored_[op.outputs[0]] = op.inputs[0];
            result_.push_back(std::move(op));
        } else if (op.kind == OpKind::quantize) {
            rewrite_quantize(std::move(op));
        } else if (moves(op.kind) && move_stored(op)) {
            return;
        } else if (!compute_stored(op)) {
            if (between(op)) {
                if (left_float_++ == 0)
                    first_float_ = op.name;
            }
            result_.push_back(std::move(op));
        }
    }

    bool is_stored(TensorId id) const { return stored_.count(id) || constants_.count(id); }

    /// What `id`, a float tensor for which is_stored holds, is on 8 bits.
    TensorId stored(TensorId id) {
        const auto found = stored_.find(id);
        return found != stored_.end() ? found->second : add(constants_.at(id));
    }

    bool all_stored(const Operator &op) const {
        return std::all_of(op.inputs.begin(), op.inputs.end(),
                           [&](TensorId id) { return is_stored(id); });
    }

    /// Whether the network's author put the operator between a pair.
    bool between(const Operator &op) const {
        return stored_.count(op.inputs[0]) && target(op.outputs[0]) != no_tensor;
    }

    void rewrite_quantize(Operator op) {
        const auto found = stored_.find(op.inputs[0]);
        if (found == stored_.end()) {
            result_.push_back(std::move(op));
            return;
        }
        // Written already by the operator that took it over, or by another QUANTIZE beside this
        // one; else a conversion between 8 bits.
        if (found->second == op.outputs[0])
            return;
        if (same_form(found->second, op.outputs[0]) && !connections_.is_output(op.outputs[0])) {
            same_[op.outputs[0]] = found->second;
            return;
        }
        op.inputs[0] = found->second;
        result_.push_back(std::move(op));
    }

    Tensor like(const Tensor &stored, const Tensor &real) const {
        Tensor tensor;
        tensor.name = real.name + "_stored";
        tensor.dtype = stored.dtype;
        tensor.shape = real.shape;
        tensor.quantization = stored.quantization;
        return tensor;
    }

    TensorId add(Tensor tensor) {
        graph_.tensors.push_back(std::move(tensor));
        return TensorId(graph_.tensors.size() - 1);
    }

    /// Moves stored values instead of real ones; a DEQUANTIZE of the output follows, for those who
    /// want the real ones.
    bool move_stored(const Operator &op) {
        if (!all_stored(op))
            return false;
        Operator moved = op;
        for (TensorId &id : moved.inputs)
            id = stored(id);
        const Tensor form = graph_.tensor(moved.inputs[0]);
        const TensorId wanted = target(op.outputs[0]);
        const bool equal = std::all_of(moved.inputs.begin(), moved.inputs.end(), [&](TensorId id) {
            return graph_.tensor(id).dtype == form.dtype &&
                   graph_.tensor(id).quantization == form.quantization;
        });
        if (form.quantization.per_channel())
            return false;
        if (!equal && (wanted == no_tensor || !convert_inputs(moved, graph_.tensor(wanted))))
            return false;
        const bool direct = wanted != no_tensor && same_form(wanted, moved.inputs[0]);
        moved.outputs = {
            direct ? wanted
                   : add(like(graph_.tensor(moved.inputs[0]), graph_.tensor(op.outputs[0])))};
        stored_[op.outputs[0]] = moved.outputs[0];
        Operator back;
        back.kind = OpKind::dequantize;
        back.name = op.name + "_real";
        back.inputs = moved.outputs;
        back.outputs = op.outputs;
        back.rounding = op.rounding;
        result_.push_back(std::move(moved));
        if (!direct)
            result_.push_back(std::move(back));
        return true;
    }

    bool same_form(TensorId a, TensorId b) const {
        return graph_.tensor(a).dtype == graph_.tensor(b).dtype &&
               graph_.tensor(a).quantization == graph_.tensor(b).quantization;
    }

    /// Requantizes the inputs to what the QUANTIZE behind makes of all of them.
    bool convert_inputs(Operator &op, const Tensor &wanted) {
        for (TensorId id : op.inputs)
            if (graph_.tensor(id).quantization.per_channel())
                return false;
        for (size_t i = 0; i < op.inputs.size(); i++) {
            const Tensor &input = graph_.tensor(op.inputs[i]);
            if (input.dtype == wanted.dtype && input.quantization == wanted.quantization)
                continue;
            Operator convert;
            convert.kind = OpKind::quantize;
            convert.name = fmt::format("{}_input{}", op.name, i);
            convert.inputs = {op.inputs[i]};
            convert.rounding = op.rounding;
            op.inputs[i] = add(like(wanted, input));
            convert.outputs = {op.inputs[i]};
            result_.push_back(std::move(convert));
        }
        return true;
    }

    /// The output of the QUANTIZE that alone reads `tensor`; several must quantize alike. no_tensor
    /// where anything else reads it.
    TensorId target(TensorId tensor) const {
        TensorId result = no_tensor;
        if (connections_.is_output(tensor))
            return no_tensor;
        for (int reader : connections_.readers(tensor)) {
            const Operator &op = (*source_)[size_t(reader)];
            if (op.kind != OpKind::quantize)
                return no_tensor;
            if (result != no_tensor && !same_form(result, op.outputs[0]))
                return no_tensor;
            result = result == no_tensor ? op.outputs[0] : result;
        }
        return result;
    }

    /// The operator on stored values that writes what the QUANTIZE behind it writes.
    bool compute_stored(const Operator &op) {
        if (op.inputs.empty() || op.outputs.size() != 1 || !is_stored(op.inputs[0]))
            return false;
        Operator candidate = op;
        TensorId real = op.outputs[0];
        int activation_at = -1;
        const int reader = connections_.only_reader(real);
        if (reader >= 0 && activation_of((*source_)[size_t(reader)].kind) != Activation::none) {
            Activation *fused = fused_activation(candidate);
            if (!fused || *fused != Activation::none)
                return false;
            *fused = activation_of((*source_)[size_t(reader)].kind);
            real = (*source_)[size_t(reader)].outputs[0];
            activation_at = reader;
        }
        const TensorId output = target(real);
        if (output == no_tensor)
            return false;
        if (activation_at >= 0 &&
            !same_bounds(*fused_activation(candidate), graph_.tensor(output).quantization.scale()))
            return false;
        candidate.outputs = {output};
        const size_t tensors = graph_.tensors.size();
        const bool sound =
            (has_weights(op.kind) ? take_weights(candidate) : take_inputs(candidate)) &&
            is_sound(candidate);
        if (!sound) {
            graph_.tensors.resize(tensors);
            return false;
        }
        if (activation_at >= 0)
            dropped_[size_t(activation_at)] = true;
        stored_[real] = output;
        result_.push_back(std::move(candidate));
        return true;
    }

    /// All inputs as stored; constants take the type of the activations.
    bool take_inputs(Operator &op) {
        if (!all_stored(op))
            return false;
        const DType dtype = graph_.tensor(op.outputs[0]).dtype;
        for (TensorId &id : op.inputs) {
            id = stored(id);
            const Tensor constant = graph_.tensor(id);
            if (constant.constant() && constant.dtype != dtype)
                id = add(with_type(constant, dtype));
        }
        return true;
    }

    bool take_weights(Operator &op) {
        if (!is_stored(op.inputs[1]))
            return false;
        op.inputs[0] = stored(op.inputs[0]);
        const Tensor weights = with_type(graph_.tensor(stored(op.inputs[1])), DType::s8);
        const Tensor input = graph_.tensor(op.inputs[0]);
        if (!weights.constant() || weights.dtype != DType::s8 || input.quantization.per_channel())
            return false;
        op.inputs[1] = add(weights);
        if (op.input(2) == no_tensor)
            return true;
        const TensorId bias = is_stored(op.inputs[2]) ? stored(op.inputs[2]) : op.inputs[2];
        if (!graph_.tensor(bias).constant())
            return false;
        bool rounded = false;
        const std::optional<Tensor> converted =
            quantized_bias(graph_.tensor(bias), input, weights.quantization, rounded);
        if (!converted)
            return false;
        rounded_biases_ += rounded;
        op.inputs[2] = add(*converted);
        return true;
    }

    // The checks know which quantizations each kind has.
    bool is_sound(const Operator &op) const {
        try {
            for (TensorId id : op.inputs)
                if (id != no_tensor)
                    check_tensor(graph_, graph_.tensor(id));
            check_operator(graph_, op);
            return true;
        } catch (const Error &) {
            return false;
        }
    }

    Graph &graph_;
    const std::map<TensorId, Tensor> &constants_;
    const Connections connections_;
    std::vector<bool> dropped_; ///< operators that others have taken over
    const std::vector<Operator> *source_ = nullptr;
    std::vector<Operator> result_;
    std::map<TensorId, TensorId> stored_; ///< of a real tensor, what its DEQUANTIZE read
    std::map<TensorId, TensorId> same_;   ///< a QUANTIZE's output that another tensor equals
    int rounded_biases_ = 0, left_float_ = 0;
    std::string first_float_;
};

} // namespace

void quantize_operators(Graph &graph, const std::map<TensorId, Tensor> &constants) {
    Rewriter(graph, constants).run();
}

} // namespace octet::onnx
