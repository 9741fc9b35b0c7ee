// One channel's integer least-squares problem: which levels v minimise s^2 v.Hv - 2 s v.p.
#pragma once

#include "compiler/quantize/levels.h"
#include "compiler/quantize/matrix.h"

#include <span>
#include <vector>

namespace octet::quantize {

/// A group's inputs: H with a ridge on its diagonal, its Cholesky factor, and the order in which
/// the levels are decided.
class LeastSquares {
public:
    /// `ridge` is relative to the mean of the diagonal. It keeps weights near their float values
    /// where the data say little.
    LeastSquares(const Matrix &xx, float ridge);

    int depth() const { return h_.rows; }
    float ridge() const { return ridge_; } ///< as added to the diagonal

    /// The best levels for a channel whose float weights are `weights`. `xt` is Cov[x, t].
    std::vector<int> solve(std::span<const float> weights, std::span<const float> xt, float scale,
                           const Levels &levels) const;

    /// f(v), comparable between scales and levels of the same channel.
    double error(std::span<const float> weights, std::span<const float> xt, float scale,
                 const std::vector<int> &values) const;

private:
    void descend(std::span<const float> p, float scale, const Levels &levels,
                 std::vector<int> &values) const;

    Matrix h_;
    float ridge_ = 0;
    std::vector<int> order_;     ///< position in the factor: input
    std::vector<double> factor_; ///< lower triangle of the permuted H, row by row; empty: too deep
};

} // namespace octet::quantize
