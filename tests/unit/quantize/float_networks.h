// What the quantizer's tests share: random float data, and what a float network makes of it.
#pragma once

#include "compiler/quantize/samples.h"
#include "compiler/reference/interpreter.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>

namespace octet::test {

inline Values to_values(const Bytes &bytes) {
    Values values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

/// All outputs of a float network by the reference interpreter, one after another.
inline Values reference_outputs(const Graph &graph, const std::vector<Bytes> &inputs) {
    const std::vector<Bytes> values = reference::run(graph, inputs);
    Values result;
    for (TensorId id : graph.outputs) {
        const Values some = to_values(values.at(size_t(id)));
        result.insert(result.end(), some.begin(), some.end());
    }
    return result;
}

/// Two networks compute the same from random inputs, up to the rounding of floats.
inline void check_same_values(const Graph &a, const Graph &b) {
    for (uint32_t seed : {1u, 2u, 3u}) {
        const std::vector<Bytes> inputs = random_inputs(a, seed);
        const Values expected = reference_outputs(a, inputs), found = reference_outputs(b, inputs);
        REQUIRE(found.size() == expected.size());
        float largest = 0, difference = 0;
        for (size_t i = 0; i < found.size(); ++i) {
            largest = std::max(largest, std::abs(expected[i]));
            difference = std::max(difference, std::abs(expected[i] - found[i]));
        }
        CHECK(largest > 0);
        CHECK(difference <= 1e-5f * largest);
    }
}

/// Random samples for the network's inputs.
inline quantize::Samples random_samples(const Graph &graph, int64_t count, uint32_t seed = 1) {
    quantize::Samples samples;
    samples.count = count;
    samples.inputs.resize(graph.inputs.size());
    for (int64_t i = 0; i < count; ++i) {
        const std::vector<Bytes> one = random_inputs(graph, seed * 1000 + uint32_t(i));
        for (size_t k = 0; k < one.size(); ++k) {
            const Values values = to_values(one[k]);
            samples.inputs[k].insert(samples.inputs[k].end(), values.begin(), values.end());
        }
    }
    return samples;
}

/// How many operators of a kind there are.
inline int count_of(const Graph &graph, OpKind kind) {
    return int(std::ranges::count(graph.operators, kind, &Operator::kind));
}

} // namespace octet::test
