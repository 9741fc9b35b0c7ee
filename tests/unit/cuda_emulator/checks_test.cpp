// Every check is provoked by a kernel with just that mistake; beside it stands the kernel without.
#include "kernel.h"

using namespace octet::test;

namespace {

struct Outcome {
    CUresult error;
    std::string fault;
};

// One block, %a and %b of 256 bytes each, the first initialized.
Outcome outcome(const std::string &body, unsigned threads = 32, const std::string &settings = "",
                unsigned blocks = 1) {
    const std::string ptx = kernel(body);
    INFO(body);
    CHECK(refused_by_ptxas(ptx) == "");
    Device device(settings);
    const CUdeviceptr a = device.upload(std::vector<uint32_t>(64, 1)), b = device.allocate(256);
    const CUmodule module = device.load(ptx);
    const unsigned long long before = octet_cuda_emulator_fault_count();
    const CUresult error =
        device.launch(module, "k", {blocks, 1, 1}, {threads, 1, 1}, {a, b, 0, 0});
    // A fault counts once, and stays.
    CHECK(octet_cuda_emulator_fault_count() == before + (error != CUDA_SUCCESS));
    CHECK(cuCtxSynchronize() == error);
    return {error, error ? last_fault() : ""};
}

void faults(const std::string &body, CUresult error, const std::string &report,
            unsigned threads = 32, const std::string &settings = "") {
    const Outcome o = outcome(body, threads, settings);
    INFO(body);
    CHECK(o.error == error);
    CHECK_THAT(o.fault, Catch::Contains(report));
    CHECK_THAT(o.fault, Catch::Contains("kernel k") && Catch::Contains("PTX line"));
}

void passes(const std::string &body, unsigned threads = 32, const std::string &settings = "") {
    const Outcome o = outcome(body, threads, settings);
    INFO(body << "\n" << o.fault);
    CHECK(o.error == CUDA_SUCCESS);
}

const std::string shared = ".shared .align 16 .b8 s[512];\nmov.u64 %rd1, s;\n"
                           "mul.wide.u32 %rd2, %i, 4;\nadd.s64 %rd3, %rd1, %rd2;\n";

} // namespace

TEST_CASE("Global memory: bounds, use after free, alignment, null") {
    passes("ld.global.b32 %r0, [%a+252];");
    faults("ld.global.b32 %r0, [%a+256];", CUDA_ERROR_ILLEGAL_ADDRESS,
           "4 bytes, 0 behind the end of an allocation of 256");
    faults("ld.global.v4.b32 {%r0, %r1, %r2, %r3}, [%a+-16];", CUDA_ERROR_ILLEGAL_ADDRESS,
           "out of bounds");
    faults("st.global.b64 [%a+260], %a;", CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned");
    faults("ld.global.v2.b32 {%r0, %r1}, [%a+4];", CUDA_ERROR_MISALIGNED_ADDRESS, "multiple of 8");
    faults("ld.global.b32 %r0, [%c];", CUDA_ERROR_ILLEGAL_ADDRESS, "address 0x0");
    // The report names the first thread that goes wrong.
    faults(std::string(own_word) + "ld.global.b32 %r0, [%rd0+200];", CUDA_ERROR_ILLEGAL_ADDRESS,
           "thread (14, 0, 0)");

    Device device;
    const CUdeviceptr a = device.upload(std::vector<uint32_t>(64));
    const CUmodule module = device.load(kernel("ld.global.b32 %r0, [%a];"));
    CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {a, 0, 0, 0}) == CUDA_SUCCESS);
    CHECK(cuMemFree_v2(a) == CUDA_SUCCESS);
    CHECK(device.launch(module, "k", {1, 1, 1}, {32, 1, 1}, {a, 0, 0, 0}) ==
          CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK_THAT(last_fault(), Catch::Contains("use after free"));
}

TEST_CASE("Shared and local memory: bounds; constant memory is not written") {
    passes(shared + "st.shared.b32 [%rd1+508], %i;", 1);
    faults(shared + "st.shared.b32 [%rd1+512], %i;", CUDA_ERROR_ILLEGAL_ADDRESS,
           "4 bytes at offset 512 of 512 bytes of shared memory", 1);
    faults(".local .align 4 .b8 l[8];\nmov.u64 %rd1, l;\nst.local.b32 [%rd1+8], %i;",
           CUDA_ERROR_ILLEGAL_ADDRESS, "of local memory");
    Device device;
    const CUmodule module =
        device.load(kernel("mov.u64 %rd0, t;\ncvta.const.u64 %rd0, %rd0;\nst.b32 [%rd0], %i;",
                           "sm_80", ".const .align 4 .b32 t[4];\n"));
    CHECK(device.launch(module, "k", {1, 1, 1}, {1, 1, 1}, {0, 0, 0, 0}) ==
          CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_CASE("Reads of what nobody wrote: global, shared, local memory, registers") {
    faults("ld.global.b32 %r0, [%b];", CUDA_ERROR_LAUNCH_FAILED, "never written");
    passes("ld.global.b32 %r0, [%b];", 32, "uninitialized=off");
    passes("st.global.b8 [%b], %r0;\n", 1, "uninitialized=off");
    faults("mov.u32 %r0, 1;\nst.global.b8 [%b], %r0;\nld.global.b16 %h0, [%b];",
           CUDA_ERROR_LAUNCH_FAILED, "byte 1 of 2", 1);
    faults(shared + "ld.shared.b32 %r0, [%rd3];", CUDA_ERROR_LAUNCH_FAILED, "never written");
    faults(".local .align 4 .b8 l[8];\nmov.u64 %rd1, l;\nld.local.b32 %r0, [%rd1];",
           CUDA_ERROR_LAUNCH_FAILED, "never written");
    faults("add.s32 %r0, %r1, 1;", CUDA_ERROR_LAUNCH_FAILED, "register %r1");
    // On one of two ways only.
    const std::string one_way = "setp.lt.s32 %p0, %i, 5;\n@%p0 mov.u32 %r1, 3;\n";
    faults(one_way + "add.s32 %r0, %r1, 1;", CUDA_ERROR_LAUNCH_FAILED, "thread (5, 0, 0)");
    passes(one_way + "@%p0 add.s32 %r0, %r1, 1;");
    passes("// implicit-def: %r1\nadd.s32 %r0, %r1, 1;");
}

TEST_CASE("Shared memory races between barriers") {
    // Something first, so that whoever reads too early reads what is there.
    const std::string write = shared + "mov.u32 %r0, -1;\nst.shared.b32 [%rd3], %r0;\nbar.sync 0;\n"
                                       "st.shared.b32 [%rd3], %i;\n";
    const std::string read_next = "xor.b32 %r1, %i, 1;\nmul.wide.u32 %rd4, %r1, 4;\n"
                                  "add.s64 %rd4, %rd1, %rd4;\nld.shared.b32 %r2, [%rd4];\n";
    const std::string read_far = "xor.b32 %r1, %i, 32;\nmul.wide.u32 %rd4, %r1, 4;\n"
                                 "add.s64 %rd4, %rd1, %rd4;\nld.shared.b32 %r2, [%rd4];\n";
    passes(write + "bar.sync 0;\n" + read_far, 64);
    passes(write + "bar.warp.sync -1;\n" + read_next, 64);
    faults(write + read_next, CUDA_ERROR_LAUNCH_FAILED, "race");
    faults(write + "bar.warp.sync -1;\n" + read_far, CUDA_ERROR_LAUNCH_FAILED, "race", 64);
    // A write behind others' reads.
    const std::string again = "st.shared.b32 [%rd3], 5;\n";
    passes(write + "bar.sync 0;\n" + read_far + "bar.sync 0;\n" + again, 64);
    faults(write + "bar.sync 0;\n" + read_far + again, CUDA_ERROR_LAUNCH_FAILED, "race", 64);
    passes(write + "bar.sync 0;\n" + read_far + again, 64, "races=off");
    // All threads write one word: the same value, then their own.
    passes(shared + "st.shared.b32 [%rd1], 5;");
    faults(shared + "st.shared.b32 [%rd1], %i;", CUDA_ERROR_LAUNCH_FAILED, "race");
    // A barrier of two other warps orders nothing.
    faults(write + "setp.ge.u32 %p0, %i, 64;\n@%p0 bar.sync 1, 64;\n" + read_far,
           CUDA_ERROR_LAUNCH_FAILED, "race", 128);
}

TEST_CASE("Barriers that not all threads reach") {
    faults("setp.lt.s32 %p0, %i, 5;\n@%p0 bar.sync 0;", CUDA_ERROR_LAUNCH_FAILED,
           "5 of the warp's 32 threads");
    faults("setp.lt.s32 %p0, %i, 5;\n@%p0 exit;\nbar.sync 0;", CUDA_ERROR_LAUNCH_FAILED,
           "some have returned");
    faults("setp.ge.u32 %p0, %i, 32;\n@%p0 exit;\nbar.sync 0;", CUDA_ERROR_LAUNCH_FAILED,
           "warp 1 has returned", 64);
    faults("setp.ge.u32 %p0, %i, 32;\n@%p0 bra B;\nbar.sync 0;\nbra E;\nB:\nbar.sync 1;\nE:",
           CUDA_ERROR_LAUNCH_FAILED, "waits at barrier", 64);
    passes("setp.ge.u32 %p0, %i, 32;\n@%p0 bra B;\nbar.sync 0;\nbra E;\nB:\nbar.sync 0;\nE:", 64);
}

TEST_CASE("Warp instructions without all of their threads") {
    const std::string few = "setp.lt.s32 %p0, %i, 9;\n";
    faults(few + "@%p0 shfl.sync.bfly.b32 %r0, %i, 1, 31, -1;", CUDA_ERROR_LAUNCH_FAILED, "mask");
    faults(few + "mov.u32 %r0, 0;\n@%p0 mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%r1, %r2}, "
                 "{%r0}, {%r0}, {%r0, %r0};",
           CUDA_ERROR_LAUNCH_FAILED, "9 of 32 lanes");
    faults(shared + "st.shared.b32 [%rd3], %i;\n" + few +
               "@%p0 ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%rd1];",
           CUDA_ERROR_LAUNCH_FAILED, "9 of 32 lanes");
    passes(few + "@%p0 shfl.sync.idx.b32 %r0, %i, 1, 31, 0x1ff;");
    faults(few + "@%p0 shfl.sync.idx.b32 %r0, %i, 20, 31, 0x1ff;", CUDA_ERROR_LAUNCH_FAILED,
           "lane 20");
}

TEST_CASE("Asynchronous copies arrive at their wait") {
    const std::string copy =
        ".shared .align 16 .b8 s[1024];\nmov.u64 %rd1, s;\n"
        "mul.wide.u32 %rd2, %i, 16;\nadd.s64 %rd3, %rd1, %rd2;\n"
        "and.b32 %r9, %i, 15;\nmul.wide.u32 %rd4, %r9, 16;\n"
        "add.s64 %rd4, %a, %rd4;\ncp.async.cg.shared.global [%rd3], [%rd4], 16;\n";
    const std::string read_own =
        "ld.shared.b32 %r0, [%rd3];\nsetp.ne.s32 %p0, %r0, 1;\n@%p0 trap;\n";
    const std::string read_other = "xor.b32 %r1, %i, 1;\nmul.wide.u32 %rd5, %r1, 16;\n"
                                   "add.s64 %rd5, %rd1, %rd5;\nld.shared.b32 %r0, [%rd5];\n";
    passes(copy + "cp.async.wait_all;\n" + read_own);
    faults(copy + read_own, CUDA_ERROR_LAUNCH_FAILED, "no wait behind its cp.async");
    passes(copy + "cp.async.commit_group;\ncp.async.wait_group 0;\n" + read_own);
    faults(copy + "cp.async.commit_group;\ncp.async.wait_group 1;\n" + read_own,
           CUDA_ERROR_LAUNCH_FAILED, "no wait behind its cp.async");
    // wait_group counts committed groups only.
    faults(copy + "cp.async.wait_group 0;\n" + read_own, CUDA_ERROR_LAUNCH_FAILED, "no wait");
    // A second stage on its way does not hold back the first.
    passes(copy +
           "cp.async.commit_group;\nadd.s64 %rd6, %rd3, 512;\n"
           "cp.async.ca.shared.global [%rd6], [%rd4], 4;\ncp.async.commit_group;\n"
           "cp.async.wait_group 1;\n" +
           read_own);
    // The wait is for one's own copies; others need a barrier.
    passes(copy + "cp.async.wait_all;\nbar.sync 0;\n" + read_other);
    faults(copy + "cp.async.wait_all;\n" + read_other, CUDA_ERROR_LAUNCH_FAILED, "race");
    faults(copy + "bar.sync 0;\n" + read_other, CUDA_ERROR_LAUNCH_FAILED, "no wait");
    faults(copy + "mov.u32 %r0, 0;\nst.shared.b32 [%rd3], %r0;", CUDA_ERROR_LAUNCH_FAILED,
           "overwritten before");
    // Bytes behind the source's size are zero.
    passes(copy +
           "cp.async.wait_all;\ncp.async.ca.shared.global [%rd3], [%rd4], 8, 4;\n"
           "cp.async.wait_all;\n" +
           read_own + "ld.shared.b32 %r0, [%rd3+4];\nsetp.ne.s32 %p0, %r0, 0;\n@%p0 trap;");
    faults(copy + "cp.async.cg.shared.global [%rd3], [%a+256], 16;", CUDA_ERROR_ILLEGAL_ADDRESS,
           "out of bounds");
}

TEST_CASE("Parameters, traps, endless loops") {
    faults("ld.param.b64 %rd0, [pa+32];", CUDA_ERROR_LAUNCH_FAILED, "32 bytes of parameters");
    faults("trap;", CUDA_ERROR_LAUNCH_FAILED, "stopped itself");
    faults("L:\nadd.s32 %i, %i, 1;\nbra L;", CUDA_ERROR_LAUNCH_TIMEOUT, "instruction limit", 32,
           "limit=3000000");
}
