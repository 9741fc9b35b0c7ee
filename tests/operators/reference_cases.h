// The sweep that the reference kernels are compared with live engines on: every operator over
// random shapes, strides, paddings, activations, scales and zero points.
#pragma once

#include "tests/oracle/oracle.h"

namespace octet::test {

struct SweepCase {
    OracleCase oracle;
    bool micro = true; ///< TensorFlow Lite Micro has this operator for these types.
};

/// Quantized single-operator graphs, `count` for each of the operators with numbers of their own
/// and fewer for those that only move bytes.
std::vector<SweepCase> quantized_sweep(int count, uint32_t seed = 1);

/// The same of int16 activations, for the operators that engines have for them.
std::vector<SweepCase> int16_sweep(int count, uint32_t seed = 1);

/// The same operators in float.
std::vector<SweepCase> float_sweep(int count, uint32_t seed = 1);

} // namespace octet::test
