#include "device.h"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace octet::test {

std::string module_head(const std::string &target) {
    return ".version 8.4\n.target " + target + "\n.address_size 64\n";
}

std::string refused_by_ptxas(const std::string &ptx, const std::string &target) {
    static const bool is_there = std::system("command -v ptxas >/dev/null 2>&1") == 0;
    if (!is_there) {
        WARN("there is no ptxas; the tests' PTX is not cross-checked");
        return {};
    }
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("octet_ptx_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::string source = folder / "module.ptx", log = folder / "log";
    std::ofstream(source) << ptx;
    const int status = std::system(("ptxas -O0 -arch=" + target + " " + source + " -o " +
                                    std::string(folder / "module.cubin") + " >" + log + " 2>&1")
                                       .c_str());
    std::ifstream file(log);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::filesystem::remove_all(folder);
    return status == 0 ? "" : text.empty() ? "ptxas failed" : text;
}

Device::Device(const std::string &settings) {
    setenv("OCTET_CUDA_EMULATOR", settings.c_str(), 1);
    REQUIRE(cuInit(0) == CUDA_SUCCESS);
    REQUIRE(cuCtxCreate_v2(&context_, 0, 0) == CUDA_SUCCESS);
}

Device::~Device() {
    cuCtxDestroy_v2(context_);
}

CUdeviceptr Device::allocate(size_t bytes) {
    CUdeviceptr address = 0;
    REQUIRE(cuMemAlloc_v2(&address, bytes) == CUDA_SUCCESS);
    return address;
}

void Device::copy_in(CUdeviceptr to, const void *from, size_t bytes) {
    REQUIRE(cuMemcpyHtoD_v2(to, from, bytes) == CUDA_SUCCESS);
}

void Device::copy_out(void *to, CUdeviceptr from, size_t bytes) {
    REQUIRE(cuMemcpyDtoH_v2(to, from, bytes) == CUDA_SUCCESS);
}

CUmodule Device::load(const std::string &ptx) {
    CUmodule module = nullptr;
    REQUIRE(cuModuleLoadData(&module, ptx.c_str()) == CUDA_SUCCESS);
    return module;
}

CUresult Device::launch(CUmodule module, const std::string &kernel, Extent grid, Extent block,
                        std::vector<CUdeviceptr> parameters, unsigned shared_bytes,
                        CUstream stream) {
    CUfunction function = nullptr;
    REQUIRE(cuModuleGetFunction(&function, module, kernel.c_str()) == CUDA_SUCCESS);
    std::vector<void *> pointers;
    for (CUdeviceptr &parameter : parameters)
        pointers.push_back(&parameter);
    return cuLaunchKernel(function, grid[0], grid[1], grid[2], block[0], block[1], block[2],
                          shared_bytes, stream, pointers.data(), nullptr);
}

std::string last_fault() {
    return octet_cuda_emulator_last_fault();
}

} // namespace octet::test
