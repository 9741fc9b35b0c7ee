#include "tests/bare_metal/bare_model.h"

#include <algorithm>
#include <cstring>

namespace octet::test {
namespace {

int runs = 0;
constexpr uint8_t margin_value = 0xa5;
constexpr size_t margin_bytes = 64;

/// out[r][c] = in[r][c] + row[c].
int add_row(void **arguments) {
    ++runs;
    const auto *in = static_cast<const uint8_t *>(arguments[0]);
    const auto *row = static_cast<const uint8_t *>(arguments[1]);
    auto *out = static_cast<uint8_t *>(arguments[2]);
    for (int i = 0; i < sample_rows * sample_columns; ++i)
        out[i] = uint8_t(in[i] + row[i % sample_columns]);
    return 0;
}

int sum_rows(void **arguments) {
    ++runs;
    const auto *in = static_cast<const uint8_t *>(arguments[0]);
    auto *out = static_cast<int32_t *>(arguments[1]);
    for (int r = 0; r < sample_rows; ++r) {
        out[r] = 0;
        for (int c = 0; c < sample_columns; ++c)
            out[r] += in[r * sample_columns + c];
    }
    return 0;
}

/// out = 2 in; fails on a NaN, as a kernel may.
int double_floats(void **arguments) {
    ++runs;
    const auto *in = static_cast<const float *>(arguments[0]);
    auto *out = static_cast<float *>(arguments[1]);
    for (int i = 0; i < 8; ++i) {
        if (in[i] != in[i])
            return -17;
        out[i] = 2 * in[i];
    }
    return 0;
}

} // namespace

BareModel::BareModel() : kernels_{add_row, sum_rows, double_floats}, library_(sample_.library()) {
    library_.kernels = kernels_.data();
}

int bare_kernel_runs() {
    return runs;
}

BareArena::BareArena(size_t size) : memory(Bytes(size + margin_bytes, margin_value)), bytes(size) {}

bool BareArena::margin_untouched() const {
    const uint8_t *margin = const_cast<AlignedImage &>(memory).data() + bytes;
    return std::all_of(margin, margin + margin_bytes,
                       [](uint8_t value) { return value == margin_value; });
}

} // namespace octet::test
