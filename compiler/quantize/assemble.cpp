#include "compiler/quantize/assemble.h"

#include "compiler/import/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace octet::quantize {

namespace {

/// A bias stays below this, so that sums of products have room beside it: in 32 bits and, beside
/// 16-bit activations, in 64, of which engines use 48.
constexpr double largest_bias = double(1 << 30);
constexpr double largest_wide_bias = double(int64_t(1) << 46);

Quantization quantization_of(const Affine &affine) {
    return {{affine.scale}, {affine.zero_point}, 0};
}

/// Real constants as integers of a grid.
Bytes quantized_bytes(std::span<const float> values, const Affine &affine, const Grid &grid) {
    Bytes bytes;
    for (float value : values) {
        const float steps = std::nearbyint(value / affine.scale) + float(affine.zero_point);
        const int32_t stored =
            int32_t(std::clamp(steps, float(grid.lowest()), float(grid.highest())));
        bytes.push_back(uint8_t(stored));
        if (grid.bits > 8)
            bytes.push_back(uint8_t(stored >> 8));
    }
    return bytes;
}

/// Operands of these kinds are compared with each other as stored.
bool compares(OpKind kind) {
    return kind == OpKind::minimum || kind == OpKind::maximum;
}

class Assembler {
public:
    Assembler(const Graph &graph, const Plan &plan,
              const std::vector<std::optional<LayerWeights>> &layers, Ends ends, Rounding rounding)
        : graph_(graph), plan_(plan), layers_(layers), ends_(ends), rounding_(rounding) {}

    Graph assemble() {
        result_ = graph_;
        result_.operators.clear();
        for (const Operator &op : graph_.operators)
            names_.insert(op.name);
        for (TensorId id : graph_.inputs)
            add_input(id);
        for (size_t i = 0; i < graph_.operators.size(); ++i)
            add_operator(graph_.operators[i], i);
        for (size_t i = 0; i < graph_.outputs.size(); ++i)
            add_output(i);
        result_.set_rounding(rounding_);
        remove_unused(result_); // The float weights and biases.
        check(result_);
        return std::move(result_);
    }

private:
    /// A tensor of the quantized network that holds `id` on a grid.
    struct Form {
        DType dtype;
        Affine affine;
        TensorId id;
    };

    std::string fresh_name(const std::string &wanted) {
        std::string name = wanted;
        for (int i = 2; !names_.insert(name).second; ++i)
            name = fmt::format("{}_{}", wanted, i);
        return name;
    }

    TensorId add_tensor(const Tensor &like, const char *suffix, DType dtype,
                        Quantization quantization) {
        Tensor tensor;
        tensor.name = like.name + suffix;
        tensor.dtype = dtype;
        tensor.shape = like.shape;
        tensor.quantization = std::move(quantization);
        result_.tensors.push_back(std::move(tensor));
        return TensorId(result_.tensors.size()) - 1;
    }

    void convert(OpKind kind, TensorId from, TensorId to) {
        Operator op;
        op.kind = kind;
        op.name = fresh_name(result_.tensor(to).name + "/" + std::string(name_of(kind)));
        op.inputs = {from};
        op.outputs = {to};
        result_.operators.push_back(std::move(op));
    }

    void make_integer(TensorId id) {
        const ActivationPlan &plan = plan_.of(id);
        Tensor &tensor = result_.tensor(id);
        tensor.dtype = dtype_of(plan.grid);
        tensor.quantization = quantization_of(plan.affine);
        forms_[id].push_back({tensor.dtype, plan.affine, id});
    }

    void add_input(TensorId id) {
        if (plan_.of(id).integer && ends_ == Ends::integer)
            make_integer(id);
        else
            real_[id] = id;
    }

    /// The tensor as integers of its own grid, or of another.
    TensorId integer_form(TensorId id, const Grid &grid, const Affine &affine) {
        const DType dtype = dtype_of(grid);
        std::vector<Form> &forms = forms_[id];
        for (const Form &form : forms)
            if (form.dtype == dtype && form.affine == affine)
                return form.id;
        const TensorId from = forms.empty() ? real_.at(id) : forms.front().id;
        const TensorId to =
            add_tensor(graph_.tensor(id), forms.empty() ? "_quantized" : "_rescaled", dtype,
                       quantization_of(affine));
        convert(OpKind::quantize, from, to);
        forms_[id].push_back({dtype, affine, to});
        return to;
    }

    TensorId real_form(TensorId id) {
        if (const auto found = real_.find(id); found != real_.end())
            return found->second;
        const TensorId to = add_tensor(graph_.tensor(id), "_dequantized", DType::f32, {});
        convert(OpKind::dequantize, forms_.at(id).front().id, to);
        real_[id] = to;
        return to;
    }

    /// A constant operand of an operator without weights, on a grid of its own.
    TensorId integer_constant(const Tensor &tensor, const Grid &grid, const Affine &affine) {
        const Bytes bytes = quantized_bytes(tensor.values<float>(), affine, grid);
        const TensorId id = add_constant(result_, tensor.name + "_quantized", dtype_of(grid),
                                         tensor.shape, bytes.data(), bytes.size());
        result_.tensor(id).quantization = quantization_of(affine);
        return id;
    }

    TensorId integer_operand(const Operator &op, TensorId id) {
        const ActivationPlan &output = plan_.of(op.outputs[0]);
        const Tensor &tensor = graph_.tensor(id);
        const bool same_grid = shares_grid(op.kind) || compares(op.kind);
        if (!tensor.constant())
            return same_grid ? integer_form(id, output.grid, output.affine)
                             : integer_form(id, operand_plan(plan_, id, op.outputs[0]));
        if (same_grid)
            return integer_constant(tensor, output.grid, output.affine);
        const std::span<const float> values = tensor.values<float>();
        const auto [least, greatest] = std::ranges::minmax(values);
        Grid grid = output.grid;
        grid.symmetric = grid.symmetric || grid.bits > 8;
        return integer_constant(tensor, grid, scale_and_zero_point({least, greatest}, grid));
    }

    TensorId integer_form(TensorId id, const ActivationPlan &plan) {
        return integer_form(id, plan.grid, plan.affine);
    }

    TensorId weights(const Operator &op, const LayerWeights &layer) {
        const Tensor &source = graph_.tensor(op.inputs[1]);
        const std::vector<int8_t> values = from_rows(op, source.shape, layer.weights.values);
        const TensorId id =
            add_constant(result_, source.name + "_quantized", DType::s8, source.shape, values);
        Tensor &tensor = result_.tensor(id);
        tensor.quantization = {layer.weights.scales, layer.weights.zero_points, channel_axis(op)};
        tensor.storage = layer.weights.storage;
        return id;
    }

    /// A bias beside float activations.
    TensorId real_bias(const Operator &op, const LayerWeights &layer) {
        return add_constant(result_, op.name + "/bias", DType::f32, {int(layer.bias.size())},
                            layer.bias);
    }

    /// Float activations meet integer weights.
    void mix_types(const Operator &source, LayerWeights layer, Compute compute, Operator &op) {
        if (compute == Compute::dynamic) {
            std::vector<float> &scales = layer.weights.scales;
            const DynamicInput how = fit_scales(source, layer.bias.size(), scales);
            layer.weights.zero_points.assign(scales.size(), 0);
            std::visit(
                [&](auto &attributes) {
                    if constexpr (requires { attributes.dynamic_input; })
                        attributes.dynamic_input = how;
                },
                op.attributes);
        }
        op.inputs.resize(3, no_tensor);
        op.inputs[1] = weights(source, layer);
        op.inputs[2] = real_bias(source, layer);
    }

    /// The kernels that engines have for such an operator, and the scales that these want: a
    /// convolution's is symmetric beside one scale and else asymmetric, groups and depthwise
    /// convolutions have only the latter.
    static DynamicInput fit_scales(const Operator &op, size_t channels,
                                   std::vector<float> &scales) {
        if (op.kind == OpKind::fully_connected)
            return DynamicInput::symmetric;
        const bool has_groups =
            op.kind == OpKind::depthwise_conv2d || op.as<Conv2dAttributes>().groups > 1;
        const bool one_scale =
            std::adjacent_find(scales.begin(), scales.end(), std::not_equal_to<>()) == scales.end();
        if (has_groups && scales.size() == 1)
            scales.resize(channels, scales[0]);
        if (has_groups || !one_scale)
            return DynamicInput::asymmetric;
        scales.resize(1);
        return DynamicInput::symmetric;
    }

    TensorId bias(const Operator &op, const LayerWeights &layer) {
        const ActivationPlan input = operand_plan(plan_, op.inputs[0], op.outputs[0]);
        const bool wide = dtype_of(input.grid) == DType::s16;
        const double limit = wide ? largest_wide_bias : largest_bias;
        std::vector<int64_t> values;
        Quantization quantization;
        for (size_t c = 0; c < layer.bias.size(); ++c) {
            const float scale = input.affine.scale * layer.weights.scale(int(c));
            values.push_back(
                int64_t(std::clamp(std::nearbyint(double(layer.bias[c]) / scale), -limit, limit)));
            if (quantization.scales.size() < layer.weights.scales.size()) {
                quantization.scales.push_back(scale);
                quantization.zero_points.push_back(0);
            }
        }
        const std::string name = op.name + "/bias_quantized";
        const Shape shape = {int(values.size())};
        const std::vector<int32_t> narrow(values.begin(), values.end());
        const TensorId id = wide ? add_constant(result_, name, DType::s64, shape, values)
                                 : add_constant(result_, name, DType::s32, shape, narrow);
        result_.tensor(id).quantization = std::move(quantization);
        return id;
    }

    void add_operator(const Operator &source, size_t index) {
        Operator op = source;
        const LayerScheme &scheme = plan_.layers[index];
        const auto &layer = layers_[index];
        if (scheme.compute != Compute::integer) {
            for (TensorId &id : op.inputs)
                if (id != no_tensor && !graph_.tensor(id).constant())
                    id = real_form(id);
            if (layer)
                mix_types(source, *layer, scheme.compute, op);
            real_[op.outputs[0]] = op.outputs[0];
        } else {
            if (layer) {
                op.inputs.resize(3, no_tensor);
                op.inputs[0] =
                    integer_form(op.inputs[0], operand_plan(plan_, op.inputs[0], op.outputs[0]));
                op.inputs[1] = weights(source, *layer);
                op.inputs[2] = bias(source, *layer);
            } else {
                for (TensorId &id : op.inputs)
                    if (id != no_tensor)
                        id = integer_operand(source, id);
            }
            make_integer(op.outputs[0]);
        }
        result_.operators.push_back(std::move(op));
    }

    void add_output(size_t i) {
        TensorId &id = result_.outputs[i];
        const TensorId source = graph_.outputs[i];
        if (!plan_.of(source).integer || ends_ == Ends::integer || forms_[source].empty())
            return;
        // The output keeps its name; what it is computed from gets another.
        id = real_form(source);
        if (id != source) {
            result_.tensor(id).name = graph_.tensor(source).name;
            result_.tensor(source).name += "_quantized";
        }
    }

    const Graph &graph_;
    const Plan &plan_;
    const std::vector<std::optional<LayerWeights>> &layers_;
    const Ends ends_;
    const Rounding rounding_;
    Graph result_;
    std::set<std::string> names_;
    std::map<TensorId, std::vector<Form>> forms_; ///< the first is the tensor's own
    std::map<TensorId, TensorId> real_;
};

} // namespace

Graph assemble(const Graph &graph, const Plan &plan,
               const std::vector<std::optional<LayerWeights>> &layers, Ends ends,
               Rounding rounding) {
    return Assembler(graph, plan, layers, ends, rounding).assemble();
}

std::vector<float> least_scales(const std::vector<float> &bias, const ActivationPlan &input) {
    std::vector<float> scales;
    if (dtype_of(input.grid) == DType::s16)
        return scales; // Nothing real comes near the limit of 64 bits.
    for (float value : bias)
        scales.push_back(float(std::abs(value) / (input.affine.scale * largest_bias)));
    return scales;
}

} // namespace octet::quantize
