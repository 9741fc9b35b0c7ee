// Weights in the order in which kernels read them, for all groups of a convolution.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace octet::floats {

/// Weights of the sums kernel: per group [block of channels][element of the sum][channel].
class PackedWeights {
public:
    /// `channels` in all, each a sum of `depth` products.
    PackedWeights(int groups, int channels, int depth);

    /// From (channel, element) order.
    void pack_weights(std::span<const float> values);
    void pack_bias(std::span<const float> values);

    int block() const { return block_; }
    int blocks() const { return blocks_; } ///< of one group
    int group_channels() const { return group_channels_; }
    const float *weights(int group, int block) const;
    const float *bias(int group, int block) const;

private:
    int groups_, group_channels_, depth_, block_, blocks_;
    std::vector<float> weights_, bias_;
};

} // namespace octet::floats
