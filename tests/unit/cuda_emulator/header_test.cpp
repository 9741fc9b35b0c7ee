// A program written for NVIDIA's own header: its types, macros and numbers must be the emulator's.
#include <catch2/catch.hpp>
#include <cuda.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

const char *const doubles = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry doubles(.param .u64 data, .param .u32 factor)
{
    .reg .b32 %r<4>;
    .reg .b64 %rd<4>;
    ld.param.u64 %rd0, [data];
    ld.param.u32 %r0, [factor];
    mov.u32 %r1, %tid.x;
    mul.wide.u32 %rd1, %r1, 4;
    add.s64 %rd2, %rd0, %rd1;
    ld.global.b32 %r2, [%rd2];
    mul.lo.s32 %r2, %r2, %r0;
    st.global.b32 [%rd2], %r2;
    ret;
}
)";

} // namespace

TEST_CASE("cuda.h fits the emulator") {
    setenv("OCTET_CUDA_EMULATOR", "cc=8.6", 1);
    REQUIRE(cuInit(0) == CUDA_SUCCESS);
    CUdevice device;
    CUcontext context;
    CUmodule module;
    CUfunction function;
    CUdeviceptr data;
    int major = 0, minor = 0, threads = 0;
    REQUIRE(cuDeviceGet(&device, 0) == CUDA_SUCCESS);
    cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
    cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
    CHECK((major == 8 && minor == 6));
    REQUIRE(cuDevicePrimaryCtxRetain(&context, device) == CUDA_SUCCESS);
    REQUIRE(cuCtxSetCurrent(context) == CUDA_SUCCESS);
    REQUIRE(cuModuleLoadData(&module, doubles) == CUDA_SUCCESS);
    REQUIRE(cuModuleGetFunction(&function, module, "doubles") == CUDA_SUCCESS);
    CHECK(cuFuncGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function) ==
          CUDA_SUCCESS);
    CHECK(threads == 1024);

    std::vector<int> values(32, 3);
    int factor = 2;
    CUstream stream;
    CUgraph graph;
    CUgraphExec exec;
    CUevent start, end;
    void *parameters[] = {&data, &factor};
    REQUIRE(cuMemAlloc(&data, 128) == CUDA_SUCCESS);
    REQUIRE(cuMemcpyHtoD(data, values.data(), 128) == CUDA_SUCCESS);
    REQUIRE(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
    REQUIRE(cuEventCreate(&start, CU_EVENT_DEFAULT) == CUDA_SUCCESS);
    REQUIRE(cuEventCreate(&end, CU_EVENT_DEFAULT) == CUDA_SUCCESS);
    REQUIRE(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) == CUDA_SUCCESS);
    REQUIRE(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, parameters, nullptr) ==
            CUDA_SUCCESS);
    CUstreamCaptureStatus status;
    CHECK((cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
           status == CU_STREAM_CAPTURE_STATUS_ACTIVE));
    REQUIRE(cuStreamEndCapture(stream, &graph) == CUDA_SUCCESS);
    REQUIRE(cuGraphInstantiate(&exec, graph, 0) == CUDA_SUCCESS);
    factor = 100; // Parameters were copied when the launch was captured.
    REQUIRE(cuEventRecord(start, stream) == CUDA_SUCCESS);
    REQUIRE(cuGraphLaunch(exec, stream) == CUDA_SUCCESS);
    REQUIRE(cuGraphLaunch(exec, stream) == CUDA_SUCCESS);
    REQUIRE(cuEventRecord(end, stream) == CUDA_SUCCESS);
    REQUIRE(cuMemcpyDtoHAsync(values.data(), data, 128, stream) == CUDA_SUCCESS);
    REQUIRE(cuStreamSynchronize(stream) == CUDA_SUCCESS);
    CHECK(values == std::vector<int>(32, 12));
    float milliseconds = -1;
    CHECK((cuEventElapsedTime(&milliseconds, start, end) == CUDA_SUCCESS && milliseconds >= 0));

    struct {
        CUdeviceptr data;
        int factor;
    } block{data, 5};
    size_t bytes = sizeof block;
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &block, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                     CU_LAUNCH_PARAM_END};
    CHECK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra) == CUDA_SUCCESS);
    CHECK(cuMemcpyDtoH(values.data(), data, 128) == CUDA_SUCCESS);
    CHECK(values == std::vector<int>(32, 60));

    // An error of a kernel stays until the context goes.
    const char *name = nullptr;
    CHECK(cuLaunchKernel(function, 1, 1, 1, 33, 1, 1, 0, nullptr, parameters, nullptr) ==
          CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK(cuCtxSynchronize() == CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK(cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &name) == CUDA_SUCCESS);
    CHECK(std::string(name) == "CUDA_ERROR_ILLEGAL_ADDRESS");
    CHECK(cuDevicePrimaryCtxRelease(device) == CUDA_SUCCESS);
    REQUIRE(cuDevicePrimaryCtxRetain(&context, device) == CUDA_SUCCESS);
    REQUIRE(cuCtxSetCurrent(context) == CUDA_SUCCESS);
    CHECK(cuMemAlloc(&data, 128) == CUDA_SUCCESS);
    CHECK(cuDevicePrimaryCtxRelease(device) == CUDA_SUCCESS);
}
