// Copies from global to shared memory that go on while a block computes.
//
// A kernel that works through its operands chunk by chunk reads
//
//     for c: copy chunk c to shared memory; barrier; compute on it; barrier
//
// With n stages there are n places for a chunk, and copies are asynchronous (cp.async):
//
//     copy chunks 0 .. n - 2, each a group
//     for c: wait until chunk c is there; barrier; copy chunk c + n - 1; compute on chunk c
//
// One barrier is enough: after it all threads are done with chunk c - 1, whose place is the one
// that chunk c + n - 1 takes. What is no copy of 16 bytes (a conversion, a shorter run) stays a
// load and a store, at the same time.
#pragma once

#include <Halide.h>

namespace octet::emit {

struct PipelinedCopies {
    Halide::Internal::Stmt kernel;
    int loops = 0; ///< that were changed
};

/// `kernel` is what Halide hands to its PTX back end. Each changed loop has `stages` times as much
/// shared memory afterwards.
PipelinedCopies pipeline_copies(const Halide::Internal::Stmt &kernel, int stages);

} // namespace octet::emit
