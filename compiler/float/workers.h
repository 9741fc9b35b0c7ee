// Threads that share out the tasks of one operator after another.
//
// The kernels themselves are serial, because the number of threads belongs to an executor, while
// Halide's own pool belongs to the process.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace octet::floats {

class Workers {
public:
    /// The calling thread works, too, so that one thread fewer is started. 0: one per core.
    explicit Workers(int threads);
    ~Workers();
    Workers(const Workers &) = delete;
    Workers &operator=(const Workers &) = delete;

    int count() const { return int(threads_.size()) + 1; }

    using Task = std::function<void(int64_t task)>;

    /// Calls task(0) ... task(count - 1), each once, in any order and on any thread, and returns
    /// when all are done. An exception that a task throws is thrown here. Calls from several
    /// threads wait for each other; a task must not call it.
    void run(int64_t count, const Task &task);

private:
    void work();
    void take_tasks(std::unique_lock<std::mutex> &lock);

    std::vector<std::thread> threads_;
    std::mutex turn_;  ///< Held by the caller of run.
    std::mutex mutex_; ///< Guards what follows.
    std::condition_variable started_, finished_;
    const Task *task_ = nullptr;
    int64_t next_ = 0, count_ = 0, running_ = 0;
    std::exception_ptr failure_;
    bool stopping_ = false;
};

} // namespace octet::floats
