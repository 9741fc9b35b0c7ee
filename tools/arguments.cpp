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
    app.add_option(names, value, fmt::format("{} ({} to {})", help, least, greatest))
        ->check(CLI::Range(least, greatest).description(""))
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
    // CLI11 would say that an argument was not expected; say which verbs there are.
    std::vector<std::string> names;
    for (const CLI::App *verb : app_->get_subcommands({}))
        names.push_back(verb->get_name());
    const std::string word = argv[1];
    if (!word.starts_with('-') && std::ranges::find(names, word) == names.end())
        throw UsageError("'{}' is not a verb; use {}", word, fmt::join(names, ", "));
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

} // namespace octet::tools
