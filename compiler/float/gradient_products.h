// Products of windows with what lies behind them, summed over all pixels: the kernels of gradients
// by weights.
//
//     all channels:   out[k][c] = sum over p of in[offsets[p] + places[k]] * factors[p][c]
//     each its own:   out[k][c] = sum over p of in[offsets[p] + places[k] + c] * factors[p][c]
//
// The first is a convolution's, with k an element of its window; the second a depthwise one's, with
// k a place of its window. Kernels read factors, and in the second form the input, in whole blocks
// of channels, the last one beyond the channels that are there.
#pragma once

#include "compiler/float/kernel.h"
#include "compiler/float/window_parts.h"

#include <cstdint>
#include <span>
#include <vector>

namespace octet::floats {

enum class ProductKind : uint8_t { all_channels, own_channel };

struct ProductsArguments {
    const float *in = nullptr;
    std::span<const int32_t> offsets; ///< one per pixel
    std::span<const int32_t> places;  ///< one per row of the result
    const float *factors = nullptr;
    int64_t factors_stride = 0; ///< from one pixel to the next
    int channels = 0;
    float *out = nullptr; ///< places.size() rows of `channels`
    int64_t out_stride = 0;
};

Kernel &products_kernel(ProductKind kind, int channels);

void run_products(ProductKind kind, const ProductsArguments &arguments);

/// Elements that may be read behind the last channel.
int products_slack(int channels);

/// The sums over whole images: windows of `in` times the pixels of `factors`.
class WindowProducts {
public:
    /// Images of shapes `in` and `out` (which `factors` have).
    WindowProducts(ProductKind kind, const Shape &in, const Shape &out, const Window &window,
                   int groups);

    Kernel &kernel() const { return products_kernel(kind_, group_channels_); }

    /// The result: for each group [element of the window][channel of the group].
    std::vector<float> run(const float *in, const float *factors, int64_t images,
                           Workers &workers) const;

    int rows() const { return int(places_.size()); }

private:
    ProductKind kind_;
    WindowParts parts_;
    int groups_, group_inputs_, group_channels_, out_channels_;
    std::vector<int32_t> places_;
};

} // namespace octet::floats
