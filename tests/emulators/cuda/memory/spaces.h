// The generic address space: shared and local memory are windows of it, all else is global memory.
//
// Device addresses are numbers of their own, not addresses of this process: dereferencing one on
// the host is a segmentation fault here as it is with a card.
#pragma once

#include <cstdint>

namespace octet::ptx {

constexpr uint64_t window_bytes = uint64_t{1} << 32;
constexpr uint64_t shared_window = uint64_t{1} << 40;
constexpr uint64_t local_window = uint64_t{2} << 40;
constexpr uint64_t global_base = uint64_t{4} << 40;

} // namespace octet::ptx
