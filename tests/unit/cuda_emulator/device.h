// The emulated card for tests: a context, modules from PTX text, buffers, launches.
#pragma once

#include "cuda_api.h"

#include <array>
#include <string>
#include <vector>

namespace octet::test {

/// The first lines of a module.
std::string module_head(const std::string &target = "sm_80");

/// Assembles with NVIDIA's ptxas, if there is one: its messages, empty if it took the module or is
/// not there. That keeps the tests' PTX honest: what ptxas refuses proves nothing.
std::string refused_by_ptxas(const std::string &ptx, const std::string &target = "sm_80");

class Device {
public:
    /// A new context on a card with these settings (driver/settings.h).
    explicit Device(const std::string &settings = "");
    ~Device();
    Device(const Device &) = delete;
    Device &operator=(const Device &) = delete;

    /// Uninitialized memory.
    CUdeviceptr allocate(size_t bytes);
    template <class T>
    CUdeviceptr upload(const std::vector<T> &values) {
        CUdeviceptr address = allocate(values.size() * sizeof(T));
        copy_in(address, values.data(), values.size() * sizeof(T));
        return address;
    }
    template <class T>
    std::vector<T> download(CUdeviceptr address, size_t count) {
        std::vector<T> values(count);
        copy_out(values.data(), address, count * sizeof(T));
        return values;
    }

    CUmodule load(const std::string &ptx);

    using Extent = std::array<unsigned, 3>;
    /// Launches with parameters of 64 bits; returns the driver's error.
    CUresult launch(CUmodule module, const std::string &kernel, Extent grid, Extent block,
                    std::vector<CUdeviceptr> parameters, unsigned shared_bytes = 0,
                    CUstream stream = nullptr);

private:
    void copy_in(CUdeviceptr to, const void *from, size_t bytes);
    void copy_out(void *to, CUdeviceptr from, size_t bytes);
    CUcontext context_ = nullptr;
};

/// The report of the last fault.
std::string last_fault();

} // namespace octet::test
