#include "compiler/quantize/rounding.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace octet::quantize {

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Above this depth the factor takes minutes; coordinate descent from the nearest levels is left.
constexpr int deepest = 4608;

} // namespace

LeastSquares::LeastSquares(const Matrix &xx, float ridge) : h_(xx) {
    const int depth = h_.rows;
    double trace = 0;
    for (int k = 0; k < depth; ++k)
        trace += h_.row(k)[k];
    // Inputs that never vary leave nothing but the ridge, which then only has to be positive.
    const float added = std::max(float(ridge * trace / std::max(1, depth)), 1e-20f);
    for (int k = 0; k < depth; ++k)
        h_.row(k)[k] += added;

    // Levels are decided from the end: what has most energy comes last and is decided first, while
    // all others can still make good its rounding.
    order_.resize(size_t(depth));
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int a, int b) { return h_.row(a)[a] < h_.row(b)[b]; });
    if (depth > deepest)
        return;
    RowMajor permuted(depth, depth);
    for (int i = 0; i < depth; ++i)
        for (int j = 0; j < depth; ++j)
            permuted(i, j) = h_.row(order_[size_t(i)])[order_[size_t(j)]];
    const Eigen::LLT<RowMajor> llt(permuted);
    if (llt.info() != Eigen::Success)
        return;
    const RowMajor lower = llt.matrixL();
    factor_.assign(lower.data(), lower.data() + lower.size());
}

std::vector<float> LeastSquares::times(std::span<const float> values) const {
    std::vector<float> result(values.size());
    for (int k = 0; k < depth(); ++k) {
        const float *row = h_.row(k); // H is symmetric: its row is its column.
        for (int j = 0; j < depth(); ++j)
            result[size_t(j)] += values[size_t(k)] * row[j];
    }
    return result;
}

double LeastSquares::explained(std::span<const float> e) const {
    if (factor_.empty())
        return 0;
    const Eigen::Map<const RowMajor> lower(factor_.data(), long(depth()), long(depth()));
    Eigen::VectorXd permuted(depth());
    for (int i = 0; i < depth(); ++i)
        permuted[i] = e[size_t(order_[size_t(i)])];
    lower.triangularView<Eigen::Lower>().solveInPlace(permuted);
    return permuted.squaredNorm();
}

std::vector<int> LeastSquares::solve(std::span<const float> p, float scale,
                                     const Levels &levels) const {
    const size_t depth = size_t(this->depth());
    std::vector<int> values(depth);
    if (factor_.empty()) {
        for (size_t k = 0; k < depth; ++k)
            values[k] = levels.nearest(p[k] / (scale * h_.row(int(k))[k]));
    } else {
        // H = L L^T. The real optimum w solves H w = p; what remains of f is |L^T (s v - w)|^2,
        // whose row i has the unknowns i and above.
        const Eigen::Map<const RowMajor> lower(factor_.data(), long(depth), long(depth));
        Eigen::VectorXd optimum(depth);
        for (size_t i = 0; i < depth; ++i)
            optimum[long(i)] = p[size_t(order_[i])];
        lower.triangularView<Eigen::Lower>().solveInPlace(optimum);
        lower.transpose().triangularView<Eigen::Upper>().solveInPlace(optimum);
        // rest[i] = sum over j > i of L[j][i] (s v_j - w_j), updated row by row of L.
        Eigen::VectorXd rest = Eigen::VectorXd::Zero(long(depth));
        for (long i = long(depth) - 1; i >= 0; --i) {
            const double wanted = optimum[i] - rest[i] / lower(i, i);
            const int level = levels.nearest(float(wanted / scale));
            values[size_t(order_[size_t(i)])] = level;
            const double error = double(scale) * level - optimum[i];
            for (long j = 0; j < i; ++j)
                rest[j] += lower(i, j) * error;
        }
    }
    descend(p, scale, levels, values);
    return values;
}

void LeastSquares::descend(std::span<const float> p, float scale, const Levels &levels,
                           std::vector<int> &values) const {
    const int depth = this->depth();
    std::vector<float> gradient(p.size()); // H s v - p
    for (int k = 0; k < depth; ++k)
        gradient[size_t(k)] = -p[size_t(k)];
    const auto move = [&](int k, float difference) {
        const float *row = h_.row(k); // H is symmetric: its row is its column.
        for (int j = 0; j < depth; ++j)
            gradient[size_t(j)] += difference * row[j];
    };
    for (int k = 0; k < depth; ++k)
        if (values[size_t(k)] != 0)
            move(k, scale * float(values[size_t(k)]));
    constexpr int sweeps = 20;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        bool changed = false;
        for (int i = depth - 1; i >= 0; --i) {
            const int k = order_[size_t(i)];
            const float curvature = scale * h_.row(k)[k];
            const int old = values[size_t(k)];
            const float best = float(old) - gradient[size_t(k)] / curvature;
            const int level = levels.nearest(best);
            // The gain must exceed the gradient's own rounding, or two levels would alternate.
            if (level == old || std::abs(float(level) - best) > std::abs(float(old) - best) - 1e-3f)
                continue;
            values[size_t(k)] = level;
            move(k, scale * float(level - old));
            changed = true;
        }
        if (!changed)
            return;
    }
}

double LeastSquares::error(std::span<const float> p, float scale,
                           const std::vector<int> &values) const {
    const int depth = this->depth();
    double error = 0;
    for (int k = 0; k < depth; ++k) {
        if (values[size_t(k)] == 0)
            continue;
        double hv = 0;
        const float *row = h_.row(k);
        for (int j = 0; j < depth; ++j)
            hv += double(row[j]) * values[size_t(j)];
        error += double(scale) * values[size_t(k)] * (double(scale) * hv - 2.0 * p[size_t(k)]);
    }
    return error;
}

} // namespace octet::quantize
