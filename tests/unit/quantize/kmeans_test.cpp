// Clustering against exhaustive search, against Max's optimal quantizers of a normal distribution,
// and of its two algorithms against each other.
#include "compiler/quantize/kmeans.h"
#include "tests/support/expect_error.h"

#include <cmath>
#include <functional>
#include <limits>
#include <random>

using namespace octet;
using namespace octet::quantize;

namespace {

struct Problem {
    std::vector<float> values, importance;
};

Problem random_problem(size_t count, unsigned seed, bool integers = false) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    Problem problem;
    for (size_t i = 0; i < count; i++) {
        problem.values.push_back(integers ? std::round(4 * normal(random)) : normal(random));
        problem.importance.push_back(i % 5 == 4 ? 0.0f : std::exp(normal(random)));
    }
    return problem;
}

double error_of(const Problem &problem, const std::vector<double> &centroids) {
    double sum = 0;
    for (size_t i = 0; i < problem.values.size(); i++) {
        double least = std::numeric_limits<double>::infinity();
        for (double centroid : centroids)
            least = std::min(least, std::pow(double(problem.values[i]) - centroid, 2));
        sum += double(problem.importance[i]) * least;
    }
    return sum;
}

/// Tries every assignment of values to clusters; the first cluster's centroid may be fixed at zero.
double exhaustive(const Problem &problem, int clusters, bool keep_zero) {
    std::vector<int> label(problem.values.size(), 0);
    double best = std::numeric_limits<double>::infinity();
    while (true) {
        std::vector<double> w(size_t(clusters), 0), wx(size_t(clusters), 0);
        for (size_t i = 0; i < label.size(); i++) {
            w[size_t(label[i])] += double(problem.importance[i]);
            wx[size_t(label[i])] += double(problem.importance[i]) * double(problem.values[i]);
        }
        double error = 0;
        for (size_t i = 0; i < label.size(); i++) {
            const auto c = size_t(label[i]);
            const double centroid = (keep_zero && c == 0) || w[c] == 0 ? 0 : wx[c] / w[c];
            error +=
                double(problem.importance[i]) * std::pow(double(problem.values[i]) - centroid, 2);
        }
        best = std::min(best, error);
        size_t i = 0;
        while (i < label.size() && ++label[i] == clusters)
            label[i++] = 0;
        if (i == label.size())
            return best;
    }
}

/// Tries every set of integers from -`most` to `most`.
double exhaustive_integers(const Problem &problem, int clusters, int most, double scale,
                           bool keep_zero) {
    std::vector<double> chosen;
    double best = std::numeric_limits<double>::infinity();
    const std::function<void(int)> choose = [&](int from) {
        if (int(chosen.size()) == clusters) {
            best = std::min(best, error_of(problem, chosen));
            return;
        }
        for (int q = from; q <= most; q++) {
            chosen.push_back(q * scale);
            choose(q + 1);
            chosen.pop_back();
        }
    };
    if (keep_zero)
        chosen.push_back(0);
    choose(-most);
    return best;
}

void check_consistent(const Problem &problem, const std::vector<double> &centroids,
                      const std::vector<uint8_t> &indices, double error) {
    REQUIRE(indices.size() == problem.values.size());
    CHECK(std::is_sorted(centroids.begin(), centroids.end()));
    int64_t farther = 0;
    for (size_t i = 0; i < indices.size(); i++)
        for (double centroid : centroids)
            farther += std::fabs(centroid - double(problem.values[i])) <
                       std::fabs(centroids.at(indices[i]) - double(problem.values[i]));
    CHECK(farther == 0);
    CHECK(error == Approx(error_of(problem, centroids)).margin(1e-12));
}

} // namespace

TEST_CASE("Clusters are the best of all assignments", "[kmeans]") {
    for (unsigned seed = 0; seed < 12; seed++)
        for (int clusters : {1, 2, 3, 4})
            for (bool keep_zero : {false, true}) {
                const Problem problem = random_problem(8, seed, seed % 3 == 0);
                const Clustering found = cluster(problem.values, problem.importance,
                                                 {.clusters = clusters, .keep_zero = keep_zero});
                INFO("seed " << seed << ", " << clusters << " clusters, zero " << keep_zero);
                CHECK(found.error ==
                      Approx(exhaustive(problem, clusters, keep_zero)).epsilon(1e-5).margin(1e-9));
                check_consistent(problem, {found.centroids.begin(), found.centroids.end()},
                                 found.indices, found.error);
                CHECK(int(found.centroids.size()) <= clusters);
                if (keep_zero)
                    CHECK(std::count(found.centroids.begin(), found.centroids.end(), 0.0f) == 1);
            }
}

TEST_CASE("Integer clusters of a given scale are the best of all sets", "[kmeans]") {
    for (unsigned seed = 20; seed < 32; seed++)
        for (int clusters : {1, 2, 3, 4})
            for (bool keep_zero : {false, true}) {
                const Problem problem = random_problem(30, seed);
                const float scale = 0.4f;
                const IntegerClustering found =
                    cluster_integers(problem.values, problem.importance,
                                     {.clusters = clusters, .keep_zero = keep_zero}, scale);
                INFO("seed " << seed << ", " << clusters << " clusters, zero " << keep_zero);
                CHECK(found.scale == scale);
                CHECK(found.error ==
                      Approx(exhaustive_integers(problem, clusters, 8, double(scale), keep_zero)));
                std::vector<double> centroids;
                for (int8_t q : found.centroids)
                    centroids.push_back(double(q) * double(scale));
                check_consistent(problem, centroids, found.indices, found.error);
            }
}

TEST_CASE("Integers stay within int8 for a scale that is too small", "[kmeans]") {
    const Problem problem{{-9, 0.5f, 0.52f, 9}, {1, 1, 1, 1}};
    const auto found = cluster_integers(problem.values, {}, {.clusters = 3}, 0.01f);
    CHECK(found.centroids == std::vector<int8_t>{-127, 51, 127});
}

TEST_CASE("The search for a scale finds what trying scales finds", "[kmeans]") {
    for (unsigned seed = 40; seed < 46; seed++) {
        const Problem problem = random_problem(40, seed);
        const ClusterOptions options{.clusters = 4, .keep_zero = seed % 2 == 0};
        const IntegerClustering found =
            cluster_integers(problem.values, problem.importance, options);
        const Clustering ideal = cluster(problem.values, problem.importance, options);
        double best = std::numeric_limits<double>::infinity();
        for (int i = 0; i < 4000; i++) {
            const float scale = 0.004f + 0.00001f * float(i);
            best = std::min(
                best, cluster_integers(problem.values, problem.importance, options, scale).error);
        }
        INFO("seed " << seed);
        CHECK(found.error >= ideal.error * (1 - 1e-6));
        CHECK(found.error <= best * 1.001);
        CHECK(*std::max_element(found.centroids.begin(), found.centroids.end()) <= 127);
    }
}

TEST_CASE("Both algorithms reach Max's quantizers of a normal distribution", "[kmeans]") {
    // Max, Quantizing for minimum distortion (1960), table I: mean squared errors.
    std::vector<float> values;
    double x = -5;
    constexpr int count = 20'000;
    for (int i = 0; i < count; i++) { // the inverse of the distribution function
        for (int step = 0; step < 30; step++)
            x -= std::clamp((std::erfc(-x / std::sqrt(2.0)) / 2 - (i + 0.5) / count) /
                                (std::exp(-x * x / 2) / std::sqrt(2 * M_PI)),
                            -0.5, 0.5);
        values.push_back(float(x));
    }
    const std::pair<int, double> known[] = {{2, 0.3634}, {4, 0.1175}, {8, 0.03454}, {16, 0.009497}};
    for (const auto &[clusters, distortion] : known) {
        const double exact = cluster(values, {}, {.clusters = clusters}).error / count;
        const double seeded =
            cluster(values, {}, {.clusters = clusters, .exact_limit = 0}).error / count;
        CHECK(exact == Approx(distortion).epsilon(0.01));
        CHECK(seeded >= exact * (1 - 1e-9));
        CHECK(seeded <= exact * 1.02);
    }
}

TEST_CASE("k-means++ repeats itself and keeps zero", "[kmeans]") {
    const Problem problem = random_problem(3000, 7);
    const ClusterOptions options{.clusters = 16, .keep_zero = true, .exact_limit = 0};
    const Clustering a = cluster(problem.values, problem.importance, options);
    const Clustering b = cluster(problem.values, problem.importance, options);
    CHECK(a.centroids == b.centroids);
    CHECK(a.indices == b.indices);
    CHECK(std::count(a.centroids.begin(), a.centroids.end(), 0.0f) == 1);
    ClusterOptions exact = options;
    exact.exact_limit = 1 << 20;
    CHECK(cluster(problem.values, problem.importance, exact).error <= a.error);
    const IntegerClustering integers =
        cluster_integers(problem.values, problem.importance, options);
    CHECK(integers.error == Approx(a.error).epsilon(0.05));
    CHECK(std::count(integers.centroids.begin(), integers.centroids.end(), 0) == 1);
}

TEST_CASE("Few, equal and no values", "[kmeans]") {
    for (int64_t exact_limit : {int64_t(0), int64_t(1000)}) {
        const ClusterOptions options{.clusters = 4, .exact_limit = exact_limit};
        const Clustering three = cluster(std::vector<float>{2, -1, 2, 0.5f}, {}, options);
        CHECK(three.centroids == std::vector<float>{-1, 0.5f, 2});
        CHECK(three.indices == std::vector<uint8_t>{2, 0, 2, 1});
        CHECK(three.error == 0);
        CHECK(cluster({}, {}, options).centroids.empty());
        const Clustering zeros = cluster(std::vector<float>(5, 0.0f), {}, options);
        CHECK(zeros.centroids == std::vector<float>{0});
        const IntegerClustering none = cluster_integers(std::vector<float>(5, 0.0f), {}, options);
        CHECK(none.centroids == std::vector<int8_t>{0});
        CHECK(none.scale > 0);
        // No importance at all counts as equal importance, but for the error.
        CHECK(cluster(std::vector<float>{1, 2}, std::vector<float>{0, 0}, options).centroids ==
              std::vector<float>{1, 2});
    }
}

TEST_CASE("Impossible clusterings are refused", "[kmeans]") {
    using test::check_message;
    const auto message = [](std::vector<float> values, std::vector<float> importance,
                            ClusterOptions options = {}) {
        return test::error_of([&] { cluster(values, importance, options); });
    };
    check_message(message({1}, {}, {.clusters = 0}), {"0 clusters", "1 to 256"});
    check_message(message({1}, {}, {.clusters = 257}), {"257 clusters", "1 to 256"});
    check_message(message({1}, {1, 2}), {"2 weights for 1 values"});
    check_message(message({std::nanf("")}, {}), {"value is nan"});
    check_message(message({1}, {-1}), {"importance is -1"});
    check_message(test::error_of([] { cluster_integers({}, {}, {}, -1); }), {"scale -1"});
}
