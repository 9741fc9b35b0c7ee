#include "compiler/quantize/learn.h"

#include "compiler/quantize/rounding.h"
#include "compiler/reference/accumulate.h"
#include "compiler/support/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace octet::quantize {

namespace {

/// What an activation lets through: sums between these.
struct Passed {
    float lowest, highest;

    explicit Passed(Activation activation) {
        std::tie(lowest, highest) = reference::real_range(activation);
    }
    bool all() const { return std::isinf(lowest) && std::isinf(highest); }
    float apply(float sum) const { return std::min(std::max(sum, lowest), highest); }
    /// What a channel whose sum is `now` should have where the float network has `wanted`.
    float target(float wanted, float now) const {
        if (wanted <= lowest)
            return std::min(now, lowest);
        if (wanted >= highest)
            return std::max(now, highest);
        return wanted;
    }
};

/// One group's channels while their weights are learned.
class Group {
public:
    Group(const PatchGroup &data, Activation activation)
        : data_(data), passed_(activation), channels_(data.sums.columns) {}

    int channels() const { return channels_; }
    const Passed &passed() const { return passed_; }

    /// The channels' sums without what an addition adds: x . w + mean, for x less its means.
    Matrix predict(const Matrix &weights, const std::vector<float> &means) const {
        Matrix result = product_with_transpose(data_.x, weights);
        for (int i = 0; i < result.rows; ++i)
            for (int c = 0; c < channels_; ++c)
                result.row(i)[c] += means[size_t(c)];
        return result;
    }

    /// t for every patch and channel, from the sums as they are now.
    Matrix targets(const Matrix &predicted) const {
        Matrix result(data_.sums.rows, channels_);
        for (int i = 0; i < result.rows; ++i)
            for (int c = 0; c < channels_; ++c) {
                const float added = added_at(i, c);
                result.row(i)[c] =
                    passed_.target(data_.sums.row(i)[c], predicted.row(i)[c] + added) - added;
            }
        return result;
    }

    /// Mean squared error behind the activation, of each channel.
    std::vector<double> losses(const Matrix &predicted) const {
        std::vector<double> result(static_cast<size_t>(channels_));
        for (int i = 0; i < predicted.rows; ++i)
            for (int c = 0; c < channels_; ++c) {
                const double difference = passed_.apply(predicted.row(i)[c] + added_at(i, c)) -
                                          passed_.apply(data_.sums.row(i)[c]);
                result[size_t(c)] += difference * difference;
            }
        return result;
    }

    /// The means that suit the sums of `predicted` best: Newton's steps on the loss, of which only
    /// patches count where one of both passes.
    void refine_means(Matrix &predicted, std::vector<float> &means) const {
        constexpr int steps = 8;
        for (int c = 0; c < channels_; ++c) {
            float shift = 0;
            for (int step = 0; step < steps; ++step) {
                double error = 0;
                int64_t counted = 0;
                for (int i = 0; i < predicted.rows; ++i) {
                    const float now = predicted.row(i)[c] + shift + added_at(i, c);
                    const float wanted = data_.sums.row(i)[c];
                    const float difference = passed_.target(wanted, now) - now;
                    error += difference;
                    counted += difference != 0;
                }
                if (counted == 0)
                    break;
                const float move = float(error / double(counted));
                shift += move;
                if (std::abs(move) < 1e-6f * std::abs(means[size_t(c)]) || passed_.all())
                    break;
            }
            means[size_t(c)] += shift;
            for (int i = 0; i < predicted.rows; ++i)
                predicted.row(i)[c] += shift;
        }
    }

    /// Mean of each column.
    std::vector<float> means(const Matrix &values) const {
        std::vector<double> sums(static_cast<size_t>(channels_));
        for (int i = 0; i < values.rows; ++i)
            for (int c = 0; c < channels_; ++c)
                sums[size_t(c)] += values.row(i)[c];
        std::vector<float> result(sums.size());
        for (size_t c = 0; c < sums.size(); ++c)
            result[c] = float(sums[c] / values.rows);
        return result;
    }

    Matrix covariance() const {
        Matrix result(data_.x.columns, data_.x.columns);
        add_transposed_product(data_.x, data_.x, result);
        for (float &value : result.values)
            value /= float(data_.x.rows);
        return result;
    }

    const PatchGroup &data() const { return data_; }

private:
    float added_at(int i, int c) const { return data_.added.rows ? data_.added.row(i)[c] : 0.0f; }

    const PatchGroup &data_;
    const Passed passed_;
    const int channels_;
};

/// E[x] . w for each channel.
std::vector<float> mean_products(const PatchGroup &data, const Matrix &weights) {
    std::vector<float> result;
    for (int c = 0; c < weights.rows; ++c) {
        double product = 0;
        for (int k = 0; k < weights.columns; ++k)
            product += double(weights.row(c)[k]) * data.mean_x[size_t(k)];
        result.push_back(float(product));
    }
    return result;
}

Matrix rows_of(const Rows &rows, int first, int count) {
    Matrix result(count, rows.depth);
    for (int c = 0; c < count; ++c)
        std::copy_n(rows.row(first + c), rows.depth, result.row(c));
    return result;
}

/// The share of what `e` says that is not chance: with as many unknowns as weights, `independent`
/// patches of noise alone would let weights explain depth / independent of its energy (the factor
/// of James and Stein).
float trust(const LeastSquares &problem, std::span<const float> e, double energy,
            double independent) {
    const double chance = energy * problem.depth() / std::max(1.0, independent);
    const double explained = problem.explained(e);
    return explained > chance ? float(1 - chance / explained) : 0.0f;
}

/// Calls f(data) for every group: several side by side, and of those with one channel, a depthwise
/// layer's, as many read at once as one line of a cache holds.
template <typename F>
void for_groups(const Patches &patches, F &&f) {
    constexpr int line = 16;
    parallel_for((patches.groups() + line - 1) / line, [&](int64_t block) {
        const int first = int(block) * line;
        const int count = std::min(line, patches.groups() - first);
        for (const PatchGroup &data : patches.some_groups(first, count))
            f(data);
    });
}

class Learner {
public:
    Learner(const Rows &rows, const std::vector<float> &bias, const WeightScheme &scheme,
            const WeightContext &context, const Patches &patches, const QuantizedWeights &start)
        : rows_(rows), bias_(bias), scheme_(scheme), context_(context), patches_(patches) {
        result_.weights = start;
        result_.bias = bias;
        // Below 8 bits the scale that is best for the nearest levels need not be the best for
        // learned ones.
        search_scales_ = scheme.per_channel && scheme.bits < 8 && !scheme.centroids;
    }

    LayerWeights run() {
        for_groups(patches_, [&](const PatchGroup &data) { learn(data); });
        return std::move(result_);
    }

private:
    void learn(const PatchGroup &data) {
        const Group group(data, patches_.activation());
        // A part of the mean energy holds weights where inputs hardly vary, and where few patches
        // for many weights leave H uncertain.
        const float ridge = float(1e-3 + 0.1 * rows_.depth / std::max(1.0, patches_.independent()));
        const LeastSquares problem(group.covariance(), ridge);
        const int channels = group.channels(), first = data.first_channel;
        const Matrix exact = rows_of(rows_, first, channels);

        std::vector<float> float_means = mean_products(data, exact);
        for (int c = 0; c < channels; ++c)
            float_means[size_t(c)] += bias_[size_t(first + c)];
        const Matrix float_sums = group.predict(exact, float_means);
        std::vector<double> least(size_t(channels), std::numeric_limits<double>::infinity());
        const int rounds = group.passed().all() ? 1 : most_rounds;
        for (const std::vector<float> &scales : scale_choices(first, channels)) {
            Matrix predicted = float_sums;
            for (int round = 0; round < rounds; ++round)
                improve(data, group, problem, exact, scales, predicted, least);
        }
    }

    /// One solution for all channels of a group, from the targets that their sums have now; keeps
    /// what loses less than `least` says.
    void improve(const PatchGroup &data, const Group &group, const LeastSquares &problem,
                 const Matrix &exact, const std::vector<float> &scales, Matrix &predicted,
                 std::vector<double> &least) {
        const int channels = group.channels(), first = data.first_channel;
        Matrix errors = group.targets(predicted); // t, then t less what w makes of x
        std::vector<float> means = group.means(errors);
        const Matrix made = group.predict(exact, means);
        std::vector<double> energy(static_cast<size_t>(channels));
        for (int i = 0; i < errors.rows; ++i)
            for (int c = 0; c < channels; ++c) {
                float &value = errors.row(i)[c];
                value -= made.row(i)[c];
                energy[size_t(c)] += double(value) * value / errors.rows;
            }
        Matrix xe(rows_.depth, channels);
        add_transposed_product(data.x, errors, xe);

        Matrix learned(channels, rows_.depth);
        std::vector<std::vector<int>> values(static_cast<size_t>(channels));
        parallel_for(channels, [&](int64_t c) {
            std::vector<float> e(static_cast<size_t>(rows_.depth));
            for (int k = 0; k < rows_.depth; ++k)
                e[size_t(k)] = xe.row(k)[c] / float(errors.rows);
            const float trusted = trust(problem, e, energy[size_t(c)], patches_.independent());
            std::vector<float> p = problem.times({exact.row(int(c)), size_t(rows_.depth)});
            for (size_t k = 0; k < p.size(); ++k)
                p[k] += trusted * e[k];
            const Levels levels = levels_of(result_.weights, scheme_, rows_, first + int(c));
            values[size_t(c)] = problem.solve(p, scales[size_t(c)], levels);
            for (int k = 0; k < rows_.depth; ++k)
                learned.row(int(c))[k] = scales[size_t(c)] * float(values[size_t(c)][size_t(k)]);
        });
        predicted = group.predict(learned, means);
        group.refine_means(predicted, means);
        const std::vector<double> losses = group.losses(predicted);
        const std::vector<float> products = mean_products(data, learned);
        for (int c = 0; c < channels; ++c)
            if (losses[size_t(c)] < least[size_t(c)]) {
                least[size_t(c)] = losses[size_t(c)];
                keep(first + c, values[size_t(c)], scales[size_t(c)],
                     means[size_t(c)] - products[size_t(c)]);
            }
    }

    /// Scales to try for the channels of a group: the ones that suit the nearest levels, and below
    /// 8 bits others, because they need not be the best for learned levels.
    std::vector<std::vector<float>> scale_choices(int first, int channels) const {
        std::vector<std::vector<float>> choices(1);
        for (int c = 0; c < channels; ++c)
            choices[0].push_back(result_.weights.scale(first + c));
        if (!search_scales_)
            return choices;
        choices.resize(most_scales, choices[0]);
        for (int c = 0; c < channels; ++c) {
            const std::vector<float> ranked = channel_scales(rows_, first + c, scheme_, context_);
            for (size_t i = 1; i < std::min(ranked.size(), choices.size()); ++i)
                choices[i][size_t(c)] = ranked[i];
        }
        return choices;
    }

    void keep(int c, const std::vector<int> &values, float scale, float bias) {
        QuantizedWeights &weights = result_.weights;
        for (int k = 0; k < rows_.depth; ++k)
            weights.values[size_t(c) * size_t(rows_.depth) + size_t(k)] =
                int8_t(values[size_t(k)] + weights.zero_point(c));
        if (search_scales_)
            weights.scales[size_t(c)] = scale;
        result_.bias[size_t(c)] = bias;
    }

    static constexpr int most_rounds = 4;
    static constexpr size_t most_scales = 6;

    const Rows &rows_;
    const std::vector<float> &bias_;
    const WeightScheme &scheme_;
    const WeightContext &context_;
    const Patches &patches_;
    bool search_scales_ = false;
    LayerWeights result_;
};

} // namespace

LayerWeights learn_weights(const Rows &rows, const std::vector<float> &bias,
                           const WeightScheme &scheme, const WeightContext &context,
                           const Patches &patches, const QuantizedWeights &start) {
    return Learner(rows, bias, scheme, context, patches, start).run();
}

std::vector<float> learn_bias(const Rows &real_weights, const std::vector<float> &bias,
                              const Patches &patches) {
    std::vector<float> result = bias;
    for_groups(patches, [&](const PatchGroup &data) {
        const Group group(data, patches.activation());
        const Matrix weights = rows_of(real_weights, data.first_channel, group.channels());
        const std::vector<float> products = mean_products(data, weights);
        std::vector<float> means = products;
        for (int c = 0; c < group.channels(); ++c)
            means[size_t(c)] += bias[size_t(data.first_channel + c)];
        Matrix predicted = group.predict(weights, means);
        group.refine_means(predicted, means);
        for (int c = 0; c < group.channels(); ++c)
            result[size_t(data.first_channel + c)] = means[size_t(c)] - products[size_t(c)];
    });
    return result;
}

} // namespace octet::quantize
