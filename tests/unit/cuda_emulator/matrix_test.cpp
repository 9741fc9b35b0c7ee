// mma.sync, ldmatrix, wgmma: fragments filled and emptied here by the figures of the PTX ISA, the
// products against plain loops.
#include "kernel.h"

#include <random>

using namespace octet::test;

namespace {

// A matrix of bytes, seen as s8 or u8.
struct Bytes {
    int rows, columns;
    std::vector<uint8_t> data;
    Bytes(int rows, int columns, unsigned seed)
        : rows(rows), columns(columns), data(rows * columns) {
        std::mt19937 random(seed);
        for (uint8_t &byte : data) {
            const unsigned bits = random();
            byte = bits % 4 == 0 ? 0x80 : bits % 4 == 1 ? 0xff : static_cast<uint8_t>(bits >> 8);
        }
    }
    uint8_t &at(int row, int column) { return data[row * columns + column]; }
    int value(int row, int column, bool is_signed) {
        return is_signed ? static_cast<int8_t>(at(row, column)) : at(row, column);
    }
};

int64_t product(Bytes &a, bool a_signed, Bytes &b, bool b_signed, int row, int column) {
    int64_t sum = 0;
    for (int k = 0; k < a.columns; k++)
        sum += a.value(row, k, a_signed) * b.value(k, column, b_signed);
    return sum;
}

std::string list(const char *prefix, int first, int count) {
    std::string text = "{";
    for (int n = 0; n < count; n++)
        text += (n ? ", " : "") + std::string(prefix) + std::to_string(first + n);
    return text + "}";
}

// The figures of the ISA for m16n8k32 (and, with their first half of k, m16n8k16): byte i = 0...15
// of A of a lane lies in row g (i < 4 or 8 <= i < 12) or g + 8, column 4 t + i % 4, + 16 from i = 8
// on.
void check_mma(int m, int k, const std::string &types, bool saturated) {
    const bool a_signed = types.substr(0, 2) == "s8", b_signed = types.substr(3, 2) == "s8";
    const int of_a = m * k / 128, of_b = k / 16, of_c = m / 4;
    Bytes a(m, k, 1), b(k, 8, 2);
    std::vector<uint32_t> fragments(32 * 16);
    std::vector<int32_t> c(m * 8);
    std::mt19937 random(3);
    for (int32_t &value : c)
        value = random() % 2 ? INT32_MAX - static_cast<int>(random() % 1000)
                             : static_cast<int32_t>(random());
    for (int lane = 0; lane < 32; lane++) {
        const int g = lane / 4, t = lane % 4;
        uint8_t *bytes = reinterpret_cast<uint8_t *>(&fragments[lane * 16]);
        for (int i = 0; i < of_a * 4; i++) {
            const bool upper = m == 8 || i < 4 || (i >= 8 && i < 12);
            bytes[i] = a.at(upper ? g : g + 8, t * 4 + (i & 3) + (i >= 8 ? 16 : 0));
        }
        for (int i = 0; i < of_b * 4; i++)
            bytes[16 + i] = b.at(t * 4 + (i & 3) + (i >= 4 ? 16 : 0), g);
        for (int i = 0; i < of_c; i++)
            fragments[lane * 16 + 8 + i] =
                static_cast<uint32_t>(c[(i < 2 ? g : g + 8) * 8 + t * 2 + (i & 1)]);
    }
    const std::string shape = "m" + std::to_string(m) + "n8k" + std::to_string(k);
    const std::string ptx =
        kernel("mul.wide.u32 %rd0, %i, 64;\nadd.s64 %rd1, %a, %rd0;\n"
               "ld.global.v4.b32 {%r0, %r1, %r2, %r3}, [%rd1];\n"
               "ld.global.v4.b32 {%r4, %r5, %r6, %r7}, [%rd1+16];\n"
               "ld.global.v4.b32 {%r8, %r9, %r10, %r11}, [%rd1+32];\n"
               "mma.sync.aligned." +
               shape + ".row.col" + (saturated ? ".satfinite" : "") + ".s32." + types + ".s32 " +
               list("%r", 8, of_c) + ", " + list("%r", 0, of_a) + ", " + list("%r", 4, of_b) +
               ", " + list("%r", 8, of_c) +
               ";\n"
               "mul.wide.u32 %rd0, %i, 16;\nadd.s64 %rd1, %b, %rd0;\n"
               "st.global.v4.b32 [%rd1], {%r8, %r9, %r10, %r11};");
    INFO(shape << " " << types);
    CHECK(refused_by_ptxas(ptx) == "");
    Device device;
    const CUdeviceptr in = device.upload(fragments), out = device.allocate(32 * 16);
    REQUIRE(device.launch(device.load(ptx), "k", {1, 1, 1}, {32, 1, 1}, {in, out, 0, 0}) == 0);
    const auto results = device.download<int32_t>(out, 32 * 4);
    int wrong = 0;
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < of_c; i++) {
            const int row = (i < 2 ? 0 : 8) + lane / 4, column = lane % 4 * 2 + (i & 1);
            const int64_t exact =
                c[row * 8 + column] + product(a, a_signed, b, b_signed, row, column);
            const int64_t want = !saturated          ? static_cast<int32_t>(exact)
                                 : exact > INT32_MAX ? INT32_MAX
                                 : exact < INT32_MIN ? INT32_MIN
                                                     : exact;
            wrong += results[lane * 4 + i] != want;
        }
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("mma.sync multiplies matrices of bytes") {
    for (const char *types : {"s8.s8", "u8.s8", "s8.u8", "u8.u8"}) {
        check_mma(16, 32, types, false);
        check_mma(16, 16, types, false);
        check_mma(8, 16, types, false);
    }
    check_mma(16, 32, "s8.s8", true);
    check_mma(8, 16, "u8.u8", true);
}

TEST_CASE("ldmatrix deals out rows, or columns when transposed") {
    for (bool transposed : {false, true})
        for (int count : {1, 2, 4}) {
            // Element e of row r of matrix q is 64 q + 8 r + e.
            const std::string body = R"(
                .shared .align 16 .b8 rows[512];
                mov.u64 %rd1, rows;
                mul.wide.u32 %rd2, %i, 16;
                add.s64 %rd2, %rd1, %rd2;
                mul.lo.s32 %r0, %i, 0x00080008;
                add.s32 %r0, %r0, 0x00010000;
                add.s32 %r1, %r0, 0x00020002;
                add.s32 %r2, %r0, 0x00040004;
                add.s32 %r3, %r0, 0x00060006;
                st.shared.v4.b32 [%rd2], {%r0, %r1, %r2, %r3};
                bar.sync 0;
                mov.u32 %r5, 0; mov.u32 %r6, 0; mov.u32 %r7, 0;
                ldmatrix.sync.aligned.m8n8.x)" +
                                     std::to_string(count) + (transposed ? ".trans" : "") +
                                     ".shared.b16 " + list("%r", 4, count) + R"(, [%rd2];
                mul.wide.u32 %rd3, %i, 16;
                add.s64 %rd3, %a, %rd3;
                st.global.v4.b32 [%rd3], {%r4, %r5, %r6, %r7};)";
            const auto results = run(body, 32, 128);
            for (unsigned lane = 0; lane < 32; lane++)
                for (int q = 0; q < count; q++) {
                    const unsigned g = lane / 4, t = lane % 4;
                    const unsigned first = transposed ? 16 * t + g : 8 * g + 2 * t;
                    const unsigned second = first + (transposed ? 8 : 1);
                    CHECK(results[4 * lane + q] == (64 * q + first | (64 * q + second) << 16));
                }
        }
}

namespace {

// Where byte k of a row lies for the swizzles of a K-major operand of 32 bytes of k.
int swizzled(int row, int k, int width) {
    if (!width) // Two columns of 8 x 16 blocks, one behind the other.
        return row / 8 * 128 + row % 8 * 16 + k % 16 + k / 16 * 4096;
    const int address = row / 8 * 8 * width + row % 8 * width + k;
    return address ^ ((address >> 7) & (width / 16 - 1)) << 4;
}

void check_wgmma(int n, int width) {
    constexpr int b_start = 16384, bytes = 32768;
    Bytes a(64, 32, 4), b(32, n, 5);
    std::vector<uint8_t> image(bytes);
    for (int row = 0; row < 64; row++)
        for (int k = 0; k < 32; k++)
            image[swizzled(row, k, width)] = a.at(row, k);
    for (int column = 0; column < n; column++)
        for (int k = 0; k < 32; k++)
            image[b_start + swizzled(column, k, width)] = b.at(k, column);
    const uint64_t mode = width == 128 ? 1 : width == 64 ? 2 : width == 32 ? 3 : 0;
    const uint64_t layout = mode << 62 | (width ? uint64_t{1} : uint64_t{4096 / 16}) << 16 |
                            uint64_t(width ? 8 * width / 16 : 128 / 16) << 32;
    const std::string accumulators = list("%s", 0, n / 2);
    std::string stores;
    for (int r = 0; r < n / 2; r++)
        stores +=
            "st.global.b32 [%rd1+" + std::to_string(4 * r) + "], %s" + std::to_string(r) + ";\n";
    const std::string ptx = kernel(
        ".shared .align 1024 .b8 image[32768];\n.reg .b32 %s<" + std::to_string(n / 2) + ">;\n" +
            R"(
        mov.u64 %rd3, image;
        mov.u32 %r0, %i;
    COPY:
        mul.wide.u32 %rd4, %r0, 16;
        add.s64 %rd5, %a, %rd4;
        add.s64 %rd6, %rd3, %rd4;
        ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%rd5];
        st.shared.v4.b32 [%rd6], {%r1, %r2, %r3, %r4};
        add.s32 %r0, %r0, 128;
        setp.lt.u32 %p1, %r0, 2048;
        @%p1 bra COPY;
        fence.proxy.async;
        bar.sync 0;
        shr.u64 %rd7, %rd3, 4;
        add.s64 %rd8, %rd7, %c;
        add.s64 %rd9, %rd7, %d;
        setp.ne.b32 %p0, 0, 0;
        wgmma.fence.sync.aligned;
        wgmma.mma_async.sync.aligned.m64n)" +
            std::to_string(n) + "k32.s32.s8.s8 " + accumulators + ", %rd8, %rd9, %p0;\n" +
            R"(
        setp.eq.b32 %p0, 0, 0;
        wgmma.mma_async.sync.aligned.m64n)" +
            std::to_string(n) + "k32.s32.s8.u8 " + accumulators + ", %rd8, %rd9, %p0;\n" +
            "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n"
            "mul.wide.u32 %rd1, %i, " +
            std::to_string(2 * n) + ";\nadd.s64 %rd1, %b, %rd1;\n" + stores,
        "sm_90a");
    // Accumulators that no instruction has written are scaled by zero; a compiler marks them.
    std::string text = ptx;
    for (int r = 0; r < n / 2; r++)
        text.insert(text.find("wgmma.fence"), "mov.u32 %s" + std::to_string(r) + ", 0;\n");
    INFO("n " << n << ", swizzle " << width);
    CHECK(refused_by_ptxas(text, "sm_90a") == "");
    Device device("cc=9.0");
    const CUdeviceptr in = device.upload(image), out = device.allocate(128 * 2 * n);
    REQUIRE(device.launch(device.load(text), "k", {1, 1, 1}, {128, 1, 1},
                          {in, out, layout, layout + b_start / 16}) == 0);
    const auto results = device.download<int32_t>(out, 128 * n / 2);
    int wrong = 0;
    for (int thread = 0; thread < 128; thread++)
        for (int r = 0; r < n / 2; r++) {
            const int row = thread / 32 * 16 + thread % 32 / 4 + (r & 2 ? 8 : 0);
            const int column = r / 4 * 8 + thread % 4 * 2 + r % 2;
            wrong += results[thread * n / 2 + r] != product(a, true, b, true, row, column) +
                                                        product(a, true, b, false, row, column);
        }
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("wgmma multiplies from shared memory in every layout") {
    check_wgmma(8, 0);
    check_wgmma(64, 0);
    for (int width : {32, 64, 128})
        check_wgmma(64, width);
}

namespace {

// A product of zeros with these statements before, between product and wait, and behind it.
std::pair<CUresult, std::string> zero_product(const std::string &before, const std::string &fence,
                                              const std::string &meanwhile,
                                              const std::string &after) {
    const std::string text = kernel(R"(
        .shared .align 1024 .b8 image[4096];
        .reg .b32 %s<4>;
        mov.u64 %rd3, image;
        mul.wide.u32 %rd4, %i, 32;
        add.s64 %rd4, %rd3, %rd4;
        mov.u32 %r0, 0;
        st.shared.v4.b32 [%rd4], {%r0, %r0, %r0, %r0};
        st.shared.v4.b32 [%rd4+16], {%r0, %r0, %r0, %r0};
        )" + before + R"(
        bar.sync 0;
        mov.u32 %s0, 1; mov.u32 %s1, 2; mov.u32 %s2, 3; mov.u32 %s3, 4;
        mov.b64 %rd8, 0x0000000800080000; // Blocks of 128 bytes, 8 rows and 16 bytes apart.
        setp.eq.b32 %p0, %r0, 0;
        )" + fence + R"(
        wgmma.mma_async.sync.aligned.m64n8k32.s32.s8.s8 {%s0, %s1, %s2, %s3}, %rd8, %rd8, %p0;
        wgmma.commit_group.sync.aligned;
        )" + meanwhile + R"(
        wgmma.wait_group.sync.aligned 0;
        )" + after,
                                    "sm_90a");
    CHECK(refused_by_ptxas(text, "sm_90a") == "");
    Device device("cc=9.0");
    const CUresult error =
        device.launch(device.load(text), "k", {1, 1, 1}, {128, 1, 1}, {0, 0, 0, 0});
    return {error, error ? last_fault() : ""};
}

} // namespace

TEST_CASE("wgmma without its fences and waits") {
    const std::string proxy = "fence.proxy.async;", fence = "wgmma.fence.sync.aligned;";
    const std::string use = "add.s32 %r1, %s0, %s3;\nsetp.ne.s32 %p1, %r1, 5;\n@%p1 trap;";
    CHECK(zero_product(proxy, fence, "", use).second == "");
    CHECK(zero_product("", proxy + fence, "", use).second == "");
    CHECK_THAT(zero_product("", fence, "", use).second,
               Catch::Contains("without fence.proxy.async"));
    CHECK_THAT(zero_product(proxy, "", "", use).second, Catch::Contains("wgmma.fence"));
    CHECK_THAT(zero_product(proxy, fence, use, "").second, Catch::Contains("register %s0"));
    CHECK_THAT(
        zero_product(proxy, fence, "bar.sync 0; st.shared.b32 [%rd4], %i; bar.sync 0;", "").second,
        Catch::Contains("overwritten an operand"));
    CHECK(zero_product(proxy, fence, "", "bar.sync 0; st.shared.b32 [%rd4], %i;").second == "");
}
