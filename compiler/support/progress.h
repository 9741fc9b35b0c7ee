// How long work tells how far it is.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace octet {

/// Called as work proceeds; `what` is the step just finished.
using Progress = std::function<void(size_t done, size_t total, const std::string &what)>;

} // namespace octet
