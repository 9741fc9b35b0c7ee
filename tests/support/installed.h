// Whether a chip that a command runs can be tested here.
#pragma once

#include "compiler/target/target.h"

#include <catch2/catch.hpp>

namespace octet::test {

/// True when everything that `target` needs to compile and run is installed; says what is not.
inline bool installed(const Target &target) {
    const std::vector<std::string> missing = missing_programs(target, true);
    for (const std::string &program : missing)
        WARN("skipped " << target.name << ": there is no " << program);
    return missing.empty();
}

inline bool installed(const std::string &target) {
    return installed(find_target(target));
}

} // namespace octet::test
