// Random jumps between random blocks, threads diverging at each: the warp against every thread
// alone.
#include "kernel.h"

#include <random>

using namespace octet::test;

namespace {

// A block changes the thread's number, burns fuel, and jumps by one bit of the number.
struct BasicBlock {
    uint32_t multiplier, addend, bit;
    int if_set, if_clear;
    bool exits; ///< Threads whose bit is set return here.
};

std::vector<BasicBlock> random_program(unsigned seed) {
    std::mt19937 generator(seed);
    auto random = [&] { return static_cast<uint32_t>(generator()); };
    std::vector<BasicBlock> blocks(3 + random() % 8);
    auto any_block = [&] { return static_cast<int>(random() % blocks.size()); };
    for (BasicBlock &block : blocks)
        block = {random() | 1, random(),    random() % 32,
                 any_block(),  any_block(), random() % 8 == 0};
    return blocks;
}

constexpr int fuel = 40;

std::string body_of(const std::vector<BasicBlock> &blocks) {
    std::string body = std::string(own_word) + "mov.u32 %r1, %i;\nmov.u32 %r2, " +
                       std::to_string(fuel) + ";\nst.global.b32 [%rd0], %r1;\n";
    auto label = [](size_t n) { return "B" + std::to_string(n); };
    for (size_t n = 0; n < blocks.size(); n++) {
        const BasicBlock &b = blocks[n];
        body += label(n) + ":\nmul.lo.s32 %r1, %r1, " + std::to_string(b.multiplier) +
                ";\nadd.s32 %r1, %r1, " + std::to_string(b.addend) +
                ";\nst.global.b32 [%rd0], %r1;\nsub.s32 %r2, %r2, 1;\nsetp.eq.s32 %p0, %r2, 0;\n"
                "@%p0 bra END;\nshr.u32 %r3, %r1, " +
                std::to_string(b.bit) + ";\nand.b32 %r3, %r3, 1;\nsetp.ne.s32 %p1, %r3, 0;\n";
        body += b.exits ? "@%p1 ret;\n" : "@%p1 bra " + label(b.if_set) + ";\n";
        body += "bra " + label(b.if_clear) + ";\n";
    }
    return body + "END:";
}

uint32_t run_alone(const std::vector<BasicBlock> &blocks, uint32_t number) {
    const BasicBlock *block = &blocks[0];
    for (int left = fuel;;) {
        number = number * block->multiplier + block->addend;
        if (--left == 0)
            return number;
        const bool is_set = number >> block->bit & 1;
        if (is_set && block->exits)
            return number;
        block = &blocks[is_set ? block->if_set : block->if_clear];
    }
}

} // namespace

TEST_CASE("Any control flow gives each thread what it would have alone") {
    Device device;
    constexpr unsigned threads = 80;
    const CUdeviceptr out = device.allocate(threads * 4);
    for (unsigned seed = 0; seed < 300; seed++) {
        const std::vector<BasicBlock> blocks = random_program(seed);
        const std::string ptx = kernel(body_of(blocks));
        if (seed % 100 == 0)
            CHECK(refused_by_ptxas(ptx) == "");
        CUmodule module = device.load(ptx);
        REQUIRE(device.launch(module, "k", {1, 1, 1}, {threads, 1, 1}, {out, 0, 0, 0}) == 0);
        const auto results = device.download<uint32_t>(out, threads);
        int wrong = 0;
        for (unsigned n = 0; n < threads; n++)
            wrong += results[n] != run_alone(blocks, n);
        INFO("seed " << seed);
        CHECK(wrong == 0);
        REQUIRE(cuModuleUnload(module) == 0);
    }
}
