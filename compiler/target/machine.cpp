// What this machine can run, asked of the kernel's own list of processor flags.
#include "compiler/target/target.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace octet {
namespace {

/// The flags of the first processor in /proc/cpuinfo: "flags" on x86, "Features" on Arm.
std::set<std::string> read_cpu_flags() {
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);)
        if (line.starts_with("flags") || line.starts_with("Features")) {
            std::istringstream words(line.substr(line.find(':') + 1));
            return {std::istream_iterator<std::string>(words), {}};
        }
    return {};
}

/// How Halide's target strings for code of this process start.
const char *machine_prefix() {
#if defined(__x86_64__) && defined(__linux__)
    return "x86-64-linux";
#elif defined(__aarch64__) && defined(__linux__)
    return "arm-64-linux";
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__linux__)
    return "riscv-64-linux";
#else
    return "unknown";
#endif
}

} // namespace

bool runs_here(const Target &target) {
    static const std::set<std::string> flags = read_cpu_flags();
    return target.runner.kind == Runner::Kind::in_process &&
           target.halide.starts_with(machine_prefix()) &&
           std::ranges::all_of(target.cpu_features,
                               [](const std::string &feature) { return flags.contains(feature); });
}

} // namespace octet
