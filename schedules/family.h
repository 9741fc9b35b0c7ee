// A schedule family: how a kind of chip computes what the generators say.
//
// A family does two things for each generator. `candidates` (or `choose`, where there is little to
// choose) sees the layer's shape and the chip's capabilities and proposes knobs; `apply` turns
// knobs into Halide scheduling calls. Knobs travel as JSON inside the kernel's specification, so
// that a kernel can be generated again, cached and tuned from that alone.
#pragma once

#include "generators/conv2d.h"
#include "generators/conv2d_tiles.h"
#include "generators/decode_weights.h"
#include "generators/depthwise_conv2d.h"
#include "generators/pointwise.h"

#include <string>

namespace octet::schedules {

/// What schedules may ask of a chip.
struct Capabilities {
    int vector_bits = 128;
    int vector_registers = 16;
    int dot_lanes = 0; ///< 8-bit products that one instruction adds into each int32 lane; 0: none
    bool tile_products = false; ///< instructions that multiply tiles of matrices
    bool async_copies = false;  ///< instructions that copy to shared memory meanwhile
    uint64_t l1_bytes = 32 << 10, l2_bytes = 512 << 10;
};

class Family {
public:
    virtual ~Family() = default;

    /// Whether a convolution of so many input channels reads flattened rows (formulation row_dot).
    virtual bool prefers_rows(int channels) const = 0;

    /// Knobs worth trying for a layer, the expected best first; also fills spec's group and lanes.
    /// spec's shape and formulation are set, its epilogue's channels are the padded ones.
    virtual std::vector<nlohmann::json> candidates(generators::Conv2dSpec &spec,
                                                   const Capabilities &chip) const = 0;
    virtual std::vector<nlohmann::json> candidates(generators::DepthwiseConv2dSpec &spec,
                                                   const Capabilities &chip) const = 0;
    /// Empty where the chip does not multiply tiles of matrices, or not of such layers.
    virtual std::vector<nlohmann::json> candidates(generators::ConvTilesSpec & /*spec*/,
                                                   const Capabilities & /*chip*/) const {
        return {};
    }
    virtual nlohmann::json choose(const generators::PointwiseShape &shape,
                                  const Capabilities &chip) const = 0;
    /// `spec` comes with the shape of the packed array and is cut into parts.
    virtual nlohmann::json choose(generators::DecodeWeightsSpec &spec,
                                  const Capabilities &chip) const = 0;

    virtual void apply(generators::Conv2d &kernel, const nlohmann::json &knobs) const = 0;
    virtual void apply(generators::ConvTiles &kernel, const nlohmann::json &knobs) const;
    virtual void apply(generators::DepthwiseConv2d &kernel, const nlohmann::json &knobs) const = 0;
    virtual void apply(generators::Pointwise &kernel, const nlohmann::json &knobs) const = 0;
    virtual void apply(generators::DecodeWeights &kernel, const nlohmann::json &knobs) const = 0;
};

/// The family of that name; throws std::invalid_argument that lists the names.
const Family &find_family(const std::string &name);

} // namespace octet::schedules
