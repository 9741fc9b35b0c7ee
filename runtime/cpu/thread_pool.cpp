#include "runtime/cpu/thread_pool.h"

#include <csignal>
#include <ctime>
#include <new>
#include <sched.h>

namespace octet::runtime {
namespace {

// Longer than the gaps between the layers of one network, short against a scheduler's time slice.
constexpr int64_t spin_nanoseconds = 50'000;
// From then on a spinning thread offers its core to others: they may be the ones it waits for.
constexpr int64_t polite_nanoseconds = 10'000;

void pause_core() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    asm volatile("yield");
#endif
}

int64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// Waits until `state` is no longer `value`, for spin_nanoseconds at most.
bool spin_while(const std::atomic<int> &state, int value) {
    constexpr int pauses_per_clock = 32; // reading the clock costs about as much as a pause
    int64_t start = 0;
    for (;;) {
        for (int i = 0; i < pauses_per_clock; ++i) {
            if (state.load(std::memory_order_acquire) != value)
                return true;
            pause_core();
        }
        const int64_t time = now();
        if (start == 0)
            start = time;
        if (time - start > spin_nanoseconds)
            return false;
        if (time - start > polite_nanoseconds)
            sched_yield();
    }
}

int run_part(ThreadPool *pool, HalideTask task, int begin, int end, uint8_t *closure) {
    for (int i = begin; i < end; ++i)
        if (int error = task(pool, i, closure))
            return error;
    return 0;
}

} // namespace

void ThreadPool::Worker::sleep_while(int value) {
    pthread_mutex_lock(&mutex);
    while (state.load(std::memory_order_acquire) == value)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

// The state has changed before: whoever sleeps either is waiting and hears the signal, or has yet
// to look at the state under the mutex.
void ThreadPool::Worker::wake() {
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

void ThreadPool::Worker::offer(HalideTask loop_task, int loop_begin, int loop_end,
                               uint8_t *loop_closure) {
    task = loop_task;
    begin = loop_begin;
    end = loop_end;
    closure = loop_closure;
    if (state.exchange(open, std::memory_order_acq_rel) == asleep)
        wake();
}

int ThreadPool::Worker::collect() {
    int expected = open;
    if (state.compare_exchange_strong(expected, idle, std::memory_order_acquire))
        return run_part(pool, task, begin, end, closure);
    if (!spin_while(state, running)) {
        expected = running;
        if (state.compare_exchange_strong(expected, awaited, std::memory_order_acq_rel))
            sleep_while(awaited);
    }
    return error;
}

void ThreadPool::Worker::serve() {
    for (;;) {
        if (!spin_while(state, idle)) {
            int expected = idle;
            if (state.compare_exchange_strong(expected, asleep, std::memory_order_acq_rel))
                sleep_while(asleep);
        }
        int expected = open;
        if (state.compare_exchange_strong(expected, running, std::memory_order_acquire)) {
            error = run_part(pool, task, begin, end, closure);
            if (state.exchange(idle, std::memory_order_acq_rel) == awaited)
                wake();
        } else if (expected == stop) {
            return;
        }
    }
}

void *ThreadPool::enter(void *worker) {
    static_cast<Worker *>(worker)->serve();
    return nullptr;
}

ThreadPool::Worker *ThreadPool::workers() {
    return reinterpret_cast<Worker *>(this + 1);
}

size_t ThreadPool::bytes(int threads) {
    return sizeof(ThreadPool) + size_t(threads - 1) * sizeof(Worker);
}

ThreadPool *ThreadPool::create(void *memory, int threads) {
    static_assert(sizeof(ThreadPool) % alignment == 0);
    auto *pool = new (memory) ThreadPool;
    pool->threads_ = threads;

    // The program's signals are for its own threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < threads - 1; ++i) {
        auto *worker = new (pool->workers() + i) Worker;
        worker->pool = pool;
        pthread_mutex_init(&worker->mutex, nullptr);
        pthread_cond_init(&worker->changed, nullptr);
        if (pthread_create(&worker->thread, nullptr, enter, worker) != 0)
            break;
        ++pool->started_;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pool->started_ == threads - 1)
        return pool;
    pool->destroy();
    return nullptr;
}

void ThreadPool::destroy() {
    for (int i = 0; i < started_; ++i) {
        Worker &worker = workers()[i];
        if (worker.state.exchange(stop, std::memory_order_acq_rel) == asleep)
            worker.wake();
    }
    for (int i = 0; i < started_; ++i) {
        pthread_join(workers()[i].thread, nullptr);
        pthread_cond_destroy(&workers()[i].changed);
        pthread_mutex_destroy(&workers()[i].mutex);
    }
}

int ThreadPool::run(HalideTask task, int min, int size, uint8_t *closure) {
    if (size <= 1 || busy_.exchange(true, std::memory_order_acquire))
        return run_part(this, task, min, min + size, closure);
    const int parts = size < threads_ ? size : threads_;
    const auto bound = [=](int part) { return min + int(int64_t(part) * size / parts); };
    for (int part = 1; part < parts; ++part)
        workers()[part - 1].offer(task, bound(part), bound(part + 1), closure);
    int error = run_part(this, task, bound(0), bound(1), closure);
    for (int part = 1; part < parts; ++part) {
        const int part_error = workers()[part - 1].collect();
        if (error == 0)
            error = part_error;
    }
    busy_.store(false, std::memory_order_release);
    return error;
}

} // namespace octet::runtime

/// What Halide's parallel loops call. Weak, so that a program with a Halide runtime of its own
/// keeps that one. Without a pool in the user context the loop runs here and now.
extern "C" __attribute__((weak)) int halide_do_par_for(void *user_context,
                                                       octet::runtime::HalideTask task, int min,
                                                       int size, uint8_t *closure) {
    using namespace octet::runtime;
    if (user_context != nullptr)
        return static_cast<ThreadPool *>(user_context)->run(task, min, size, closure);
    for (int i = min; i < min + size; ++i)
        if (int error = task(nullptr, i, closure))
            return error;
    return 0;
}
