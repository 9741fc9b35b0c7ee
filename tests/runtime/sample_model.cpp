#include "tests/runtime/sample_model.h"

#include "runtime/cpu/halide_abi.h"

#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>

extern "C" int halide_do_par_for(void *, octet::runtime::HalideTask, int, int, uint8_t *);

namespace octet::test {
namespace {

uint8_t *host(void *argument) {
    return static_cast<runtime::HalideBuffer *>(argument)->host;
}

/// out[r][c] = in[r][c] + row[c], rows in parallel.
int add_row(void **arguments) {
    struct Closure {
        const uint8_t *in, *row;
        uint8_t *out;
    } closure{host(arguments[1]), host(arguments[2]), host(arguments[3])};
    const auto task = [](void *, int r, uint8_t *data) {
        const auto &k = *reinterpret_cast<const Closure *>(data);
        for (int c = 0; c < sample_columns; ++c)
            k.out[r * sample_columns + c] = uint8_t(k.in[r * sample_columns + c] + k.row[c]);
        return 0;
    };
    return halide_do_par_for(*static_cast<void **>(arguments[0]), task, 0, sample_rows,
                             reinterpret_cast<uint8_t *>(&closure));
}

int sum_rows(void **arguments) {
    const uint8_t *in = host(arguments[1]);
    for (int r = 0; r < sample_rows; ++r, in += sample_columns) {
        const int32_t sum = std::accumulate(in, in + sample_columns, 0);
        std::memcpy(host(arguments[2]) + r * sizeof sum, &sum, sizeof sum);
    }
    return 0;
}

/// out = 2 in; fails on a NaN, as a kernel may.
int double_floats(void **arguments) {
    for (size_t i = 0; i < 8; ++i) {
        float value;
        std::memcpy(&value, host(arguments[1]) + i * sizeof value, sizeof value);
        if (value != value)
            return -17;
        value *= 2;
        std::memcpy(host(arguments[2]) + i * sizeof value, &value, sizeof value);
    }
    return 0;
}

lower::StoredTensor tensor(const char *name, DType dtype, Shape shape, lower::Region region,
                           int index, uint64_t offset) {
    lower::StoredTensor result;
    result.name = name;
    result.dtype = dtype;
    result.bytes = uint64_t(element_count(shape)) * size_of(dtype);
    result.stride_c = shape.back();
    result.shape = std::move(shape);
    result.region = region;
    result.index = index;
    result.offset = offset;
    return result;
}

lower::Argument whole(const lower::Program &program, int id) {
    const lower::StoredTensor &t = program.tensors[size_t(id)];
    return {t.region, t.index, t.offset, t.bytes, id};
}

} // namespace

SampleArrays::SampleArrays(uint32_t seed) {
    std::mt19937 random(seed);
    for (uint8_t &value : a)
        value = uint8_t(random());
    for (float &value : b)
        value = float(int(random() % 1000)) / 8;
    sums.fill(-1);
    doubled.fill(-1);
}

SampleModel::SampleModel(uint32_t seed) {
    using lower::Region;
    enum { a, b, mixed, twice, sums, doubled };
    lower::Program &p = program_;
    p.name = "sample";
    p.target = "sample-target";
    p.arenas = {{"", 2 * sample_rows * sample_columns, 2 * sample_rows * sample_columns}};
    p.tensors = {
        tensor("a", DType::u8, {sample_rows, sample_columns}, Region::input, 0, 0),
        tensor("b", DType::f32, {1, 8}, Region::input, 1, 0),
        tensor("mixed", DType::u8, {sample_rows, sample_columns}, Region::arena, 0, 0),
        tensor("twice", DType::u8, {sample_rows, sample_columns}, Region::arena, 0, 256),
        tensor("sums", DType::s32, {sample_rows}, Region::output, 0, 0),
        tensor("doubled", DType::f32, {1, 8}, Region::output, 1, 0),
    };
    p.tensors[a].scale = 0.5f;
    p.tensors[a].zero_point = 3;
    p.inputs = {a, b};
    p.outputs = {sums, doubled};
    p.kernels = {{"sample_add_row", "{}"}, {"sample_sum_rows", "{}"}, {"sample_double", "{}"}};
    const auto row = [](uint64_t offset) {
        return lower::Argument{Region::weights, 0, offset, sample_columns, -1};
    };
    const auto call = [&p](int kernel, const char *name, OpKind op, int in, int out,
                           const std::vector<lower::Argument> &constants) {
        lower::Call c;
        c.kernel = kernel;
        c.name = name;
        c.op = op;
        c.shape = p.tensors[size_t(out)].shape;
        c.arguments = {whole(p, in)};
        c.arguments.insert(c.arguments.end(), constants.begin(), constants.end());
        c.arguments.push_back(whole(p, out));
        c.inputs = {in};
        c.outputs = {out};
        p.calls.push_back(std::move(c));
    };
    call(0, "add_1", OpKind::add, a, mixed, {row(64)});
    call(0, "add_0", OpKind::add, mixed, twice, {row(0)});
    call(1, "sums", OpKind::mean, twice, sums, {});
    call(2, "double", OpKind::mean, b, doubled, {});

    std::mt19937 random(seed);
    p.weights.resize(2 * sample_columns);
    for (uint8_t &weight : p.weights)
        weight = uint8_t(random());

    kernels_ = {add_row, sum_rows, double_floats};
    for (const auto &signature : emit::kernel_signatures(p)) {
        parameters_.emplace_back();
        for (const emit::Parameter &parameter : signature)
            parameters_.back().push_back({parameter.bytes, parameter.written});
    }
    for (const auto &parameters : parameters_)
        signatures_.push_back({uint32_t(parameters.size()), parameters.data()});
    library_ = {fingerprint(), uint32_t(kernels_.size()), kernels_.data(), "sample-target",
                signatures_.data()};
}

bool SampleModel::right(const SampleArrays &arrays) const {
    for (size_t r = 0; r < sample_rows; ++r) {
        int32_t sum = 0;
        for (size_t c = 0; c < sample_columns; ++c)
            sum += uint8_t(arrays.a[r * sample_columns + c] + program_.weights[sample_columns + c] +
                           program_.weights[c]);
        if (sum != arrays.sums[r])
            return false;
    }
    for (size_t i = 0; i < arrays.b.size(); ++i)
        if (arrays.doubled[i] != 2 * arrays.b[i])
            return false;
    return true;
}

void AlignedImage::Free::operator()(uint8_t *memory) const {
    std::free(memory);
}

AlignedImage::AlignedImage(const Bytes &bytes) : size_(bytes.size()) {
    // posix_memalign keeps the exact size, so that the address sanitizer sees each byte too many.
    void *memory = nullptr;
    if (posix_memalign(&memory, 64, bytes.empty() ? 1 : bytes.size()) != 0)
        throw std::bad_alloc();
    data_.reset(static_cast<uint8_t *>(memory));
    std::copy(bytes.begin(), bytes.end(), data_.get());
}

} // namespace octet::test
