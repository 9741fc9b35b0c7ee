// Which CUDA driver runs a target's kernels here: NVIDIA's, or the interpreter that poses as it.
#pragma once

#include "compiler/target/target.h"

#include <filesystem>
#include <string>

namespace octet {

struct CudaDriver {
    std::filesystem::path library;
    bool interpreter = false;
    std::string reason; ///< why it is not the card: "no CUDA driver"
};

/// The driver where it has a card that runs the target's kernels, else the interpreter. Throws
/// Error where there is neither.
CudaDriver cuda_driver(const Target &target);

/// How the target's kernels run here, in a few words for a list: "yes", "in an interpreter", "no",
/// and what this machine or this build of Octet lacks.
std::string cuda_availability(const Target &target);

} // namespace octet
