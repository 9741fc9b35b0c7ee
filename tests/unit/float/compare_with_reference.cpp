#include "tests/unit/float/compare_with_reference.h"

#include "compiler/reference/interpreter.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::test {

float relative_error(std::span<const float> values, std::span<const float> wanted) {
    REQUIRE(values.size() == wanted.size());
    float error = 0, magnitude = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
        if (!std::isfinite(values[i]))
            return INFINITY;
        error = std::max(error, std::abs(values[i] - wanted[i]));
        magnitude = std::max(magnitude, std::abs(wanted[i]));
    }
    return magnitude > 0 ? error / magnitude : error;
}

std::vector<Values> random_samples(const Graph &graph, int64_t samples, uint32_t seed) {
    std::vector<Values> result(graph.inputs.size());
    for (int64_t sample = 0; sample < samples; ++sample) {
        const std::vector<Bytes> inputs = random_inputs(graph, seed + uint32_t(sample));
        for (size_t i = 0; i < inputs.size(); ++i) {
            const auto *data = reinterpret_cast<const float *>(inputs[i].data());
            result[i].insert(result[i].end(), data, data + inputs[i].size() / sizeof(float));
        }
    }
    return result;
}

std::vector<std::span<const float>> views_of(const std::vector<Values> &values) {
    return {values.begin(), values.end()};
}

std::vector<std::vector<Values>>
reference_values(const Graph &graph, const std::vector<Values> &inputs, int64_t samples) {
    std::vector<std::vector<Values>> result;
    for (int64_t sample = 0; sample < samples; ++sample) {
        std::vector<Bytes> bytes;
        for (const Values &values : inputs) {
            Bytes slab(values.size() / size_t(samples) * sizeof(float));
            std::memcpy(slab.data(), values.data() + size_t(sample) * slab.size() / sizeof(float),
                        slab.size());
            bytes.push_back(std::move(slab));
        }
        std::vector<Values> &tensors = result.emplace_back();
        for (const Bytes &tensor : reference::run(graph, bytes)) {
            const auto *data = reinterpret_cast<const float *>(tensor.data());
            tensors.emplace_back(data, data + tensor.size() / sizeof(float));
        }
    }
    return result;
}

void compare_with_reference(const Graph &graph, int64_t samples) {
    check(graph);
    const std::vector<Values> inputs = random_samples(graph, samples);
    const auto wanted = reference_values(graph, inputs, samples);
    for (int threads : {1, 3}) {
        const FloatExecutor executor(graph, threads);
        const auto compare = [&](TensorId id, std::span<float> values) {
            INFO(graph.tensor(id).name << " " << to_string(graph.tensor(id).shape) << ", "
                                       << threads << " threads");
            const size_t slab = size_t(graph.tensor(id).elements());
            REQUIRE(values.size() == slab * size_t(samples));
            for (size_t sample = 0; sample < size_t(samples); ++sample)
                CHECK(relative_error(values.subspan(sample * slab, slab),
                                     wanted[sample][size_t(id)]) < float_tolerance);
        };
        executor.run(views_of(inputs), samples, compare);
    }
}

} // namespace octet::test
