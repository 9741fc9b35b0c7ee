/* Semihosting: the debugger or emulator that watches the core does input and output for it, asked
 * by a breakpoint instruction (Arm's "Semihosting for AArch32 and AArch64"). Without one that
 * listens, the breakpoint is a fault. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

enum semihosting_mode { SEMIHOSTING_READ = 1, SEMIHOSTING_WRITE = 5 }; /* "rb", "wb" */

/* Writes a string to the watcher's console. */
void semihosting_puts(const char *text);

/* Ends the program; an emulator ends with `code`. */
void semihosting_exit(int code) __attribute__((noreturn));

/* A file of the machine that watches: its number, -1 when it cannot be opened. */
int semihosting_open(const char *path, enum semihosting_mode mode);

/* Moves `bytes` bytes; returns how many of them were not moved. */
uint32_t semihosting_read(int file, void *data, uint32_t bytes);
uint32_t semihosting_write(int file, const void *data, uint32_t bytes);

void semihosting_close(int file);

/* The program's arguments, separated by spaces, as a string in `text`. 0, or -1 when there are none
 * or they need more than `bytes` bytes. */
int semihosting_command_line(char *text, uint32_t bytes);

#endif
