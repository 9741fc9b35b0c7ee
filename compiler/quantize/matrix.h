// Matrices of calibration data: the few dense products that learned rounding needs.
//
// Rows are padded with zeros to a multiple of `Matrix::alignment` columns, so that the kernels, one
// Halide pipeline with run-time sizes, need no special case at the edges. Only narrow matrices, of
// which depthwise layers have one for each of thousands of channels, are dense: their products are
// plain loops, for which the pipeline's call would take longer than the work.
#pragma once

#include <cstddef>
#include <vector>

namespace octet::quantize {

struct Matrix {
    static constexpr int alignment = 32, narrow = 16;

    int rows = 0, columns = 0, stride = 0;
    std::vector<float> values;

    Matrix() = default;
    Matrix(int rows, int columns)
        : rows(rows), columns(columns), stride(columns <= narrow ? columns : padded(columns)),
          values(size_t(padded(rows)) * size_t(stride)) {}

    static int padded(int extent) { return (extent + alignment - 1) / alignment * alignment; }
    bool is_narrow() const { return columns <= narrow; }

    float *row(int r) { return values.data() + size_t(r) * size_t(stride); }
    const float *row(int r) const { return values.data() + size_t(r) * size_t(stride); }
};

/// sum += transpose(a) b, where a is (n, i), b is (n, j) and sum is (i, j).
void add_transposed_product(const Matrix &a, const Matrix &b, Matrix &sum);

/// The product of a, (n, k), and the transpose of b, (m, k): (n, m).
Matrix product_with_transpose(const Matrix &a, const Matrix &b);

} // namespace octet::quantize
