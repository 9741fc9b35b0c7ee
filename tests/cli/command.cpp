#include "tests/cli/command.h"

#include "compiler/export/export.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace octet::test {

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

Workplace::Workplace() {
    std::string pattern = (fs::temp_directory_path() / "octet-cli-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
}

Workplace::~Workplace() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Outcome Workplace::shell(const std::string &script) const {
    const std::string line = fmt::format(
        "cd '{0}' && export OCTET='{1}' OCTET_CACHE='{0}/.cache' && ({2}) >.out 2>.err </dev/null",
        folder_.string(), OCTET_COMMAND, script);
    INFO(line);
    const int status = std::system(line.c_str());
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), read(folder_ / ".out"), read(folder_ / ".err")};
}

Outcome Workplace::octet(const std::string &arguments) const {
    return shell("\"$OCTET\" " + arguments);
}

void Workplace::write_model(const Graph &graph, const std::string &name,
                            const std::string &extension) const {
    export_model(graph, folder_ / (name + extension));
}

std::vector<std::string> Workplace::files() const {
    std::vector<std::string> names;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder_))
        if (const std::string name = entry.path().filename(); !name.starts_with('.'))
            names.push_back(name);
    std::ranges::sort(names);
    return names;
}

void check_refused(const Outcome &outcome, int exit_code, const std::string &reason) {
    INFO("stderr: " << outcome.err);
    CHECK(outcome.exit_code == exit_code);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.starts_with("octet: "));
    CHECK_THAT(outcome.err, Catch::Contains(reason));
    CHECK(std::ranges::count(outcome.err, '\n') == 1);
    CHECK(outcome.err.ends_with('\n'));
}

} // namespace octet::test
