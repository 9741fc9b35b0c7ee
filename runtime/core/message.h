// The message of the last failure: one line that names the object, the reason and the remedy.
//
// The text is put together without printf, heap or exceptions, so that the core runs on a bare
// chip. Names out of a model file are untrusted: `Quoted` shortens them and masks whatever would
// not print, so that a message stays one line.
#pragma once

#include "octet/octet.h"

#include <cstddef>
#include <type_traits>

namespace octet::runtime {

struct Quoted {
    const char *text;
};

class Message {
public:
    constexpr Message() = default;

    template <typename... Parts>
    void assign(const Parts &...parts) {
        length_ = 0;
        text_[0] = '\0';
        (add(parts), ...);
    }
    const char *text() const { return text_; }

private:
    void add(const char *text);
    void add(Quoted name);
    void add_number(unsigned long long value, bool negative);
    template <typename Integer, std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
    void add(Integer value) {
        const bool negative = value < Integer(0);
        const auto bits = static_cast<unsigned long long>(value);
        add_number(negative ? 0 - bits : bits, negative);
    }
    void put(char c);

    char text_[512] = {};
    size_t length_ = 0;
};

/// The calling thread's message; each platform (hosted, bare metal) defines where it lives.
Message &last_message();

/// Keeps the message made of `parts` and returns `status`.
template <typename... Parts>
octet_status fail(octet_status status, const Parts &...parts) {
    last_message().assign(parts...);
    return status;
}

} // namespace octet::runtime
