// Debugger: every layer's tensor in the float and in the quantized network, side by side.
//
// The integers are the reference interpreter's on the final network, not those of the simulation
// that the quantizer chose them by, so what is shown is what a chip computes. Three questions are
// asked, named as in TensorFlow's quantization debugger:
//
//     whole            where does the running network part from the float one?
//     int-per-layer    which layer is bad by itself? Each computes in integers on the float
//                      network's inputs, put on their grids.
//     float-per-layer  which layer makes worse what it gets? Each is compared with a float layer on
//                      the quantized network's own inputs.
#pragma once

#include "compiler/quantize/range_grid.h"
#include "compiler/quantize/samples.h"
#include "compiler/support/progress.h"

#include <functional>
#include <optional>

namespace octet::quantize {

enum class DebugMode : uint8_t { whole, int_per_layer, float_per_layer };

/// The names above. Throws UsageError for others.
DebugMode debug_mode(const std::string &text);
std::string_view to_text(DebugMode mode);

/// What one layer computes in both forms, for all samples, the samples outermost.
struct DebugTensor {
    std::string layer; ///< the operator's name; empty: an input of the network
    std::string op;    ///< its kind; "input"
    std::string tensor;
    Shape shape;                ///< of all samples together
    DType dtype = DType::f32;   ///< in the quantized network
    std::optional<Affine> grid; ///< there; empty where it stays float
    Values real;                ///< of the float network or layer
    Values quantized;           ///< what the quantized one's stored values mean
};

/// Calls `visit` for every layer in the order of execution, in `whole` mode for the network's
/// inputs before. `prepared` is the float network of which `quantized` was assembled: layers belong
/// together by their operators' names, and those that only convert between types have no partner.
void debug(const Graph &prepared, const Graph &quantized, const Samples &samples, DebugMode mode,
           const std::function<void(const DebugTensor &)> &visit, const Progress &progress = {});

} // namespace octet::quantize
