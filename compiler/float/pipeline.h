// What the families of kernels share: the process-wide table of kernels and the target.
#pragma once

#include "compiler/float/kernel.h"

#include <Halide.h>

#include <functional>
#include <mutex>
#include <string>

namespace octet::floats {

class Kernel {
public:
    using Build = std::function<Halide::Callable()>;

    Kernel(std::string name, Build build) : name_(std::move(name)), build_(std::move(build)) {}

    /// Compiles at the first call, and throws Error if Halide refuses; may be called from several
    /// threads.
    const Halide::Callable &get();

private:
    std::string name_;
    Build build_;
    std::once_flag once_;
    Halide::Callable callable_;
};

/// The kernel of that name, which `build` makes if it is the first of its name.
Kernel &kernel_named(const std::string &name, const Kernel::Build &build);

/// This machine, without the checks of buffers: the callers' sizes are right, and indirect
/// accesses could not be checked.
const Halide::Target &host();

} // namespace octet::floats
