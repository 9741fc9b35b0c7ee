// numpy's array files (.npy), the form in which data enters and leaves the tools.
//
// The format is a magic string, a version, a header that is a Python dictionary literal and the raw
// elements (numpy's documentation, numpy.lib.format). Files come from anywhere, so the reader
// trusts nothing: header length, shape and type are checked against each other and against the
// file's size before an element is read. What Octet cannot use (Fortran order, float64, big endian,
// objects) is refused by name and never converted silently.
#pragma once

#include "compiler/graph/graph.h"

#include <filesystem>
#include <span>

namespace octet {

/// A dense row-major array of any type that a graph's tensor may have.
struct Array {
    DType dtype = DType::f32;
    Shape shape;
    Bytes data; ///< element_count(shape) * size_of(dtype) bytes
};

/// Reads one array. Throws Error naming the file and what is wrong with it.
Array read_npy(const std::filesystem::path &file);

struct NpyFile {
    std::filesystem::path path;
    const Array *array = nullptr;
};

/// Writes all of the files or none: each under a temporary name beside its own, then all are
/// renamed. What is not a regular file (a pipe, /dev/null) is written in place. Throws Error.
void write_npy(std::span<const NpyFile> files);

} // namespace octet
