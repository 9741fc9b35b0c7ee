// How the gpu family's loops become launches.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace octet::schedules::gpu {

/// The loops of a stage, innermost first, become blocks of at most `threads` threads. Returns the
/// thread's loop.
template <typename Stage, typename Loop>
Loop launch(Stage stage, const std::vector<Loop> &loops, int64_t iterations, int threads,
            const Loop &block, const Loop &thread) {
    Loop all = loops.front();
    for (size_t i = 1; i < loops.size(); ++i) {
        Loop fused(block.name() + std::to_string(i));
        stage.fuse(all, loops[i], fused);
        all = fused;
    }
    const int used = int(std::min<int64_t>(threads, iterations));
    stage.split(all, block, thread, used, Halide::TailStrategy::GuardWithIf)
        .gpu_blocks(block)
        .gpu_threads(thread);
    return thread;
}

inline int64_t product(const std::vector<int> &extents) {
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

inline int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

/// The longest vector of 4, 2 or 1 elements that divides an extent.
inline int divisor(int extent, int most) {
    int vector = most;
    while (extent % vector)
        vector /= 2;
    return vector;
}

/// A launch of its own for a Func that is as it is: a padded copy.
inline void schedule_copy(Halide::Func copy, const std::vector<int> &extents) {
    using Halide::Var;
    const std::vector<Var> dims = copy.args();
    const int vector = divisor(extents[0], 4);
    Var outer("outer"), inner("inner"), block("block"), thread("thread");
    copy.compute_root().split(dims[0], outer, inner, vector).vectorize(inner);
    std::vector<Var> loops = {outer};
    loops.insert(loops.end(), dims.begin() + 1, dims.end());
    launch(copy, loops, product(extents) / vector, 256, block, thread);
}

} // namespace octet::schedules::gpu
