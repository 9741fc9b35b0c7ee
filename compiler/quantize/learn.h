// Learned weights: the levels and the bias with which a layer computes best on calibration data.
//
// Rounding each weight to the nearest level minimises the error of the weights, not of what the
// layer computes. With v the integers of a channel in units of its scale s, X the patches less
// their means, H = X^T X / n and t the values that the channel should have before its activation,
// the mean squared error is, up to a constant,
//
//     f(v) = s^2 v.Hv - 2 s v.p        p = X^T t / n
//
// an integer least-squares problem, and the best bias is E[t] - s v . E[x]. It is solved as such
// problems are (rounding.h): the levels are decided one after the other, from the input with most
// energy to that with the least, each time for the best real values of those that remain (Babai's
// nearest plane on the Cholesky factor of H, which is what GPTQ computes: Frantar et al., 2023),
// then coordinate descent as long as any single change helps. AdaRound (Nagel et al., 2020)
// searches the same problem by gradient descent, with levels restricted to the two neighbours of a
// weight.
//
// An activation cuts off most of many channels' sums, where no error counts. So t is what the float
// network has only where that passes the activation; elsewhere it is the channel's own value, cut
// to the side that is cut off. Each solution gives new t, and never a worse loss behind the
// activation (majorization); a few rounds are enough.
#pragma once

#include "compiler/quantize/assemble.h"
#include "compiler/quantize/patches.h"

namespace octet::quantize {

/// Levels, scales and bias that lose least on the patches. `start` has scales and codebooks for the
/// nearest levels; below 8 bits scales near them are tried.
LayerWeights learn_weights(const Rows &rows, const std::vector<float> &bias,
                           const WeightScheme &scheme, const WeightContext &context,
                           const Patches &patches, const QuantizedWeights &start);

/// The bias that suits given weights best.
std::vector<float> learn_bias(const Rows &real_weights, const std::vector<float> &bias,
                              const Patches &patches);

} // namespace octet::quantize
