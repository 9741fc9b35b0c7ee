#include "semihosting.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    ADP_STOPPED_APPLICATION_EXIT = 0x20026
};

static int32_t ask(int32_t operation, const void *parameter) {
    register int32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = parameter;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t length(const char *text) {
    uint32_t n = 0;
    while (text[n] != '\0')
        ++n;
    return n;
}

void semihosting_puts(const char *text) {
    ask(SYS_WRITE0, text);
}

void semihosting_exit(int code) {
    const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
    ask(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

int semihosting_open(const char *path, enum semihosting_mode mode) {
    const uint32_t block[3] = {(uint32_t)(uintptr_t)path, (uint32_t)mode, length(path)};
    return (int)ask(SYS_OPEN, block);
}

uint32_t semihosting_read(int file, void *data, uint32_t bytes) {
    const uint32_t block[3] = {(uint32_t)file, (uint32_t)(uintptr_t)data, bytes};
    return (uint32_t)ask(SYS_READ, block);
}

uint32_t semihosting_write(int file, const void *data, uint32_t bytes) {
    const uint32_t block[3] = {(uint32_t)file, (uint32_t)(uintptr_t)data, bytes};
    return (uint32_t)ask(SYS_WRITE, block);
}

void semihosting_close(int file) {
    const uint32_t block[1] = {(uint32_t)file};
    ask(SYS_CLOSE, block);
}

int semihosting_command_line(char *text, uint32_t bytes) {
    uint32_t block[2] = {(uint32_t)(uintptr_t)text, bytes};
    return (int)ask(SYS_GET_CMDLINE, block);
}
