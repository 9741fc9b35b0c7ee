// Control flow, memory spaces and exchange between lanes.
#include "kernel.h"

using namespace octet::test;

TEST_CASE("Divergent branches meet again") {
    // Odd threads go one way, even ones the other; both add behind the meeting point.
    const auto results = run(std::string(own_word) + R"(
        and.b32 %r0, %i, 1;
        setp.eq.s32 %p0, %r0, 0;
        @%p0 bra EVEN;
        mul.lo.s32 %r1, %i, 100;
        bra MEET;
    EVEN:
        mov.u32 %r1, 7;
    MEET:
        activemask.b32 %r2;
        setp.ne.s32 %p1, %r2, -1;
        @%p1 trap;
        add.s32 %r1, %r1, %i;
        st.global.b32 [%rd0], %r1;)",
                             64);
    for (unsigned n = 0; n < 64; n++)
        CHECK(results[n] == (n % 2 ? n * 101 : n + 7));
}

TEST_CASE("Loops run as often as each thread asks, early exits included") {
    const auto results = run(std::string(own_word) + R"(
        mov.u32 %r1, 0;
        mov.u32 %r2, 0;
        st.global.b32 [%rd0], %r1;
        setp.eq.s32 %p0, %i, 5;
        @%p0 exit;
    LOOP:
        setp.ge.u32 %p1, %r2, %i;
        @%p1 bra DONE;
        add.s32 %r2, %r2, 1;
        and.b32 %r3, %r2, 1;
        setp.eq.s32 %p2, %r3, 0;
        @%p2 bra LOOP;
        add.s32 %r1, %r1, %r2;
        bra LOOP;
    DONE:
        st.global.b32 [%rd0], %r1;)",
                             40);
    for (unsigned n = 0; n < 40; n++) {
        unsigned sum = 0;
        for (unsigned k = 1; k <= n; k += 2)
            sum += k;
        CHECK(results[n] == (n == 5 ? 0 : sum));
    }
}

TEST_CASE("Guarded instructions leave the other lanes' registers alone") {
    const auto results = run(std::string(own_word) + R"(
        mov.u32 %r0, 1;
        setp.lt.s32 %p0, %i, 10;
        @%p0 mov.u32 %r0, 2;
        @!%p0 add.s32 %r0, %r0, 2;
        st.global.b32 [%rd0], %r0;)",
                             32);
    for (unsigned n = 0; n < 32; n++)
        CHECK(results[n] == (n < 10 ? 2 : 3));
}

TEST_CASE("Shared memory passes words between threads, by its own and by generic addresses") {
    const auto results = run(std::string(own_word) + R"(
        .shared .align 16 .b8 words[256];
        mov.u64 %rd1, words;
        cvta.shared.u64 %rd2, %rd1;
        mul.wide.u32 %rd3, %i, 4;
        add.s64 %rd4, %rd1, %rd3;
        st.shared.b32 [%rd4], %i;
        bar.sync 0;
        xor.b32 %r1, %i, 63;
        mul.wide.u32 %rd5, %r1, 4;
        add.s64 %rd5, %rd2, %rd5;
        ld.b32 %r2, [%rd5];
        st.global.b32 [%rd0], %r2;)",
                             64);
    for (unsigned n = 0; n < 64; n++)
        CHECK(results[n] == (n ^ 63));
}

TEST_CASE("Local memory is a thread's own") {
    const auto results = run(std::string(own_word) + R"(
        .local .align 4 .b8 mine[16];
        mov.u64 %rd1, mine;
        cvta.local.u64 %rd2, %rd1;
        st.local.b32 [%rd1+8], %i;
        ld.b32 %r1, [%rd2+8];
        st.global.b32 [%rd0], %r1;)",
                             48);
    for (unsigned n = 0; n < 48; n++)
        CHECK(results[n] == n);
}

TEST_CASE("Variables of the module, constant and global, with initial values") {
    const auto results = run(std::string(own_word) + R"(
        and.b32 %r0, %i, 3;
        mul.wide.u32 %rd1, %r0, 4;
        mov.u64 %rd2, table;
        add.s64 %rd2, %rd2, %rd1;
        ld.const.b32 %r1, [%rd2];
        ld.global.b32 %r2, [offset+4];
        add.s32 %r1, %r1, %r2;
        st.global.b32 [%rd0], %r1;)",
                             32, 0,
                             ".const .align 4 .b32 table[4] = {10, 20, 30, -1};\n"
                             ".global .align 4 .b32 offset[2] = {0, 1000};\n");
    const uint32_t table[] = {10, 20, 30, ~0u};
    for (unsigned n = 0; n < 32; n++)
        CHECK(results[n] == table[n % 4] + 1000);
}

TEST_CASE("Vector accesses and elements of 8 and 16 bits") {
    const auto results = run(R"(
        mul.wide.u32 %rd0, %i, 16;
        add.s64 %rd0, %a, %rd0;
        shl.b32 %r0, %i, 8;
        or.b32 %r1, %r0, 0x80;
        st.global.v4.b32 [%rd0], {%i, %r0, %r1, -1};
        ld.global.s8 %r2, [%rd0+8];
        ld.global.u16 %r3, [%rd0+8];
        ld.global.v2.u8 {%h0, %h1}, [%rd0+8];
        cvt.u32.u16 %r4, %h1;
        st.global.v2.b32 [%rd0], {%r2, %r3};
        st.global.b32 [%rd0+12], %r4;)",
                             8, 32);
    for (unsigned n = 0; n < 8; n++) {
        CHECK(results[4 * n] == 0xffffff80);
        CHECK(results[4 * n + 1] == (n << 8 | 0x80));
        CHECK(results[4 * n + 3] == n);
    }
}

TEST_CASE("Atomics of all threads add up") {
    const auto results = run(R"(
        setp.eq.s32 %p0, %i, 0;
        @%p0 st.global.v2.b32 [%a], {0, 0};
        bar.sync 0;
        red.global.add.s32 [%a], %i;
        atom.global.max.u32 %r0, [%a+4], %i;)",
                             96, 2);
    CHECK(results[0] == 95 * 96 / 2);
    CHECK(results[1] == 95);
}

TEST_CASE("Lanes exchange words, votes and sums") {
    const auto results = run(R"(
        mul.wide.u32 %rd0, %i, 32;
        add.s64 %rd0, %a, %rd0;
        shfl.sync.bfly.b32 %r0, %i, 5, 31, -1;
        shfl.sync.up.b32 %r1|%p0, %i, 3, 0, -1;
        selp.b32 %r2, 1, 0, %p0;
        shfl.sync.idx.b32 %r3, %i, 2, 0x181f, -1;
        setp.gt.u32 %p1, %i, 20;
        vote.sync.ballot.b32 %r4, %p1, -1;
        vote.sync.any.pred %p2, %p1, -1;
        selp.b32 %r5, 1, 0, %p2;
        redux.sync.add.s32 %r6, %i, -1;
        match.any.sync.b32 %r7, %r2, -1;
        st.global.v4.b32 [%rd0], {%r0, %r1, %r2, %r3};
        st.global.v4.b32 [%rd0+16], {%r4, %r5, %r6, %r7};)",
                             32, 256);
    for (unsigned n = 0; n < 32; n++) {
        const uint32_t *of = &results[8 * n];
        CHECK(of[0] == (n ^ 5));
        CHECK(of[1] == (n < 3 ? n : n - 3));
        CHECK(of[2] == (n >= 3));
        CHECK(of[3] == (n / 8 * 8 + 2)); // Segments of 8 lanes.
        CHECK(of[4] == 0xffe00000);
        CHECK(of[5] == 1);
        CHECK(of[6] == 31 * 32 / 2);
        CHECK(of[7] == (n >= 3 ? 0xfffffff8 : 7));
    }
}

TEST_CASE("A named barrier holds the warps that it counts") {
    const auto results = run(std::string(own_word) + R"(
        .shared .align 4 .b8 word[4];
        setp.ge.u32 %p0, %i, 64;
        @%p0 bra OTHERS;
        setp.eq.s32 %p1, %i, 0;
        @%p1 st.shared.b32 [word], 77;
        bar.sync 1, 64;
        ld.shared.b32 %r0, [word];
        bra END;
    OTHERS:
        mov.u32 %r0, 5;
    END:
        st.global.b32 [%rd0], %r0;)",
                             128);
    for (unsigned n = 0; n < 128; n++)
        CHECK(results[n] == (n < 64 ? 77 : 5));
}

TEST_CASE("An mbarrier lets consumers see what producers wrote") {
    const auto results = run(std::string(own_word) + R"(
        .shared .align 8 .b8 barrier[8];
        .shared .align 4 .b8 words[256];
        setp.ne.s32 %p0, %i, 0;
        @!%p0 mbarrier.init.shared.b64 [barrier], 64;
        bar.sync 0;
        mov.u64 %rd1, words;
        mul.wide.u32 %rd2, %i, 4;
        add.s64 %rd2, %rd1, %rd2;
        st.shared.b32 [%rd2], %i;
        mbarrier.arrive.shared.b64 %rd3, [barrier];
    WAIT:
        mbarrier.test_wait.parity.shared.b64 %p1, [barrier], 0;
        @!%p1 bra WAIT;
        xor.b32 %r1, %i, 32;
        mul.wide.u32 %rd2, %r1, 4;
        add.s64 %rd2, %rd1, %rd2;
        ld.shared.b32 %r2, [%rd2];
        st.global.b32 [%rd0], %r2;)",
                             64);
    for (unsigned n = 0; n < 64; n++)
        CHECK(results[n] == (n ^ 32));
}
