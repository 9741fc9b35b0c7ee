// Progress of long work: one line on stderr that overwrites itself, only on a terminal; with
// `verbose`, one line per step wherever stderr goes.
#pragma once

#include "compiler/compile.h"

#include <chrono>
#include <mutex>
#include <string>

namespace octet::tools {

class ProgressLine {
public:
    /// `doing` says what is going on: "compiling".
    explicit ProgressLine(std::string doing, bool verbose = false);
    /// Clears the line, so that an error message starts on an empty one.
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine &) = delete;
    ProgressLine &operator=(const ProgressLine &) = delete;

    /// Step `done` of `total` is finished; may be called from several threads.
    void show(size_t done, size_t total, const std::string &what);
    void clear();
    /// show() as the compiler wants it; must not outlive this object.
    Progress callback();

private:
    const std::string doing_;
    const bool verbose_, terminal_;
    bool visible_ = false;
    std::chrono::steady_clock::time_point shown_{};
    std::mutex mutex_;
};

} // namespace octet::tools
