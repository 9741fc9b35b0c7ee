// The card that the emulator poses as, from the environment variable OCTET_CUDA_EMULATOR:
//   cc=8.0,memory=1G,driver=12040,fail_after=N,workers=N,limit=N,streams=late,uninitialized=off,races=off
// An entry that is not known ends the program: a test that sets it wrongly must not pass.
#pragma once

#include "../execute/launch.h"

#include <cstdint>
#include <string>

namespace octet::ptx {

struct Settings {
    int capability = 80;
    uint64_t memory = uint64_t{4} << 30;
    int driver = 13000;
    uint64_t fail_after = UINT64_MAX;               ///< Launches, after which the card is lost.
    unsigned workers = 0;                           ///< Threads; 0: as many as this machine has.
    uint64_t instruction_limit = uint64_t{1} << 32; ///< Of one warp.
    bool late_streams = false; ///< Streams do nothing until something waits for them.
    Checks checks;

    int shared_per_block() const; ///< Of one block after opting in.
};

/// From the text of the environment variable; throws std::invalid_argument.
Settings parse_settings(const std::string &text);

} // namespace octet::ptx
