// Expecting an Error with a message that says the right thing.
#pragma once

#include "compiler/support/error.h"

#include <catch2/catch.hpp>

namespace octet::test {

/// The message of the Error that `action` throws; "(no error)" when it throws none.
template <typename Action>
std::string error_of(Action &&action) {
    try {
        action();
    } catch (const Error &error) {
        return error.what();
    }
    return "(no error)";
}

/// `message` is one line with all of `parts` in it.
inline void check_message(const std::string &message, const std::vector<std::string> &parts) {
    for (const std::string &part : parts)
        CHECK_THAT(message, Catch::Contains(part));
    CHECK(message.find('\n') == std::string::npos);
}

} // namespace octet::test
