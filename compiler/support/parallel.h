// A loop whose iterations are independent, on all cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace octet {

/// Calls f(i) for i in [0, count), each once, on `threads` threads (0: one per core). The first
/// exception is thrown again when all threads have stopped.
template <typename F>
void parallel_for(int64_t count, F &&f, int threads = 0) {
    if (threads <= 0)
        threads = int(std::max(1u, std::thread::hardware_concurrency()));
    threads = int(std::min<int64_t>(threads, count));
    if (threads <= 1) {
        for (int64_t i = 0; i < count; ++i)
            f(i);
        return;
    }
    std::atomic<int64_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&] {
        try {
            for (int64_t i = next++; i < count; i = next++)
                f(i);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure)
                failure = std::current_exception();
            next = count;
        }
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t)
        others.emplace_back(work);
    work();
    for (std::thread &thread : others)
        thread.join();
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace octet
