// Gradients of operators that only move elements: each element of the output came from one of an
// operand or from padding, and gives its gradient back to it.
//
// Where it came from is found by moving numbers: the operator itself, run on operands that hold the
// numbers of their elements, writes the number of its source to every place of the output. So there
// is one backward pass for padding, joining, slicing, transposing, reshaping and repeating.
#include "compiler/float/gradient.h"
#include "compiler/float/layer.h"

#include <algorithm>

namespace octet::floats {

namespace {

class MovementGradient : public Gradient {
public:
    MovementGradient(const Graph &graph, const Operator &op)
        : Gradient(graph, op),
          activation_(op.kind == OpKind::concatenation ? op.as<ConcatenationAttributes>().activation
                                                       : Activation::none) {
        find_sources(graph, op);
    }

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        const int64_t slab = output().elements();
        const auto dy = unclamped(run, activation_, run.samples * slab, 0, shared);
        for (size_t i = 0; i < targets.size(); ++i) {
            if (!targets[i])
                continue;
            const int64_t size = input(i).elements();
            const bool constant = input(i).constant();
            std::fill_n(targets[i], elements(i, run.samples), 0.0f);
            const auto one = [&](int64_t sample) {
                float *to = targets[i] + (constant ? 0 : sample * size);
                const float *from = dy.get() + sample * slab;
                for (const Move &move : moves_[i])
                    to[move.to] += from[move.from];
            };
            if (!constant)
                shared.workers.run(run.samples, one);
            else // Samples add to the same elements, one after the other.
                for (int64_t sample = 0; sample < run.samples; ++sample)
                    one(sample);
        }
    }

private:
    /// Gradients go from the output to an operand.
    struct Move {
        int32_t to, from;
    };

    void find_sources(const Graph &graph, const Operator &op) {
        // Numbers start at 1, for padding writes 0. Floats, which is what layers move, tell 2^24
        // of them apart, so a larger number goes in two digits.
        constexpr int64_t digit = int64_t(1) << 20;
        Operator moved = op;
        if (auto *joined = std::get_if<ConcatenationAttributes>(&moved.attributes))
            joined->activation = Activation::none; // It would cut the numbers.
        const std::unique_ptr<Layer> layer = make_layer(graph, moved);
        Workers alone(1);
        const auto move_numbers = [&](auto &&digit_of) {
            std::vector<std::vector<float>> numbers(operands());
            std::vector<Operand> inputs;
            int64_t number = 1;
            for (size_t i = 0; i < operands(); ++i) {
                numbers[i].resize(size_t(input(i).elements()));
                for (float &element : numbers[i])
                    element = float(digit_of(number++));
                inputs.push_back({numbers[i].data(), input(i).constant()});
            }
            std::vector<float> result(size_t(output().elements()));
            layer->run(inputs, result.data(), 1, alone);
            return result;
        };
        const auto low = move_numbers([](int64_t number) { return number % digit; });
        const auto high = move_numbers([](int64_t number) { return number / digit; });
        std::vector<int64_t> first{1};
        for (size_t i = 0; i < operands(); ++i)
            first.push_back(first.back() + input(i).elements());
        moves_.resize(operands());
        for (size_t place = 0; place < low.size(); ++place) {
            const int64_t number = int64_t(high[place]) * digit + int64_t(low[place]);
            if (number == 0)
                continue;
            const size_t i =
                size_t(std::upper_bound(first.begin(), first.end(), number) - first.begin()) - 1;
            moves_[i].push_back({int32_t(number - first[i]), int32_t(place)});
        }
    }

    Activation activation_;
    std::vector<std::vector<Move>> moves_; ///< by operand, of one sample
};

} // namespace

std::unique_ptr<Gradient> make_movement_gradient(const Graph &graph, const Operator &op) {
    return std::make_unique<MovementGradient>(graph, op);
}

} // namespace octet::floats
