// The checksum of a model image (runtime/file.h) in few instructions on a 32-bit core.
//
// One lane after the other instead of all at once: a lane's hash is two registers, four would not
// fit. The multiplier is 2^40 + 435, so that a step is one product of 32 by 32 bits, one of which
// only the low half counts, and a shift.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace octet::bare_metal {

/// The same number as file::checksum, for an image that is aligned to 4.
uint64_t checksum(const uint8_t *image, size_t bytes, size_t field);

} // namespace octet::bare_metal
