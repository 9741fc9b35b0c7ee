// Errors of the compiler and the tools.
//
// Inside the compiler a failure is an exception; the command line turns it into one line on stderr.
// Every message names the object, the reason and the remedy, in that order, without a final period:
//     resnet.tflite: operator 3 (FLOOR_MOD) is not supported; remove it or ...
// Where a memory is too small, a table of what takes it follows, its lines indented (parts.h).
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace octet {

/// A check that failed or work that could not be done; the command exits with 1.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;

    template <typename... Args>
    explicit Error(fmt::format_string<Args...> format, Args &&...args)
        : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)) {}
};

/// There is no kernel for an operator: what has one may run, this needs the reference interpreter.
class MissingKernel : public Error {
public:
    using Error::Error;
};

/// The command or a function was used wrongly; the command exits with 2.
class UsageError : public Error {
public:
    using Error::Error;
};

} // namespace octet
