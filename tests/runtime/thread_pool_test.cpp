// The pool that runs kernels' parallel loops: each index once, errors, nesting, sleeping, stopping.
#include "runtime/cpu/thread_pool.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using octet::runtime::ThreadPool;

extern "C" int halide_do_par_for(void *, octet::runtime::HalideTask, int, int, uint8_t *);

namespace {

/// A pool in memory of its own.
class Pool {
public:
    explicit Pool(int threads)
        : memory_(std::aligned_alloc(ThreadPool::alignment, ThreadPool::bytes(threads))),
          pool_(ThreadPool::create(memory_, threads)) {
        REQUIRE(pool_ != nullptr);
    }
    ~Pool() {
        pool_->destroy();
        std::free(memory_);
    }
    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    using Body = std::function<int(int)>;
    int run(int min, int size, const Body &body) { return loop(pool_, min, size, body); }
    /// As a kernel calls it.
    static int loop(void *context, int min, int size, const Body &body) {
        const auto task = [](void *, int i, uint8_t *closure) {
            return (*reinterpret_cast<const Body *>(closure))(i);
        };
        return halide_do_par_for(context, task, min, size,
                                 reinterpret_cast<uint8_t *>(const_cast<Body *>(&body)));
    }
    ThreadPool *get() { return pool_; }

private:
    void *memory_;
    ThreadPool *pool_;
};

void sleep_for(int microseconds) {
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
}

} // namespace

TEST_CASE("Every index runs once, whatever the size and the number of threads") {
    for (int threads : {2, 3, 5, 8}) {
        Pool pool(threads);
        for (int size : {0, 1, 2, 3, 4, 7, 8, 9, 64, 1000})
            for (int min : {0, -3, 1000000}) {
                std::vector<int> runs(size_t(size), 0);
                REQUIRE(pool.run(min, size, [&](int i) {
                    ++runs.at(size_t(i - min));
                    return 0;
                }) == 0);
                REQUIRE(runs == std::vector<int>(size_t(size), 1));
            }
    }
}

TEST_CASE("Parts are contiguous and each is run by one thread") {
    constexpr int threads = 3, size = 20;
    Pool pool(threads);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::thread::id> runner(size);
        pool.run(0, size, [&](int i) {
            runner[size_t(i)] = std::this_thread::get_id();
            return 0;
        });
        for (int part = 0; part < threads; ++part)
            for (int i = part * size / threads; i < (part + 1) * size / threads; ++i)
                REQUIRE(runner[size_t(i)] == runner[size_t(part * size / threads)]);
        REQUIRE(runner[0] == std::this_thread::get_id());
    }
}

TEST_CASE("The workers take part") {
    Pool pool(2);
    std::atomic<bool> met{false};
    // The caller holds its own part until the worker has run the other.
    REQUIRE(pool.run(0, 2, [&](int i) {
        if (i == 1)
            met = true;
        for (int n = 0; i == 0 && !met && n < 100000; ++n)
            sleep_for(10);
        return met ? 0 : 1;
    }) == 0);
}

TEST_CASE("An error ends its part and the lowest part's error is returned") {
    Pool pool(4);
    for (int round = 0; round < 100; ++round) {
        std::vector<int> runs(40, 0);
        CHECK(pool.run(0, 40, [&](int i) {
            ++runs[size_t(i)];
            return i == 15 || i == 12 || i == 33 ? i : 0;
        }) == 12);
        CHECK(runs[12] == 1);
        CHECK(runs[13] == 0);
        CHECK(runs[19] == 0);
        CHECK(runs[20] == 1);
        CHECK(runs[39] == 0);
    }
    CHECK(pool.run(0, 40, [](int) { return 0; }) == 0);
}

TEST_CASE("Loops nest") {
    Pool pool(3);
    for (int round = 0; round < 100; ++round) {
        std::vector<int> runs(12 * 10, 0);
        REQUIRE(pool.run(0, 12, [&](int i) {
            return pool.run(0, 10, [&](int j) {
                ++runs[size_t(i * 10 + j)];
                return 0;
            });
        }) == 0);
        REQUIRE(runs == std::vector<int>(120, 1));
    }
}

TEST_CASE("Two threads may run loops at the same time") {
    Pool pool(3);
    const auto many = [&](int &failures) {
        for (int round = 0; round < 2000; ++round) {
            std::vector<int> runs(9, 0);
            pool.run(0, 9, [&](int i) {
                ++runs[size_t(i)];
                return 0;
            });
            failures += runs != std::vector<int>(9, 1);
        }
    };
    int here = 0, there = 0;
    std::thread other(many, std::ref(there));
    many(here);
    other.join();
    CHECK(here == 0);
    CHECK(there == 0);
}

TEST_CASE("A pool that fell asleep wakes, and a slow worker is waited for") {
    Pool pool(3);
    for (int pause : {0, 20, 60, 200, 2000, 20000})
        for (int slow : {0, 30, 3000}) {
            std::vector<int> runs(6, 0);
            sleep_for(pause);
            REQUIRE(pool.run(0, 6, [&](int i) {
                if (i == 5)
                    sleep_for(slow);
                ++runs[size_t(i)];
                return 0;
            }) == 0);
            REQUIRE(runs == std::vector<int>(6, 1));
        }
    // Gaps around the time at which a worker goes to sleep.
    for (int round = 0; round < 3000; ++round) {
        std::atomic<int> sum{0};
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::microseconds(round % 120);
        while (std::chrono::steady_clock::now() < until) {
        }
        pool.run(0, 3, [&](int i) {
            sum += i;
            return 0;
        });
        REQUIRE(sum == 3);
    }
}

TEST_CASE("Pools start and stop, used or not, asleep or not") {
    for (int round = 0; round < 300; ++round) {
        Pool pool(2 + round % 4);
        if (round % 3 != 0)
            REQUIRE(pool.run(0, 5, [](int) { return 0; }) == 0);
        if (round % 5 == 0)
            sleep_for(100);
    }
}

TEST_CASE("Without a pool a loop runs in order on its own thread") {
    std::vector<int> order;
    REQUIRE(Pool::loop(nullptr, 3, 4, [&](int i) {
                order.push_back(i);
                return 0;
            }) == 0);
    CHECK(order == std::vector<int>{3, 4, 5, 6});
    CHECK(Pool::loop(nullptr, 0, 4, [](int i) { return i == 2 ? -9 : 0; }) == -9);
}
