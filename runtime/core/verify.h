// Checks a model file before anything in it is believed.
//
// The FlatBuffers verifier proves that every offset of the container stays inside the image; these
// checks prove that what the container says is sound: nothing that passes can make the runtime
// read or write outside the image, the arena or the caller's arrays.
#pragma once

#include "octet/octet.h"
#include "runtime/octet_file_generated.h"

#include <cstddef>

namespace octet::runtime {

/// Checks the image alone: container, format version, checksum, tensors, calls, every argument
/// within its region. `name` stands for the file in messages. On success *program points into
/// `data`, which must be 64-aligned.
octet_status verify_file(const void *data, size_t size, const char *name,
                         const file::Program **program);

/// Checks that `library` holds the kernels of a verified `program`: target, fingerprint, number
/// and, where the library describes them, the arguments of each kernel.
octet_status verify_library(const file::Program &program, const octet_library *library,
                            const char *name);

/// Bytes of the one arena of a program that verify_library has accepted.
inline uint64_t arena_bytes(const file::Program &program) {
    return program.arenas()->Get(0)->bytes();
}
/// Bytes of the dense array that a verified `info` describes.
size_t dense_bytes(const file::TensorInfo &info);
/// Bytes of one element of `dtype`; 0 when there is no such type.
size_t element_bytes(unsigned dtype);

} // namespace octet::runtime
