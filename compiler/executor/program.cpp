#include "compiler/executor/program.h"

#include "compiler/support/error.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace octet {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become(const std::vector<std::string> &command,
                         const std::filesystem::path &folder, int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    std::vector<char *> words;
    for (const std::string &word : command)
        words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (chdir(folder.c_str()) == 0)
        execvp(words[0], words.data());
    dprintf(STDERR_FILENO, "%s", std::strerror(errno));
    _exit(127);
}

/// Collects what comes through the pipe until it closes; false when the deadline came first.
bool collect(int pipe, Clock::time_point deadline, std::string &text) {
    constexpr size_t kept = 1 << 16; // a program that prints without end must not fill the memory
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0)
            return false;
        pollfd waiting{pipe, POLLIN, 0};
        if (poll(&waiting, 1, int(std::min<long long>(left, 1000))) <= 0)
            continue;
        char buffer[4096];
        const ssize_t count = read(pipe, buffer, sizeof buffer);
        if (count == 0 || (count < 0 && errno != EINTR))
            return true;
        if (count > 0)
            text.append(buffer, size_t(count));
        if (text.size() > 2 * kept)
            text.erase(0, text.size() - kept);
    }
}

std::string last_line(std::string text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
        text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

} // namespace

std::string run_program(const std::string &what, const std::vector<std::string> &command,
                        const std::filesystem::path &folder, double seconds) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw Error("{}: no pipe to {}: {}", what, command.front(), std::strerror(errno));
    const pid_t pid = fork();
    if (pid < 0)
        throw Error("{}: {} cannot be started: {}", what, command.front(), std::strerror(errno));
    if (pid == 0)
        become(command, folder, ends[1]);
    close(ends[1]);
    const auto limit = std::chrono::duration<double>(seconds);
    std::string text;
    const bool ended =
        collect(ends[0], Clock::now() + std::chrono::duration_cast<Clock::duration>(limit), text);
    close(ends[0]);
    if (!ended)
        kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const std::string said = last_line(text);
    if (!ended)
        throw Error("{}: {} took more than {} s and was stopped{}; see the runner's `seconds` in "
                    "the target's file",
                    what, command.front(), seconds, said.empty() ? "" : " after saying: " + said);
    if (WIFSIGNALED(status))
        throw Error("{}: {} was ended by signal {} ({}){}", what, command.front(), WTERMSIG(status),
                    strsignal(WTERMSIG(status)), said.empty() ? "" : ": " + said);
    if (WEXITSTATUS(status) != 0)
        throw Error("{}: {} exited with {}{}; check the runner in the target's file", what,
                    command.front(), WEXITSTATUS(status), said.empty() ? "" : ": " + said);
    return text;
}

} // namespace octet
