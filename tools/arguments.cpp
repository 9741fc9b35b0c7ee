#include "tools/arguments.h"

#include "compiler/support/error.h"

#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>

namespace octet::tools {
namespace {

template <typename Number>
void add_number(CLI::App &app, const std::string &names, Number &value, Number least,
                Number greatest, const std::string &help) {
    // CLI::Range lets NaN pass.
    const auto in_range = [=](const std::string &text) {
        Number number{};
        const bool fits =
            CLI::detail::lexical_cast(text, number) && number >= least && number <= greatest;
        return fits ? std::string()
                    : fmt::format("{} is not a number from {} to {}", text, least, greatest);
    };
    app.add_option(names, value, fmt::format("{} ({} to {})", help, least, greatest))
        ->check(CLI::Validator(in_range, ""))
        ->type_name("N")
        ->capture_default_str();
}

} // namespace

void Arguments::positional(const std::string &name, std::string &value, const std::string &help,
                           Need need) {
    app_->add_option(name, value, help)->required(need == Need::required)->type_name("");
}

void Arguments::option(const std::string &names, std::string &value, const std::string &help,
                       Need need) {
    CLI::Option *option = app_->add_option(names, value, help);
    option->required(need == Need::required)->type_name("TEXT");
    if (!value.empty())
        option->capture_default_str();
}

void Arguments::option(const std::string &names, std::vector<std::string> &values,
                       const std::string &help, Need need) {
    app_->add_option(names, values, help)->required(need == Need::required)->type_name("FILE");
}

void Arguments::option(const std::string &names, int &value, int least, int greatest,
                       const std::string &help) {
    add_number(*app_, names, value, least, greatest, help);
}

void Arguments::option(const std::string &names, double &value, double least, double greatest,
                       const std::string &help) {
    add_number(*app_, names, value, least, greatest, help);
}

void Arguments::flag(const std::string &names, bool &value, const std::string &help) {
    app_->add_flag(names, value, help);
}

Arguments Arguments::verb(const std::string &name, const std::string &description) {
    return Arguments(*app_->add_subcommand(name, description));
}

void Arguments::footer(const std::string &text) {
    app_->footer(text);
}

std::string Arguments::name() const {
    return app_->get_name();
}

bool Arguments::chosen() const {
    return app_->parsed();
}

CommandLine::CommandLine(const Command &command)
    : app_(std::make_unique<CLI::App>(command.description, command.name)) {
    app_->set_version_flag("--version", command.version);
    app_->set_help_flag("-h,--help", "Print this help and exit");
    app_->footer(command.footer);
    app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

bool CommandLine::parse(int argc, char **argv) {
    if (argc < 2)
        throw UsageError("a verb is missing; see {} --help", app_->get_name());
    refuse_unknown_verb(argv[1]);
    try {
        app_->parse(argc, argv);
        return true;
    } catch (const CLI::ParseError &error) {
        if (error.get_exit_code() == 0) { // --help, --version
            app_->exit(error);
            return false;
        }
        const auto chosen = app_->get_subcommands();
        throw UsageError("{}; see {} {}--help", error.what(), app_->get_name(),
                         chosen.empty() ? "" : chosen.front()->get_name() + " ");
    }
}

// CLI11 would say that an argument was not expected or that a subcommand is required.
void CommandLine::refuse_unknown_verb(const std::string &word) const {
    std::vector<std::string> known = {"-h", "--help", "--version"};
    std::vector<std::string> verbs;
    for (const CLI::App *verb : app_->get_subcommands({}))
        verbs.push_back(verb->get_name());
    known.insert(known.end(), verbs.begin(), verbs.end());
    if (std::ranges::find(known, word) == known.end())
        throw UsageError("'{}' is not a verb; use {}", word, fmt::join(verbs, ", "));
}

} // namespace octet::tools
