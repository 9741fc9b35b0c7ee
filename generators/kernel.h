// What every generator has in common.
//
// A generator turns a specification (plain numbers: shapes, strides, types, the epilogue's form)
// into Halide Funcs. It holds the algorithm and nothing else; a schedule then receives the named
// Funcs. All extents and strides are constants, so a kernel contains no index arithmetic at run
// time, checks nothing and allocates nothing: what does not fit in registers or a small stack array
// is an additional output of the pipeline, a scratch buffer that the caller's arena provides.
#pragma once

#include <Halide.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace octet::generators {

/// The loop variables, the same everywhere: output channel, column, row, image.
struct Vars {
    Halide::Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

/// A kernel's interface in the order of its arguments: inputs, constants, then scratch and output.
struct Signature {
    std::vector<Halide::Argument> inputs;
    std::vector<Halide::Func> outputs; ///< scratch buffers first, the result last

    int64_t scratch_bytes = 0; ///< of the argument `scratch`, working memory of one call; 0: none

    /// An input buffer of that type, dense but for `strides` where given (elements; 0: dense), with
    /// constant bounds. `alignment` is the host pointer's, in bytes (0: the element's).
    Halide::ImageParam input(const std::string &name, Halide::Type type,
                             const std::vector<int> &extents, const std::vector<int> &strides = {},
                             int alignment = 0);
    /// The argument `scratch`, into which lane c puts what the schedule stores in MemoryType::Heap.
    void scratch(int64_t bytes);
};

/// Fixes the bounds and strides of an output buffer; same rules as Signature::input.
void bound_output(Halide::Func output, const std::vector<int> &extents,
                  const std::vector<int> &strides = {});

/// "u8", "s8", "s16", "s32", "f32": the names that specifications use.
Halide::Type type_from_name(const std::string &name);

} // namespace octet::generators
