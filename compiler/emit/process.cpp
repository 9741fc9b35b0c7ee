#include "compiler/emit/process.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace octet::emit {

namespace {

using Clock = std::chrono::steady_clock;

std::string read_all(int descriptor) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t count = read(descriptor, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return text;
        text.append(buffer, size_t(count));
    }
}

std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

/// The line that says most: the first that a compiler marks as an error, else the last.
std::string telling_line(const std::string &text) {
    const size_t mark = text.find("error: ");
    if (mark == std::string::npos)
        return last_line(text);
    const size_t start = text.rfind('\n', mark) + 1;
    return text.substr(start, text.find('\n', mark) - start);
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

std::string describe(int status) {
    if (WIFSIGNALED(status))
        return fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                           strsignal(WTERMSIG(status)));
    return fmt::format("exited with {}", WEXITSTATUS(status));
}

struct Child {
    pid_t pid = -1;
    int messages = -1; ///< read end of the pipe that carries what it prints and its last message
    size_t job = 0;
    Clock::time_point start;
    std::string text; ///< what has come through the pipe

    /// Takes what the pipe holds; false once the child has closed it by ending.
    bool receive() {
        char buffer[4096];
        const ssize_t count = read(messages, buffer, sizeof buffer);
        if (count > 0)
            text.append(buffer, size_t(count));
        return count > 0 || (count < 0 && errno == EINTR);
    }
};

Child start(const Job &job, size_t index) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw Error("{}: no pipe to a worker process: {}", job.name, std::strerror(errno));
    const pid_t pid = fork();
    if (pid < 0) {
        const int reason = errno;
        close(ends[0]);
        close(ends[1]);
        throw Error("{}: no worker process: {}; use fewer jobs", job.name, std::strerror(reason));
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // LLVM aborts on what it cannot compile; handlers of the parent would report that as
        // theirs.
        for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM, SIGINT})
            std::signal(signal_number, SIG_DFL);
        // What LLVM prints before it gives up becomes part of the one message.
        dup2(ends[1], STDERR_FILENO);
        std::string message;
        int status = 1;
        try {
            job.work();
            status = 0;
        } catch (const std::exception &error) {
            message = error.what();
        } catch (...) {
            message = "an unknown error";
        }
        message = "\n" + message; // on a line of its own
        if (status != 0 && write(ends[1], message.data(), message.size()) < 0)
            status = 2;
        _exit(status);
    }
    close(ends[1]);
    return {pid, ends[0], index, Clock::now(), {}};
}

void stop(std::vector<Child> &children) {
    for (const Child &child : children) {
        kill(child.pid, SIGKILL);
        wait_for(child.pid);
        close(child.messages);
    }
}

} // namespace

std::string run_command(const std::vector<std::string> &command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw Error("{}: no pipe to it: {}", command.front(), std::strerror(errno));
    const pid_t pid = fork();
    if (pid < 0)
        throw Error("{}: cannot be started: {}", command.front(), std::strerror(errno));
    if (pid == 0) {
        std::vector<char *> arguments;
        for (const std::string &word : command)
            arguments.push_back(const_cast<char *>(word.c_str()));
        arguments.push_back(nullptr);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execvp(arguments[0], arguments.data());
        dprintf(STDERR_FILENO, "%s", std::strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    std::string output = read_all(ends[0]);
    close(ends[0]);
    const int status = wait_for(pid);
    if (status != 0)
        throw Error("{}: {}: {}; check the target's toolchain", command.front(), describe(status),
                    telling_line(output));
    return output;
}

void run_jobs(const std::vector<Job> &jobs, int parallel, double seconds,
              const std::function<void(size_t job)> &done) {
    std::vector<Child> children;
    size_t next = 0;
    const auto fail = [&](const std::string &message) {
        stop(children);
        for (const Child &child : std::exchange(children, {}))
            jobs[child.job].abandon();
        throw Error("{}", message);
    };
    while (next < jobs.size() || !children.empty()) {
        while (next < jobs.size() && int(children.size()) < std::max(1, parallel)) {
            children.push_back(start(jobs[next], next));
            ++next;
        }
        // A child that ends closes its pipe, which wakes the poll.
        std::vector<pollfd> waiting;
        for (const Child &child : children)
            waiting.push_back({child.messages, POLLIN, 0});
        poll(waiting.data(), waiting.size(), 100);
        for (size_t i = children.size(); i-- > 0;) {
            const Job &job = jobs[children[i].job];
            if (waiting[i].revents == 0 || children[i].receive()) {
                const Clock::duration running = Clock::now() - children[i].start;
                if (std::chrono::duration<double>(running).count() > seconds)
                    fail(fmt::format("{}: its compilation took more than {} s and was stopped; "
                                     "choose other knobs or another target for it",
                                     job.name, seconds));
                continue;
            }
            const Child child = std::move(children[i]);
            children.erase(children.begin() + long(i));
            const int status = wait_for(child.pid);
            close(child.messages);
            if (status != 0) {
                const std::string message = last_line(child.text);
                job.abandon();
                fail(
                    fmt::format("{}: {}; report this with the model", job.name,
                                message.empty() ? "its compilation " + describe(status) : message));
            }
            done(child.job);
        }
    }
}

} // namespace octet::emit
