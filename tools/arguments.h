// The command line of a verb: its options, their help and their ranges.
//
// A thin face of CLI11, which is kept in one file: its templates take longer to compile than all
// verbs together. Values are stored where the references point, which must stay alive until the
// verb has run; what they hold at first is the default that the help shows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace octet::tools {

enum class Need : uint8_t { optional, required };

class Arguments {
public:
    explicit Arguments(CLI::App &app) : app_(&app) {}

    /// A word without a name, in the order of these calls.
    void positional(const std::string &name, std::string &value, const std::string &help,
                    Need need = Need::required);
    /// `names` is "--name" or "-n,--name". A number out of [least, greatest] is refused.
    void option(const std::string &names, std::string &value, const std::string &help,
                Need need = Need::optional);
    void option(const std::string &names, std::vector<std::string> &values, const std::string &help,
                Need need = Need::optional);
    void option(const std::string &names, int &value, int least, int greatest,
                const std::string &help);
    void option(const std::string &names, double &value, double least, double greatest,
                const std::string &help);
    void flag(const std::string &names, bool &value, const std::string &help);

    /// A verb below this one, `octet targets new`.
    Arguments verb(const std::string &name, const std::string &description);
    /// What the help ends with.
    void footer(const std::string &text);

    std::string name() const;
    /// True when this verb was named on the command line.
    bool chosen() const;

private:
    CLI::App *app_;
};

/// The command as a whole, for its help.
struct Command {
    std::string name, description, version, footer;
};

class CommandLine {
public:
    explicit CommandLine(const Command &command);
    ~CommandLine();
    CommandLine(const CommandLine &) = delete;
    CommandLine &operator=(const CommandLine &) = delete;

    Arguments root() { return Arguments(*app_); }
    /// Fills in what the verbs asked for. False when help or the version was asked for and has been
    /// printed. Throws UsageError for a command line that does not fit.
    bool parse(int argc, char **argv);

private:
    void refuse_unknown_verb(const std::string &word) const;

    std::unique_ptr<CLI::App> app_;
};

} // namespace octet::tools
