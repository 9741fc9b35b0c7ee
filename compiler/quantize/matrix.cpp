#include "compiler/quantize/matrix.h"

#include <Halide.h>

#include <mutex>

namespace octet::quantize {

namespace {

using namespace Halide;

/// c(j, i) += sum over r of a(i, r) b(j, r). Of `a` one element at a time is broadcast, so its
/// strides may be any; `b` and `c` are dense along j.
class OuterProducts {
public:
    static OuterProducts &shared() {
        static OuterProducts instance;
        return instance;
    }

    void operator()(Buffer<float> a, Buffer<float> b, Buffer<float> c) {
        const std::lock_guard lock(mutex_); // The parameters belong to the pipeline.
        a_.set(a);
        b_.set(b);
        before_.set(c);
        pipeline_.realize(c, target_);
    }

private:
    OuterProducts() {
        const int lanes = target_.natural_vector_size<float>();
        // Two vectors by eight rows fill half of 32 registers; by four, half of 16.
        const int rows = lanes >= 16 ? 8 : 4, columns = 2 * lanes;
        a_.dim(0).set_stride(Expr());
        Var i("i"), j("j"), io("io"), jo("jo"), ii("ii"), ji("ji");
        RDom r(0, a_.dim(1).extent(), "r");
        Func sum("sum"), result("result");
        sum(j, i) = before_(j, i);
        sum(j, i) += a_(i, r) * b_(j, r);
        result(j, i) = sum(j, i);
        result.tile(j, i, jo, io, ji, ii, columns, rows, TailStrategy::RoundUp)
            .vectorize(ji, lanes)
            .unroll(ji)
            .unroll(ii)
            .parallel(io);
        sum.compute_at(result, jo).vectorize(j, lanes).unroll(j).unroll(i);
        sum.update().reorder(j, i, r).vectorize(j, lanes).unroll(j).unroll(i);
        pipeline_ = Pipeline(result);
        pipeline_.compile_jit(target_);
    }

    const Target target_ = get_jit_target_from_environment().with_feature(Target::NoBoundsQuery);
    ImageParam a_{Float(32), 2, "a"}, b_{Float(32), 2, "b"}, before_{Float(32), 2, "before"};
    Pipeline pipeline_;
    std::mutex mutex_;
};

/// The pipeline writes whole tiles.
int padded(int extent) {
    return Matrix::padded(extent);
}

void add_narrow(const Matrix &a, const Matrix &b, Matrix &sum) {
    for (int r = 0; r < a.rows; ++r) {
        const float *left = a.row(r), *right = b.row(r);
        for (int i = 0; i < a.columns; ++i) {
            float *total = sum.row(i);
            for (int j = 0; j < b.columns; ++j)
                total[j] += left[i] * right[j];
        }
    }
}

Matrix narrow_product(const Matrix &a, const Matrix &b) {
    Matrix result(a.rows, b.rows);
    for (int r = 0; r < a.rows; ++r)
        for (int c = 0; c < b.rows; ++c) {
            float sum = 0;
            for (int k = 0; k < a.columns; ++k)
                sum += a.row(r)[k] * b.row(c)[k];
            result.row(r)[c] = sum;
        }
    return result;
}

} // namespace

void add_transposed_product(const Matrix &a, const Matrix &b, Matrix &sum) {
    if (a.is_narrow() || b.is_narrow())
        return add_narrow(a, b, sum);
    // Chunks of rows whose panels stay in the second cache.
    constexpr int chunk = 256;
    for (int first = 0; first < a.rows; first += chunk) {
        const int count = std::min(chunk, a.rows - first);
        Buffer<float> left(const_cast<float *>(a.row(first)), padded(a.columns), count);
        left.raw_buffer()->dim[1].stride = a.stride;
        Buffer<float> right(const_cast<float *>(b.row(first)), padded(b.columns), count);
        right.raw_buffer()->dim[1].stride = b.stride;
        Buffer<float> total(sum.values.data(), sum.stride, padded(sum.rows));
        OuterProducts::shared()(left, right, total);
    }
}

Matrix product_with_transpose(const Matrix &a, const Matrix &b) {
    if (a.is_narrow() || b.rows <= Matrix::narrow)
        return narrow_product(a, b);
    Matrix transposed(b.columns, b.rows);
    for (int r = 0; r < b.rows; ++r)
        for (int c = 0; c < b.columns; ++c)
            transposed.row(c)[r] = b.row(r)[c];
    Matrix result(a.rows, b.rows);
    constexpr int chunk = 256;
    for (int first = 0; first < a.columns; first += chunk) {
        const int count = std::min(chunk, a.columns - first);
        Buffer<float> left(const_cast<float *>(a.row(0)) + first, padded(a.rows), count);
        left.raw_buffer()->dim[0].stride = a.stride;
        left.raw_buffer()->dim[1].stride = 1;
        Buffer<float> right(transposed.row(first), transposed.stride, count);
        Buffer<float> total(result.values.data(), result.stride, padded(result.rows));
        OuterProducts::shared()(left, right, total);
    }
    return result;
}

} // namespace octet::quantize
