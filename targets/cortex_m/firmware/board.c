/* The console and the end of the program: through semihosting, or left to the board. */
#include "firmware.h"

#if defined(OCTET_SEMIHOSTING)
#include "semihosting.h"

__attribute__((weak)) void board_puts(const char *text) {
    semihosting_puts(text);
}

__attribute__((weak)) void board_exit(int code) {
    semihosting_exit(code);
}
#else
__attribute__((weak)) void board_puts(const char *text) {
    (void)text;
}

__attribute__((weak)) void board_exit(int code) {
    (void)code;
    for (;;)
        __asm volatile("wfi");
}
#endif

void put_unsigned(uint32_t value) {
    /* Subtracting powers of ten needs no division, which ARMv6-M does not have. */
    static const uint32_t powers[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    char digits[11];
    uint32_t count = 0;
    for (uint32_t i = 0; i < 10; ++i) {
        char digit = '0';
        for (; value >= powers[i]; value -= powers[i])
            ++digit;
        if (digit != '0' || count != 0 || i == 9)
            digits[count++] = digit;
    }
    digits[count] = '\0';
    board_puts(digits);
}

void put_signed(int32_t value) {
    if (value < 0)
        board_puts("-");
    put_unsigned(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
}

void put_hex(uint32_t value) {
    char digits[11] = "0x";
    for (uint32_t i = 0; i < 8; ++i)
        digits[2 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    digits[10] = '\0';
    board_puts(digits);
}
