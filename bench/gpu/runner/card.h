// The card that the bundle runs on, by the driver alone: what it is, arrays on it, PTX of one's
// own, and times between two points of a stream.
#pragma once

#include "runtime/cuda/driver.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace octet::bench {

using runtime::cuda::Address;
using runtime::cuda::Handle;

class Card {
public:
    /// Opens card `number`; throws std::runtime_error with the runtime's message.
    explicit Card(int number);
    ~Card();
    Card(const Card &) = delete;
    Card &operator=(const Card &) = delete;

    std::string name;
    int capability = 0; ///< 90 for 9.0
    int multiprocessors = 0, kilohertz = 0, driver_version = 0;
    Handle context = nullptr, stream = nullptr;
    runtime::cuda::Driver driver;

    /// Throws std::runtime_error where `error`, a result of the driver, is none of success.
    void check(int error, const char *what) const;
    /// Memory that stays until free().
    Address allocate(size_t bytes);
    void free(Address address);
    /// A kernel of a module of PTX.
    Handle load(const std::string &ptx, const char *function);

    /// What `enqueue` puts on the stream, recorded once as a graph.
    Handle record(const std::function<void()> &enqueue);
    /// Seconds of one launch of the graph, several times: enough for `seconds` in all, 3 at least.
    std::vector<double> time(Handle graph, double seconds);
    void forget(Handle graph);

private:
    int number_;
    int (*event_create_)(Handle *, unsigned) = nullptr;
    int (*event_record_)(Handle, Handle) = nullptr;
    int (*event_wait_)(Handle) = nullptr;
    int (*event_elapsed_)(float *, Handle, Handle) = nullptr;
    Handle start_ = nullptr, stop_ = nullptr;
    std::vector<Handle> modules_;
};

} // namespace octet::bench
