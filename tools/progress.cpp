#include "tools/progress.h"

#include <fmt/format.h>

#include <unistd.h>

namespace octet::tools {

ProgressLine::ProgressLine(std::string doing, bool verbose)
    : doing_(std::move(doing)), verbose_(verbose), terminal_(isatty(STDERR_FILENO)) {}

void ProgressLine::show(size_t done, size_t total, const std::string &what) {
    const std::lock_guard lock(mutex_);
    if (verbose_) {
        fmt::print(stderr, "{} {}/{} {}\n", doing_, done, total, what);
        return;
    }
    // Often enough to look alive, seldom enough to cost nothing.
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - shown_ < std::chrono::milliseconds(50))
        return;
    shown_ = now;
    visible_ = true;
    fmt::print(stderr, "\r\033[K{} {}/{} {:.60}", doing_, done, total, what);
    std::fflush(stderr);
}

void ProgressLine::clear() {
    const std::lock_guard lock(mutex_);
    if (visible_)
        fmt::print(stderr, "\r\033[K");
    visible_ = false;
}

Progress ProgressLine::callback() {
    return [this](size_t done, size_t total, const std::string &what) { show(done, total, what); };
}

} // namespace octet::tools
