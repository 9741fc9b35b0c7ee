// A program run in a folder, with a time limit, its output kept.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace octet {

/// Runs `command` (no shell) in `folder` and returns what it printed. Throws Error, `what` at its
/// start, when it cannot be started, fails, or runs longer than `seconds`; it is killed then,
/// together with what it has started.
std::string run_program(const std::string &what, const std::vector<std::string> &command,
                        const std::filesystem::path &folder, double seconds);

} // namespace octet
