// One channel's integer least-squares problem: which levels v minimise s^2 v.Hv - 2 s v.p, where
// p = H w + e for float weights w and what they should make good besides, e.
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

    /// H v for real values v.
    std::vector<float> times(std::span<const float> values) const;

    /// e . H^-1 e, the energy that best weights for e explain; 0 where the factor is missing.
    double explained(std::span<const float> e) const;

    /// The best levels for p.
    std::vector<int> solve(std::span<const float> p, float scale, const Levels &levels) const;

    /// f(v), comparable between scales and levels of the same channel.
    double error(std::span<const float> p, float scale, const std::vector<int> &values) const;

private:
    void descend(std::span<const float> p, float scale, const Levels &levels,
                 std::vector<int> &values) const;

    Matrix h_;
    std::vector<int> order_;     ///< position in the factor: input
    std::vector<double> factor_; ///< lower triangle of the permuted H, row by row; empty: too deep
};

} // namespace octet::quantize
