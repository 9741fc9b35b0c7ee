#include "compiler/float/packed_weights.h"

#include "compiler/float/sums.h"

#include <algorithm>

namespace octet::floats {

PackedWeights::PackedWeights(int groups, int channels, int depth)
    : groups_(groups), group_channels_(channels / groups), depth_(depth),
      block_(sums_block(group_channels_)), blocks_((group_channels_ + block_ - 1) / block_),
      weights_(size_t(groups) * size_t(blocks_) * size_t(depth) * size_t(block_)),
      bias_(size_t(groups) * size_t(blocks_) * size_t(block_)) {}

void PackedWeights::pack_weights(std::span<const float> values) {
    size_t from = 0;
    for (int group = 0; group < groups_; ++group)
        for (int channel = 0; channel < group_channels_; ++channel) {
            const int64_t first =
                weights(group, channel / block_) - weights_.data() + channel % block_;
            for (int i = 0; i < depth_; ++i)
                weights_[size_t(first + int64_t(i) * block_)] = values[from++];
        }
}

void PackedWeights::pack_bias(std::span<const float> values) {
    for (int group = 0; group < groups_; ++group)
        std::copy_n(values.data() + group * group_channels_, group_channels_,
                    bias_.data() + group * blocks_ * block_);
}

const float *PackedWeights::weights(int group, int block) const {
    return weights_.data() + (int64_t(group) * blocks_ + block) * depth_ * block_;
}

const float *PackedWeights::bias(int group, int block) const {
    return bias_.data() + (int64_t(group) * blocks_ + block) * block_;
}

} // namespace octet::floats
