#include "compiler/float/workers.h"

#include <algorithm>

namespace octet::floats {

Workers::Workers(int threads) {
    if (threads <= 0)
        threads = std::max(1, int(std::thread::hardware_concurrency()));
    for (int i = 1; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    started_.notify_all();
    for (std::thread &thread : threads_)
        thread.join();
}

void Workers::take_tasks(std::unique_lock<std::mutex> &lock) {
    while (next_ < count_) {
        const int64_t task = next_++;
        ++running_;
        lock.unlock();
        std::exception_ptr failure;
        try {
            (*task_)(task);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        --running_;
        if (failure) {
            failure_ = failure;
            next_ = count_; // Nobody needs the rest.
        }
    }
}

void Workers::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        started_.wait(lock, [this] { return stopping_ || next_ < count_; });
        if (stopping_)
            return;
        take_tasks(lock);
        if (running_ == 0)
            finished_.notify_one();
    }
}

void Workers::run(int64_t count, const Task &task) {
    const std::lock_guard turn(turn_);
    std::unique_lock lock(mutex_);
    task_ = &task;
    next_ = 0;
    count_ = count;
    failure_ = nullptr;
    if (count > 1)
        started_.notify_all();
    take_tasks(lock);
    finished_.wait(lock, [this] { return running_ == 0; });
    if (failure_)
        std::rethrow_exception(failure_);
}

} // namespace octet::floats
