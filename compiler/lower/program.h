// Program: the lowered network, a flat list of kernel calls on tensors with offsets, plus weights.
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>
#include <string>
#include <vector>

namespace octet::lower {

/// Where a kernel argument lives; the model file's Region.
enum class Region : uint8_t { arena = 0, weights = 1, input = 2, output = 3 };

struct Argument {
    Region region = Region::arena;
    int index = 0;       ///< number of the arena, or of the model's input or output
    uint64_t offset = 0; ///< bytes
    uint64_t bytes = 0;
    int tensor = -1; ///< index into Program::tensors for activations, -1 for constants
};

/// A tensor as it lies in memory: NHWC with the innermost dimension padded to `stride_c`, and for
/// re-biased int8 tensors stored as uint8 with 128 added.
struct StoredTensor {
    std::string name;
    TensorId source = no_tensor; ///< the Graph's tensor that it holds; no_tensor for scratch
    TensorId like = no_tensor;   ///< the Graph's tensor whose quantization it has, source or not
    DType dtype = DType::s8;
    Shape shape;      ///< logical
    int stride_c = 0; ///< elements from one innermost row to the next
    bool rebiased = false;
    uint64_t bytes = 0;
    Region region = Region::arena;
    int index = 0;       ///< as Argument's
    uint64_t offset = 0; ///< in the arena or, for constants, in the weights
    float scale = 0;     ///< of the model's inputs and outputs, for the caller; 0: not quantized
    int32_t zero_point = 0;
    int alias_of = -1; ///< another stored tensor whose memory this one views
    /// Inclusive range of the stored values, narrower than the type's after a clamp.
    int32_t value_lo = 0, value_hi = 255;

    int channels() const { return shape.empty() ? 1 : shape.back(); }
    int64_t rows() const { return channels() ? element_count(shape) / channels() : 0; }
};

struct Call {
    int kernel = 0;   ///< index into Program::kernels
    std::string name; ///< the operator's name
    OpKind op{};
    Shape shape; ///< of the output
    int64_t macs = 0;
    std::vector<Argument> arguments;
    std::vector<int> inputs, outputs; ///< indices into Program::tensors
    bool in_place = false; ///< the output may take the place of an input of the same size
};

/// A distinct kernel. `spec` is its full description, from which it is generated and cached.
struct Kernel {
    std::string symbol; ///< octet_conv2d_u8_u8_s8pc_<hash>
    std::string spec;   ///< JSON, canonical
};

/// What a run needs of one RAM.
struct Arena {
    std::string memory; ///< the target's name of that RAM; empty where the target describes none
    uint64_t bytes = 0;
    uint64_t lower_bound = 0; ///< the most bytes of its tensors that are alive at one call
};

struct Program {
    std::string name, target;
    Rounding rounding = Rounding::reference;
    int images = 1; ///< that calls treat independently of each other, the slowest axis of tensors
    std::vector<StoredTensor> tensors;
    std::vector<int> inputs, outputs; ///< indices into tensors
    std::vector<Kernel> kernels;
    std::vector<Call> calls;
    Bytes weights;
    std::vector<Arena> arenas = {{}}; ///< one for each RAM of the target, the fastest first
    uint64_t alignment = 64;        ///< of arenas and weights and of every offset in them, in bytes
    std::vector<std::string> notes; ///< what lowering did, one line each, for the report

    /// Sums over the arenas.
    uint64_t arena_bytes() const { return sum(&Arena::bytes); }
    uint64_t arena_lower_bound() const { return sum(&Arena::lower_bound); }

private:
    uint64_t sum(uint64_t Arena::*field) const {
        uint64_t total = 0;
        for (const Arena &arena : arenas)
            total += arena.*field;
        return total;
    }
};

} // namespace octet::lower
