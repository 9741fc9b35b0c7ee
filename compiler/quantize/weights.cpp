#include "compiler/quantize/weights.h"

#include "compiler/quantize/kmeans.h"
#include "compiler/support/error.h"
#include "compiler/support/parallel.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace octet::quantize {

namespace {

/// Integers of a scheme before a codebook narrows them, less the zero point.
Levels all_levels(const WeightScheme &scheme, int32_t zero_point) {
    if (scheme.mode == Mode::asymmetric)
        return {
            -(1 << (scheme.bits - 1)) - zero_point, (1 << (scheme.bits - 1)) - 1 - zero_point, {}};
    const int highest = (1 << (scheme.bits - 1)) - 1;
    return {-highest, highest, {}};
}

/// Importance of the weights of channel c; empty where all are equal.
std::span<const float> importance_of(const WeightContext &context, const Rows &rows, int c) {
    if (context.importance.empty())
        return {};
    const int group = c / std::max(1, rows.channels / context.groups);
    return std::span(context.importance)
        .subspan(size_t(group) * size_t(rows.depth), size_t(rows.depth));
}

/// Weighted squared error of rounding channel c to the nearest levels.
double rounding_error(const Rows &rows, int c, std::span<const float> importance, float scale,
                      const Levels &levels) {
    double error = 0;
    for (int k = 0; k < rows.depth; ++k) {
        const float w = rows.row(c)[k];
        const double difference = double(scale) * levels.nearest(w / scale) - w;
        error += difference * difference * (importance.empty() ? 1.0 : importance[size_t(k)]);
    }
    return error;
}

float power_of_two_above(float scale) {
    return std::exp2(std::ceil(std::log2(scale) - 1e-6f));
}

/// Scales worth trying for a largest magnitude: clipping the few makes the steps finer for the
/// many, which pays below 8 bits.
std::vector<float> scale_candidates(float largest, const WeightScheme &scheme) {
    const float full = largest / float((1 << (scheme.bits - 1)) - 1);
    if (scheme.mode == Mode::power_of_two) {
        const float above = power_of_two_above(full);
        return {above, above / 2, above / 4};
    }
    if (scheme.bits == 8)
        return {full};
    std::vector<float> scales;
    for (int percent = 100; percent >= 40; percent -= 3)
        scales.push_back(full * float(percent) / 100);
    return scales;
}

float largest_magnitude(const Rows &rows, int first, int last) {
    float largest = 0;
    for (int c = first; c < last; ++c)
        for (int k = 0; k < rows.depth; ++k)
            largest = std::max(largest, std::abs(rows.row(c)[k]));
    return largest;
}

/// The candidates of channels [first, last), which share a scale, the best first.
std::vector<float> ranked_scales(const Rows &rows, int first, int last, const WeightScheme &scheme,
                                 const WeightContext &context) {
    const float largest = largest_magnitude(rows, first, last);
    if (!(largest > 0))
        return {};
    const Levels levels = all_levels(scheme, 0);
    std::vector<std::pair<double, float>> ranked;
    for (float scale : scale_candidates(largest, scheme)) {
        for (int c = first; c < last && !context.least_scales.empty(); ++c)
            scale = std::max(scale, context.least_scales[size_t(c)]);
        double error = 0;
        for (int c = first; c < last; ++c)
            error += rounding_error(rows, c, importance_of(context, rows, c), scale, levels);
        ranked.emplace_back(error, scale);
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<float> scales;
    for (const auto &[error, scale] : ranked)
        scales.push_back(scale);
    return scales;
}

/// Scales and zero points: the best for rounding to the nearest.
void choose_scales(const Rows &rows, const WeightScheme &scheme, const WeightContext &context,
                   QuantizedWeights &result) {
    if (scheme.mode == Mode::asymmetric) {
        const auto [least, greatest] = std::ranges::minmax(rows.values);
        const Grid grid{.bits = scheme.bits};
        const Affine affine = scale_and_zero_point({least, greatest}, grid);
        result.scales = {affine.scale};
        result.zero_points = {affine.zero_point};
        return;
    }
    const int step = scheme.per_channel ? 1 : std::max(1, rows.channels);
    float greatest = 0;
    for (int c = 0; c < rows.channels; c += step) {
        const std::vector<float> ranked = ranked_scales(rows, c, c + step, scheme, context);
        result.scales.push_back(ranked.empty() ? 0 : ranked[0]);
        greatest = std::max(greatest, result.scales.back());
    }
    // Channels of zeros need any scale; a neighbour's keeps multipliers alike.
    for (float &scale : result.scales)
        if (!(scale > 0))
            scale = greatest > 0 ? greatest : 1.0f / 128;
    result.zero_points.assign(result.scales.size(), 0);
}

/// Codebooks of int8 centroids, one for every `codebook_channels` channels, on weights in units of
/// their channels' scales.
void choose_codebooks(const Operator &op, const Rows &rows, const WeightScheme &scheme,
                      const WeightContext &context, QuantizedWeights &result) {
    const int shared = scheme.codebook_channels ? scheme.codebook_channels : rows.channels;
    if (rows.channels % shared != 0)
        throw UsageError("operator {}: its {} output channels cannot share codebooks by {}; use a "
                         "divisor of {}",
                         op.name, rows.channels, shared, rows.channels);
    result.storage.bits = std::bit_width(unsigned(scheme.centroids - 1));
    result.storage.axis = channel_axis(op);
    const size_t entries = size_t(1) << result.storage.bits;
    result.storage.codebooks.assign(entries * size_t(rows.channels / shared), 0);
    parallel_for(rows.channels / shared, [&](int64_t book) {
        std::vector<float> values, importance;
        for (int c = int(book) * shared; c < int(book + 1) * shared; ++c) {
            const float scale = result.scale(c);
            const std::span<const float> energy = importance_of(context, rows, c);
            for (int k = 0; k < rows.depth; ++k) {
                values.push_back(rows.row(c)[k] / scale);
                importance.push_back(scale * scale * (energy.empty() ? 1 : energy[size_t(k)]));
            }
        }
        const ClusterOptions clusters{.clusters = scheme.centroids};
        const std::vector<int8_t> centroids =
            cluster_integers(values, importance, clusters, 1.0f).centroids;
        int8_t *place = result.storage.codebooks.data() + size_t(book) * entries;
        std::copy(centroids.begin(), centroids.end(), place);
        std::fill(place + centroids.size(), place + entries, centroids.back());
    });
}

QuantizedWeights with_scales(const Operator &op, const Rows &rows, const WeightScheme &scheme,
                             const WeightContext &context) {
    QuantizedWeights result;
    result.values.resize(rows.values.size());
    result.storage.bits = scheme.bits;
    choose_scales(rows, scheme, context, result);
    if (scheme.centroids)
        choose_codebooks(op, rows, scheme, context, result);
    return result;
}

} // namespace

Rows QuantizedWeights::real(const Rows &shape) const {
    Rows rows = shape;
    for (int c = 0; c < rows.channels; ++c)
        for (int k = 0; k < rows.depth; ++k)
            rows.row(c)[k] = scale(c) * float(values[size_t(c) * size_t(rows.depth) + size_t(k)] -
                                              zero_point(c));
    return rows;
}

QuantizedWeights round_to_nearest(const Operator &op, const Rows &rows, const WeightScheme &scheme,
                                  const WeightContext &context) {
    QuantizedWeights result = with_scales(op, rows, scheme, context);
    for (int c = 0; c < rows.channels; ++c) {
        const Levels levels = levels_of(result, scheme, rows, c);
        for (int k = 0; k < rows.depth; ++k)
            result.values[size_t(c) * size_t(rows.depth) + size_t(k)] =
                int8_t(levels.nearest(rows.row(c)[k] / result.scale(c)) + result.zero_point(c));
    }
    return result;
}

Levels levels_of(const QuantizedWeights &weights, const WeightScheme &scheme, const Rows &rows,
                 int c) {
    Levels levels = all_levels(scheme, weights.zero_point(c));
    if (weights.storage.codebooks.empty())
        return levels;
    const int books = weights.storage.codebook_count();
    const size_t entries = size_t(1) << weights.storage.bits;
    const size_t book = size_t(c) / size_t(rows.channels / books);
    levels.list.assign(weights.storage.codebooks.begin() + long(book * entries),
                       weights.storage.codebooks.begin() + long((book + 1) * entries));
    std::sort(levels.list.begin(), levels.list.end());
    levels.list.erase(std::unique(levels.list.begin(), levels.list.end()), levels.list.end());
    return levels;
}

std::vector<float> channel_scales(const Rows &rows, int c, const WeightScheme &scheme,
                                  const WeightContext &context) {
    return ranked_scales(rows, c, c + 1, scheme, context);
}

} // namespace octet::quantize
