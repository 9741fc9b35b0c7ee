// Patches: what the channels of a layer see, and what they should make of it.
//
// A channel computes y = activation(w . x + b + o) over the patches x of its input, where o is what
// an addition behind it adds before the activation, if there is one. Patches and o come from the
// quantized network so far, the sums that they should give from the float one; so weights chosen
// for them also make good what the layers before have lost.
#pragma once

#include "compiler/quantize/matrix.h"
#include "compiler/quantize/weighted.h"

#include <span>
#include <utility>

namespace octet::quantize {

/// What stands between a layer and the activation that its channels pass.
struct Behind {
    Activation activation = Activation::none;
    /// Of the other operand of an addition, shaped as the layer's output; empty: no addition.
    std::span<const float> exact, noisy;
};

/// The channels of one group of a convolution, which see the same patches.
struct PatchGroup {
    int first_channel = 0;
    Matrix x;                  ///< (patches, depth), less the means
    std::vector<float> mean_x; ///< (depth)
    Matrix sums;               ///< (patches, channels): the float sums before the activation
    Matrix added;              ///< (patches, channels): o; empty without an addition
};

class Patches {
public:
    /// `quantized` and `exact` are the operator's input in both networks for `samples` samples, and
    /// must outlive this object. At most `most` positions are used, evenly spread; 0: enough for
    /// the depth.
    Patches(const Graph &graph, const Operator &op, std::span<const float> quantized,
            std::span<const float> exact, int64_t samples, Behind behind, int64_t most = 0);

    int groups() const { return geometry_.groups; }
    int64_t count() const { return count_; }
    Activation activation() const { return behind_.activation; }
    /// Patches that count as independent: those of one image resemble each other.
    double independent() const;
    PatchGroup group(int index) const { return std::move(some_groups(index, 1).front()); }
    /// Groups [first, first + count). Their channels lie side by side in memory, so that it is read
    /// once for several of them.
    std::vector<PatchGroup> some_groups(int first, int count) const;

    /// The mean square of the input that each weight meets: depth values for each group.
    std::vector<float> energy() const;

private:
    /// How patches lie in the input: a fully connected operator is a 1x1 convolution.
    struct Geometry {
        int in_h = 1, in_w = 1, in_c = 1, out_h = 1, out_w = 1, out_c = 1;
        int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
        Padding padding = {};
        int groups = 1;
        int64_t images = 1; ///< of one sample
    };
    static Geometry geometry(const Graph &graph, const Operator &op);
    void read(const float *input, int64_t position, int group, std::span<float *> patches) const;
    void add_sums(PatchGroup &result, const Matrix &exact) const;
    int64_t position(int64_t patch) const;

    const Geometry geometry_;
    const Rows rows_;
    const std::vector<float> bias_;
    const std::span<const float> quantized_, exact_;
    const int64_t samples_;
    const Behind behind_;
    int64_t positions_ = 0, count_ = 0;
};

/// Whether Patches knows the operator.
bool has_patches(const Operator &op);

} // namespace octet::quantize
