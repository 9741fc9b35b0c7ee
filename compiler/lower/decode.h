// Weights that the network stores in few bits stay so in the model file: a kernel decodes them into
// the arena, in the layout that the convolution reads, right before it runs.
#pragma once

#include "compiler/lower/builder.h"

namespace octet::lower {

/// Packed weights and where an output channel's are: at offsets o with
/// o / block_bytes * lanes + o / group % lanes == channel.
struct PackedWeights {
    std::vector<int8_t> values;
    int group = 1, lanes = 1, blocks = 1;
    int axis = 0;          ///< the output channels' in the operator's weights
    int first_channel = 0; ///< of the operator, what lies first here
    int channels = 0;      ///< that matter; the packed array may have more
    int64_t block_bytes() const { return int64_t(values.size()) / blocks; }
};

/// How the packed array comes to the convolution.
struct WeightsArgument {
    Argument argument;
    int decoded = -1; ///< the scratch tensor that it lies in; -1: the model file
};

/// Puts the weights into the model file, in few bits with a call that decodes them where the
/// operator's weights are stored so and that is smaller; a note says what became of them.
WeightsArgument lower_weights(Builder &builder, const Operator &op, const PackedWeights &packed);

/// In how many calls of equal numbers of channels a convolution with `bytes` of packed weights
/// should run, so that what is decoded stays small beside the target's RAM; 1 where its weights are
/// not decoded.
int parts_to_decode(const Builder &builder, const Operator &op, int64_t bytes, int channels);

} // namespace octet::lower
