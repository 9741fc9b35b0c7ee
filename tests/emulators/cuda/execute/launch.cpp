#include "launch.h"

#include "block.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace octet::ptx {

Counters run(const Launch &launch) {
    std::atomic<uint64_t> next{0};
    std::mutex mutex;
    Counters total;
    std::optional<Fault> fault;
    uint64_t fault_block = 0;
    auto work = [&] {
        Block block(launch);
        for (uint64_t n; (n = next++) < launch.blocks();) {
            try {
                block.run(n);
            } catch (const Fault &found) {
                std::lock_guard lock(mutex);
                // The lowest block's fault is reported, so that a report is the same every time.
                if (!fault || n < fault_block) {
                    fault = found;
                    fault_block = n;
                }
                next = launch.blocks();
            }
        }
        std::lock_guard lock(mutex);
        total.add(block.counters);
    };
    std::vector<std::thread> threads;
    for (uint64_t n = 1; n < std::min<uint64_t>(launch.workers, launch.blocks()); n++)
        threads.emplace_back(work);
    work();
    for (std::thread &thread : threads)
        thread.join();
    if (fault)
        throw *fault;
    return total;
}

} // namespace octet::ptx
