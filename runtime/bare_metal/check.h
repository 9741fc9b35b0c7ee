// Proves that an image can be read before anything in it is believed: whatever check_image accepts,
// the functions of image.h read without leaving the image, and every argument of a call lies within
// its memory.
#pragma once

#include "octet/octet.h"

#include <stddef.h>
#include <stdint.h>

namespace octet::bare_metal {

/// Finds the program's table: identifier, size, format version and the fields of the table. `image`
/// is aligned; on success `program` points into it.
octet_status find_program(const uint8_t *image, size_t image_bytes, const uint8_t *&program);

/// Compares the image with its checksum.
octet_status check_sum(const uint8_t *image, size_t image_bytes, const uint8_t *program);

/// Checks that `library` has the kernels of `program`.
octet_status check_library(const uint8_t *image, size_t image_bytes, const uint8_t *program,
                           const octet_library &library);

/// Checks inputs, outputs and calls: that each can be read, and that no argument leaves its memory.
octet_status check_program(const uint8_t *image, size_t image_bytes, const uint8_t *program,
                           const octet_library &library);

} // namespace octet::bare_metal
