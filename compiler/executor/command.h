// Runs scripts by the target's own command: an emulator, or a program that drives a board.
//
// The command runs in a fresh folder that holds the script. Its placeholders: {program} is the
// firmware, {script} and {result} the names of the two files (script_file.h), {counts} the file in
// which one number for each run is expected when the command mentions it, {plugin} the family's
// plugin for the emulator, {count_begin} and {count_end} the addresses between which it counts.
#pragma once

#include "compiler/executor.h"
#include "compiler/executor/firmware.h"

namespace octet {

class Command : public Executor {
public:
    explicit Command(const Compiled &compiled);
    Outcome execute(const Script &script) override;

private:
    std::vector<std::string> words() const;

    const Compiled &compiled_;
    Firmware firmware_;
    std::filesystem::path plugin_; ///< empty where the command has none
    bool counts_ = false;
};

} // namespace octet
