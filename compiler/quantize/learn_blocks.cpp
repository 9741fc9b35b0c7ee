#include "compiler/quantize/learn_blocks.h"

#include "compiler/float/gradient_tape.h"
#include "compiler/quantize/blocks.h"
#include "compiler/quantize/soft_weights.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <random>

namespace octet::quantize {

namespace {

using TensorValues = std::map<TensorId, Values>;

/// Multiply-accumulates of an iteration's forward pass: batches of large networks are smaller.
constexpr int64_t most_work = int64_t(400) << 20;
constexpr int least_batch = 4;
/// Every fourth sample is held out; with fewer than this there is nothing to learn from.
constexpr int64_t fold = 4, least_samples = 16;
/// A new solution must be better by more than what chance makes of the held-out samples.
constexpr double least_gain = 0.995;
/// Adam's rate: levels lie some two units of v apart.
constexpr float rate = 0.01f;

class BlockLearner {
public:
    BlockLearner(const Graph &graph, const Plan &plan, const Samples &samples,
                 std::vector<std::optional<LayerWeights>> &layers, const BlockOptions &options)
        : graph_(graph), plan_(plan), layers_(layers), options_(options), samples_(samples.count),
          float_(graph), quantized_(graph) {
        for (int64_t i = 0; i < samples.count; ++i)
            (i % fold == fold - 1 ? held_out_ : learned_).push_back(i);
        for (size_t i = 0; i < graph.inputs.size(); ++i) {
            const TensorId id = graph.inputs[i];
            exact_[id] = noisy_[id] = samples.inputs[i];
            put_on_grid(id, noisy_[id]);
        }
        for (size_t i = 0; i < layers.size(); ++i)
            if (layers[i])
                set(i, *layers[i]);
    }

    std::vector<BlockGain> run(const Progress &progress) {
        const std::vector<Block> blocks = find_blocks(graph_);
        std::vector<BlockGain> gains;
        for (size_t b = 0; b < blocks.size(); ++b) {
            const Block &block = blocks[b];
            const std::string &name = graph_.operators[block.last - 1].name;
            const bool learns = can_learn(block);
            const GradientExecutor backward(graph_, block.first, learns ? block.last : block.first);
            const TensorValues wanted = all_samples(block, backward, float_, exact_, false);
            if (learns) {
                const auto tell = [&](int iteration) {
                    if (progress)
                        progress(b * size_t(options_.iterations) + size_t(iteration),
                                 blocks.size() * size_t(options_.iterations), name);
                };
                gains.push_back(learn(block, backward, wanted, tell));
                gains.back().name = name;
            }
            TensorValues noisy = all_samples(block, backward, quantized_, noisy_, true);
            for (TensorId id : block.outputs) {
                put_on_grid(id, noisy.at(id));
                noisy_[id] = std::move(noisy.at(id));
                exact_[id] = wanted.at(id);
            }
            forget(blocks, b);
        }
        return gains;
    }

private:
    struct Learned {
        size_t index; ///< of the operator
        SoftWeights weights;
    };

    /// Some layer has levels to choose from, and all operators can go back.
    bool can_learn(const Block &block) const {
        if (held_out_.size() * size_t(fold) < size_t(least_samples))
            return false;
        for (size_t i = block.first; i < block.last; ++i)
            if (!has_gradient(graph_.operators[i].kind))
                return false;
        return std::ranges::any_of(block.weighted, [&](size_t i) { return has_levels(i); });
    }
    bool has_levels(size_t i) const { return layers_[i] && plan_.layers[i].weights.centroids == 0; }

    void put_on_grid(TensorId id, std::span<float> values) const {
        if (plan_.of(id).integer)
            fake_quantize(values, plan_.of(id));
    }

    /// Both networks forget what no later block reads.
    void forget(const std::vector<Block> &blocks, size_t done) {
        for (TensorValues *values : {&exact_, &noisy_})
            std::erase_if(*values, [&](const auto &entry) {
                return std::none_of(blocks.begin() + long(done) + 1, blocks.end(),
                                    [&](const Block &block) {
                                        return std::ranges::count(block.inputs, entry.first) > 0;
                                    });
            });
    }

    void set(size_t index, const LayerWeights &layer) {
        const Operator &op = graph_.operators[index];
        const Rows rows = weight_rows(graph_, op);
        set(index, layer.weights.real(rows).values, layer.bias);
    }
    void set(size_t index, const std::vector<float> &weight_rows, const std::vector<float> &bias) {
        const Operator &op = graph_.operators[index];
        quantized_.set_constant(op.inputs[1],
                                from_rows(op, graph_.tensor(op.inputs[1]).shape, weight_rows));
        if (op.input(2) != no_tensor)
            quantized_.set_constant(op.inputs[2], bias);
    }

    Values pick(TensorId id, const Values &values, std::span<const int64_t> chosen) const {
        const size_t elements = size_t(graph_.tensor(id).elements());
        Values result;
        result.reserve(chosen.size() * elements);
        for (int64_t sample : chosen) {
            const auto begin = values.begin() + long(size_t(sample) * elements);
            result.insert(result.end(), begin, begin + long(elements));
        }
        return result;
    }
    TensorValues pick(const std::vector<TensorId> &ids, const TensorValues &values,
                      std::span<const int64_t> chosen) const {
        TensorValues result;
        for (TensorId id : ids)
            result[id] = pick(id, values.at(id), chosen);
        return result;
    }

    Tape::Change grids() const {
        return [this](TensorId id, std::span<float> values) { put_on_grid(id, values); };
    }

    /// The block's outputs for some samples, before they are put on their grids.
    TensorValues outputs(const Block &block, const GradientExecutor &backward,
                         const FloatExecutor &executor, const TensorValues &values,
                         std::span<const int64_t> chosen, bool on_grids) const {
        Tape tape(graph_, executor, backward, block.first, block.last);
        tape.run(pick(block.inputs, values, chosen), int64_t(chosen.size()),
                 on_grids ? grids() : Tape::Change());
        TensorValues result;
        for (TensorId id : block.outputs)
            result[id] = tape.computed(id);
        return result;
    }

    TensorValues all_samples(const Block &block, const GradientExecutor &backward,
                             const FloatExecutor &executor, const TensorValues &values,
                             bool on_grids) const {
        constexpr int64_t at_once = 64;
        TensorValues result;
        for (int64_t first = 0; first < samples_; first += at_once) {
            std::vector<int64_t> chosen;
            for (int64_t i = first; i < std::min(samples_, first + at_once); ++i)
                chosen.push_back(i);
            for (const auto &[id, some] :
                 outputs(block, backward, executor, values, chosen, on_grids))
                result[id].insert(result[id].end(), some.begin(), some.end());
        }
        return result;
    }

    /// The squared error of the block's outputs on the held-out samples, each relative to its
    /// signal.
    double error(const Block &block, const GradientExecutor &backward,
                 const TensorValues &wanted) const {
        TensorValues found = outputs(block, backward, quantized_, noisy_, held_out_, true);
        double sum = 0;
        for (TensorId id : block.outputs) {
            put_on_grid(id, found.at(id));
            Noise noise;
            noise.add(pick(id, wanted.at(id), held_out_), found.at(id));
            sum += noise.signal > 0 ? noise.noise / noise.signal : noise.noise;
        }
        return sum;
    }

    int batch_of(const Block &block) const {
        int64_t work = 1;
        for (size_t i : block.weighted)
            work += macs(graph_, graph_.operators[i]);
        const int64_t fitting = std::max<int64_t>(least_batch, most_work / work);
        return int(std::min({fitting, int64_t(options_.batch), int64_t(learned_.size())}));
    }

    template <typename F>
    BlockGain learn(const Block &block, const GradientExecutor &made, const TensorValues &wanted,
                    F &&tell) {
        BlockGain gain;
        gain.before = error(block, made, wanted);
        std::vector<Learned> soft;
        for (size_t i : block.weighted)
            if (has_levels(i))
                soft.push_back({i, SoftWeights(weight_rows(graph_, graph_.operators[i]),
                                               *layers_[i], plan_.layers[i].weights)});
        descend(block, wanted, soft, tell);
        std::vector<std::optional<LayerWeights>> before = layers_;
        for (const Learned &layer : soft) {
            layers_[layer.index] = layer.weights.hardened();
            set(layer.index, *layers_[layer.index]);
        }
        gain.after = error(block, made, wanted);
        gain.kept = gain.after < least_gain * gain.before;
        if (!gain.kept)
            for (const Learned &layer : soft) {
                layers_[layer.index] = before[layer.index];
                set(layer.index, *layers_[layer.index]);
            }
        return gain;
    }

    template <typename F>
    void descend(const Block &block, const TensorValues &wanted, std::vector<Learned> &soft,
                 F &&tell) {
        GradientExecutor backward(graph_, block.first, block.last);
        Tape tape(graph_, quantized_, backward, block.first, block.last);
        std::vector<TensorId> variables;
        for (const Learned &layer : soft) {
            const Operator &op = graph_.operators[layer.index];
            variables.push_back(op.inputs[1]);
            variables.push_back(op.inputs[2]);
        }
        // Layers that do not learn go back through what they compute with, too.
        for (size_t i : block.weighted)
            if (layers_[i] && !has_levels(i)) {
                const Operator &op = graph_.operators[i];
                const Rows rows = weight_rows(graph_, op);
                backward.set_constant(op.inputs[1],
                                      from_rows(op, graph_.tensor(op.inputs[1]).shape,
                                                layers_[i]->weights.real(rows).values));
            }
        std::mt19937 random(1);
        std::vector<int64_t> order = learned_;
        const size_t batch = size_t(batch_of(block));
        size_t next = order.size();
        for (int iteration = 0; iteration < options_.iterations; ++iteration) {
            if (next + batch > order.size()) {
                std::shuffle(order.begin(), order.end(), random);
                next = 0;
            }
            const std::span<const int64_t> chosen = std::span(order).subspan(next, batch);
            next += batch;
            for (const Learned &layer : soft) {
                const Operator &op = graph_.operators[layer.index];
                const std::vector<float> weights = layer.weights.weights();
                set(layer.index, weights, layer.weights.bias());
                backward.set_constant(op.inputs[1],
                                      from_rows(op, graph_.tensor(op.inputs[1]).shape, weights));
            }
            tape.run(pick(block.inputs, noisy_, chosen), int64_t(batch), grids());
            const TensorValues gradients =
                tape.back(slopes(block, tape, wanted, chosen), variables, stop_at_ends());
            step(soft, gradients, float(iteration) / float(options_.iterations));
            tell(iteration);
        }
    }

    /// The gradient of the outputs' errors, each relative to its signal.
    TensorValues slopes(const Block &block, const Tape &tape, const TensorValues &wanted,
                        std::span<const int64_t> chosen) const {
        TensorValues result;
        for (TensorId id : block.outputs) {
            const Values target = pick(id, wanted.at(id), chosen);
            Values slope = tape.computed(id);
            double signal = 1e-30;
            for (size_t i = 0; i < slope.size(); ++i) {
                signal += double(target[i]) * target[i];
                slope[i] -= target[i];
            }
            for (float &value : slope)
                value = float(value / signal);
            result[id] = std::move(slope);
        }
        return result;
    }

    /// Values that a grid cuts off pass no gradient.
    Tape::Mask stop_at_ends() const {
        return [this](TensorId id, std::span<const float> computed, std::span<float> gradient) {
            if (!plan_.of(id).integer)
                return;
            const Range range = representable(plan_.of(id).affine, plan_.of(id).grid);
            for (size_t i = 0; i < computed.size(); ++i)
                if (computed[i] < range.lo || computed[i] > range.hi)
                    gradient[i] = 0;
        };
    }

    void step(std::vector<Learned> &soft, const TensorValues &gradients, float progress) const {
        // A fifth of the time weights move freely; then the pull towards levels grows until it is
        // stronger than any gradient, and reaches ever further from them.
        constexpr float free = 0.2f, strongest = 2, sharp = 20, blunt = 2;
        const float held = std::max(0.0f, (progress - free) / (1 - free));
        const float cosine = (1 + std::cos(held * std::numbers::pi_v<float>)) / 2;
        const float sharpness = blunt + (sharp - blunt) * cosine;
        const float pull = held > 0 ? strongest * held : 0;
        for (Learned &layer : soft) {
            const Operator &op = graph_.operators[layer.index];
            const auto weights = gradients.find(op.inputs[1]), bias = gradients.find(op.inputs[2]);
            if (weights == gradients.end() || bias == gradients.end())
                continue;
            layer.weights.step(to_rows(op, graph_.tensor(op.inputs[1]).shape, weights->second),
                               bias->second, rate, pull, sharpness);
        }
    }

    const Graph &graph_;
    const Plan &plan_;
    std::vector<std::optional<LayerWeights>> &layers_;
    const BlockOptions options_;
    const int64_t samples_;
    FloatExecutor float_, quantized_;
    std::vector<int64_t> learned_, held_out_;
    TensorValues exact_, noisy_; ///< what later blocks read, of all samples
};

} // namespace

std::vector<BlockGain> learn_blocks(const Graph &graph, const Plan &plan, const Samples &samples,
                                    std::vector<std::optional<LayerWeights>> &layers,
                                    const BlockOptions &options, const Progress &progress) {
    return BlockLearner(graph, plan, samples, layers, options).run(progress);
}

} // namespace octet::quantize
