#include "compiler/executor/command.h"

#include "compiler/executor/program.h"
#include "compiler/executor/script_file.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace octet {

namespace fs = std::filesystem;

namespace {

constexpr const char *script_name = "script.bin";
constexpr const char *result_name = "result.bin";
constexpr const char *counts_name = "counts.txt";

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "octet-run-XXXXXX").string();
        if (!mkdtemp(pattern.data()))
            throw Error("{}: {}; set TMPDIR to a folder that can be written", pattern,
                        std::strerror(errno));
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    fs::path operator/(const char *name) const { return path_ / name; }
    const fs::path &path() const { return path_; }

private:
    fs::path path_;
};

template <typename Container>
Container read_file(const fs::path &file) {
    std::ifstream stream(file, std::ios::binary);
    return Container(std::istreambuf_iterator<char>(stream), {});
}

bool mentions(const std::vector<std::string> &command, const std::string &placeholder) {
    return std::ranges::any_of(command, [&](const std::string &word) {
        return word.find(placeholder) != std::string::npos;
    });
}

} // namespace

Command::Command(const Compiled &compiled) : compiled_(compiled) {
    const Target &target = compiled.target;
    if (const auto missing = missing_programs(target, true); !missing.empty())
        throw Error("target {}: runs with {}, which is not installed; install it or name another "
                    "target",
                    target.name, fmt::join(missing, ", "));
    firmware_ = build_firmware(compiled);
    counts_ = mentions(target.runner.command, "{counts}");
    if (mentions(target.runner.command, "{plugin}"))
        plugin_ = build_plugin(compiled);
}

std::vector<std::string> Command::words() const {
    const std::pair<const char *, std::string> values[] = {
        {"{program}", firmware_.program.string()},
        {"{script}", script_name},
        {"{result}", result_name},
        {"{counts}", counts_name},
        {"{plugin}", plugin_.string()},
        {"{count_begin}", fmt::format("0x{:x}", firmware_.count_begin)},
        {"{count_end}", fmt::format("0x{:x}", firmware_.count_end)}};
    std::vector<std::string> words = command_line(compiled_.target.runner.command, {}, {});
    for (std::string &word : words)
        for (const auto &[name, value] : values)
            word = filled(std::move(word), name, value);
    return words;
}

Outcome Command::execute(const Script &script) {
    const Target &target = compiled_.target;
    const TemporaryFolder folder;
    const Bytes steps = encode_script(script);
    write_text_file(folder / script_name,
                    {reinterpret_cast<const char *>(steps.data()), steps.size()});
    const std::string said =
        run_program("target " + target.name, words(), folder.path(), target.runner.seconds);
    Outcome outcome =
        decode_result(script, compiled_.program, read_file<Bytes>(folder / result_name));
    if (counts_)
        outcome.instructions = decode_counts(script, read_file<std::string>(folder / counts_name));
    return outcome;
}

} // namespace octet
