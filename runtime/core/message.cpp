#include "runtime/core/message.h"

namespace octet::runtime {

void Message::put(char c) {
    if (length_ + 1 >= sizeof text_)
        return;
    text_[length_++] = c;
    text_[length_] = '\0';
}

void Message::add(const char *text) {
    while (*text != '\0')
        put(*text++);
}

void Message::add(Quoted name) {
    constexpr int longest = 80;
    put('\'');
    for (int i = 0; name.text[i] != '\0'; ++i) {
        if (i == longest) {
            add("...");
            break;
        }
        const auto c = static_cast<unsigned char>(name.text[i]);
        put(c < ' ' || c == 127 ? '?' : name.text[i]);
    }
    put('\'');
}

void Message::add_number(unsigned long long value, bool negative) {
    if (negative)
        put('-');
    char digits[20];
    int count = 0;
    do {
        digits[count++] = char('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0)
        put(digits[--count]);
}

} // namespace octet::runtime

extern "C" const char *octet_last_error(void) {
    return octet::runtime::last_message().text();
}
