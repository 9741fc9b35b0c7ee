// Ahead-of-time compiled objects and Halide's own CUDA runtime on the emulator, neither of which
// knows of it: this program is not linked with the emulator, its folder is in LD_LIBRARY_PATH.
#include "octet_cuda_product_dp4a.h"
#include "octet_cuda_product_staged.h"

#include <HalideBuffer.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using Halide::Runtime::Buffer;

namespace {

using Product = int (*)(halide_buffer_t *, halide_buffer_t *, halide_buffer_t *, halide_buffer_t *,
                        halide_buffer_t *);

void check(Product product, int columns, int rows) {
    constexpr int depth = 64;
    std::mt19937 random(columns);
    Buffer<int8_t, 2> a(depth, rows), b(depth, columns), out(columns, rows);
    Buffer<int32_t, 1> bias(columns), multiplier(columns);
    a.for_each_value([&](int8_t &v) { v = static_cast<int8_t>(random()); });
    b.for_each_value([&](int8_t &v) { v = static_cast<int8_t>(random()); });
    bias.for_each_value([&](int32_t &v) { v = static_cast<int32_t>(random() % 20000) - 10000; });
    multiplier.for_each_value(
        [&](int32_t &v) { v = (1 << 28) + static_cast<int32_t>(random() >> 4); });
    a.set_host_dirty();
    b.set_host_dirty();
    bias.set_host_dirty();
    multiplier.set_host_dirty();
    REQUIRE(product(a, b, bias, multiplier, out) == 0);
    REQUIRE(out.copy_to_host() == 0);
    int wrong = 0;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            int32_t sum = bias(x);
            for (int k = 0; k < depth; k++)
                sum += a(k, y) * b(k, x);
            const int64_t scaled = (int64_t{sum} * multiplier(x) + (int64_t{1} << 37)) >> 38;
            wrong += out(x, y) != std::clamp<int64_t>(scaled, -128, 127);
        }
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("Halide's kernels with dp4a") {
    check(octet_cuda_product_dp4a, 64, 64);
    check(octet_cuda_product_dp4a, 37, 21);
}

TEST_CASE("Halide's kernels with shared memory") {
    check(octet_cuda_product_staged, 64, 48);
    check(octet_cuda_product_staged, 16, 160);
}
