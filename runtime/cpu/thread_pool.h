// The threads that run the parallel loops of a model's kernels.
//
// A layer of a small network lasts a few microseconds, less than it takes to wake a thread, so
// this pool differs from a general one in three ways. Part t of every loop goes to the same thread,
// so what a thread wrote in one layer is still in its cache in the next. A thread that has no work
// spins for some tens of microseconds before it sleeps. And the caller never waits for a thread
// that has not started: it takes that thread's part back and runs it itself, so a busy machine
// costs the gain and no more.
//
// Each worker has one word of state, and one cache line carries the word and the work:
//
//     idle -> open      the caller offers a part          open -> running   the worker takes it
//     idle -> asleep    the worker stops spinning         open -> idle      the caller takes it
//     back asleep -> open    ... the caller offers and wakes   running -> idle   the worker is done
//     any -> stop       the pool is destroyed             running -> awaited -> idle  ... and wakes
//                                                                             the waiting caller
#pragma once

#include "runtime/cpu/halide_abi.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <pthread.h>

namespace octet::runtime {

class ThreadPool {
public:
    static constexpr int max_threads = 64;
    static constexpr size_t alignment = 64;

    /// Bytes that a pool of `threads` (2 to max_threads, the caller included) occupies.
    static size_t bytes(int threads);

    /// Builds a pool in `memory`, aligned to `alignment`, and starts threads - 1 workers. Null when
    /// the system gives no thread.
    static ThreadPool *create(void *memory, int threads);

    /// Ends and joins the workers. No loop may be running.
    void destroy();

    /// Runs task(this, i, closure) for i in [min, min + size), split in contiguous parts over the
    /// threads. Returns 0 or the first error of the lowest part that failed; a part ends at its
    /// first error. A loop inside a loop, and one from a second thread, runs on its own thread.
    int run(HalideTask task, int min, int size, uint8_t *closure);

private:
    enum State : int { idle, open, running, awaited, asleep, stop };

    struct alignas(alignment) Worker {
        std::atomic<int> state{idle};
        int begin = 0;
        int end = 0;
        int error = 0;
        HalideTask task = nullptr;
        uint8_t *closure = nullptr;
        ThreadPool *pool = nullptr;

        alignas(alignment) pthread_mutex_t mutex; ///< For sleeping and waking alone.
        pthread_cond_t changed;
        pthread_t thread;

        void offer(HalideTask loop_task, int loop_begin, int loop_end, uint8_t *loop_closure);
        int collect();
        void serve();
        void sleep_while(int value);
        void wake();
    };

    static void *enter(void *worker);
    Worker *workers();

    alignas(alignment) std::atomic<bool> busy_{false};
    int threads_ = 1;
    int started_ = 0; ///< workers
};

} // namespace octet::runtime
