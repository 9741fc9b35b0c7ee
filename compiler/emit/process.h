// Child processes: commands, and functions that may hang or crash.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace octet::emit {

/// Runs a command (no shell), waits for it and returns what it printed. Throws Error with the
/// command's name, its exit status and the line of its output that tells most when it fails or
/// cannot be started.
std::string run_command(const std::vector<std::string> &command);

/// A piece of work for a process of its own.
struct Job {
    std::string name;              ///< for messages
    std::function<void()> work;    ///< runs in the child; an exception's message reaches the parent
    std::function<void()> abandon; ///< runs in the parent when the work failed or was stopped
};

/// Runs all jobs, `parallel` at a time, each in a forked process with its time limit in seconds.
/// `done(i)` follows each success. On the first failure the rest is stopped and Error thrown: with
/// the job's message, the signal that ended it, or the time limit.
void run_jobs(const std::vector<Job> &jobs, int parallel, double seconds,
              const std::function<void(size_t job)> &done);

} // namespace octet::emit
