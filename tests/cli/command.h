// Runs the built `octet` command as a user would and keeps what it said.
#pragma once

#include "compiler/graph/graph.h"

#include <filesystem>
#include <string>

namespace octet::test {

struct Outcome {
    int exit_code = -1;
    std::string out, err;
};

/// A fresh folder in which commands run; the kernel cache lies in it, too. Removed at the end.
class Workplace {
public:
    Workplace();
    ~Workplace();
    Workplace(const Workplace &) = delete;
    Workplace &operator=(const Workplace &) = delete;

    const std::filesystem::path &folder() const { return folder_; }
    std::filesystem::path operator/(const std::string &name) const { return folder_ / name; }

    /// Runs a shell script here; $OCTET is the command.
    Outcome shell(const std::string &script) const;
    /// Runs `octet ARGUMENTS`.
    Outcome octet(const std::string &arguments) const;
    /// Writes the graph as NAME.tflite, or in another format.
    void write_model(const Graph &graph, const std::string &name,
                     const std::string &extension = ".tflite") const;
    /// Names of the files and folders that lie here, sorted, without the cache.
    std::vector<std::string> files() const;

private:
    std::filesystem::path folder_;
};

/// Checks that the command was refused: exit code, nothing on stdout, one line on stderr that
/// starts with "octet: " and contains `reason`.
void check_refused(const Outcome &outcome, int exit_code, const std::string &reason);

} // namespace octet::test
