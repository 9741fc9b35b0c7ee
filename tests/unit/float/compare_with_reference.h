// The float executor beside the reference interpreter.
#pragma once

#include "compiler/float/float_executor.h"
#include "compiler/graph/graph.h"

#include <span>
#include <vector>

namespace octet::test {

/// The difference of two orders of additions, over the tensor's largest magnitude: a float has
/// 2^-24 = 6e-8, and a sum of a few thousand products errs by a few dozen of these.
inline constexpr float float_tolerance = 1e-5f;

/// Largest difference over the largest magnitude of `wanted`; the sizes must be equal.
float relative_error(std::span<const float> values, std::span<const float> wanted);

/// Random elements of every graph input for `samples` samples.
std::vector<Values> random_samples(const Graph &graph, int64_t samples, uint32_t seed = 1);
std::vector<std::span<const float>> views_of(const std::vector<Values> &values);

/// Every tensor of every sample as the reference computes it: [sample][tensor], constants empty.
std::vector<std::vector<Values>>
reference_values(const Graph &graph, const std::vector<Values> &inputs, int64_t samples);

/// Runs the checked graph on several samples with one and with several threads, and checks every
/// tensor against the reference.
void compare_with_reference(const Graph &graph, int64_t samples = 3);

} // namespace octet::test
