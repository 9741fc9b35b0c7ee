#include "compiler/quantize/kmeans_points.h"

#include "compiler/support/error.h"

#include <numeric>

namespace octet::quantize::kmeans {

void check(std::span<const float> values, std::span<const float> importance,
           const ClusterOptions &options) {
    if (options.clusters < 1 || options.clusters > 256)
        throw UsageError("clustering: {} clusters are not possible; choose 1 to 256",
                         options.clusters);
    if (!importance.empty() && importance.size() != values.size())
        throw UsageError("clustering: {} weights for {} values; give one for each",
                         importance.size(), values.size());
    for (float value : values)
        if (!std::isfinite(value))
            throw Error("clustering: a value is {}; check the network's weights", value);
    for (float weight : importance)
        if (!(weight >= 0) || !std::isfinite(weight))
            throw Error("clustering: an importance is {}; it must be finite and not negative",
                        weight);
}

Points::Points(std::span<const float> values, std::span<const float> importance) {
    const bool weighted =
        std::any_of(importance.begin(), importance.end(), [](float w) { return w > 0; });
    std::vector<std::pair<float, double>> sorted;
    sorted.reserve(values.size());
    for (size_t i = 0; i < values.size(); i++)
        if (const double w = weighted ? double(importance[i]) : 1.0; w > 0)
            sorted.emplace_back(values[i] + 0.0f, w); // -0 becomes 0.
    std::sort(sorted.begin(), sorted.end());

    double total = 0, sum = 0;
    for (const auto &[x, w] : sorted) {
        total += w;
        sum += w * double(x);
    }
    shift_ = total > 0 ? sum / total : 0;
    w_ = wx_ = wxx_ = energy_ = {0};
    for (size_t i = 0; i < sorted.size();) {
        const double x = sorted[i].first, centred = x - shift_;
        double w = 0;
        for (; i < sorted.size() && double(sorted[i].first) == x; i++)
            w += sorted[i].second;
        x_.push_back(x);
        w_.push_back(w_.back() + w);
        wx_.push_back(wx_.back() + w * centred);
        wxx_.push_back(wxx_.back() + w * centred * centred);
        energy_.push_back(energy_.back() + w * x * x);
    }
}

double error(const Points &points, const std::vector<double> &centroids) {
    double sum = 0;
    size_t begin = 0;
    for (size_t c = 0; c < centroids.size(); c++) {
        const size_t end = c + 1 < centroids.size()
                               ? points.boundary(centroids[c], centroids[c + 1])
                               : points.size();
        if (begin == end)
            continue;
        const double off = points.mean(begin, end) - centroids[c];
        sum += points.spread(begin, end) + points.weight(begin, end) * off * off;
        begin = end;
    }
    return sum;
}

double assign(std::span<const float> values, std::span<const float> importance,
              const std::vector<double> &centroids, std::vector<uint8_t> &indices) {
    std::vector<double> middles;
    for (size_t c = 0; c + 1 < centroids.size(); c++)
        middles.push_back((centroids[c] + centroids[c + 1]) / 2);
    double sum = 0;
    for (size_t i = 0; i < values.size(); i++) {
        const auto c = std::lower_bound(middles.begin(), middles.end(), double(values[i]));
        indices.push_back(uint8_t(c - middles.begin()));
        const double off = double(values[i]) - centroids[indices.back()];
        sum += (importance.empty() ? 1.0 : double(importance[i])) * off * off;
    }
    return sum;
}

} // namespace octet::quantize::kmeans
