// Kernel: one Halide pipeline, compiled in this process when it is first needed.
//
// All executors share the kernels, and shapes and strides are arguments, so a process compiles each
// kind once, whatever networks it runs. This header names kernels without Halide; pipeline.h
// defines them.
#pragma once

#include "compiler/float/workers.h"

#include <vector>

namespace octet::floats {

class Kernel;

/// Compiles those that are not compiled yet, several at once.
void compile(std::vector<Kernel *> kernels, Workers &workers);

/// This machine's vector unit.
struct Machine {
    int lanes;     ///< floats in a register
    int registers; ///< vector registers
};
const Machine &machine();

/// Pixels whose sums are collected at a time beside `vectors` registers of channels. All sums and
/// the weights stay in registers: of 16, two rows of 6 sums leave 4 for weights and an input. More
/// than 16 sums hide no more latency, and each pixel needs an address in a general register, too.
int pixels_per_tile(int vectors);

/// Registers of channels that a tile covers, for tensors with so many channels: 1 or 2.
int vectors_per_tile(int channels);

} // namespace octet::floats
