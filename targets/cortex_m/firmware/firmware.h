/* What the parts of a firmware share: memory's bounds, the console and the timer. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdint.h>

/* The stack, from its end to its start, and RAM that nothing else uses (firmware.ld). */
extern uint8_t firmware_stack_limit[], firmware_stack_top[];
extern uint8_t firmware_free_start[], firmware_free_end[];
/* The same of further RAMs; empty where the chip has none. */
extern uint8_t firmware_ram1_free_start[], firmware_ram1_free_end[];
extern uint8_t firmware_ram2_free_start[], firmware_ram2_free_end[];
extern uint8_t firmware_ram3_free_start[], firmware_ram3_free_end[];

/* Puts a variable into a further RAM, by number. Nothing sets it to zero. */
#define IN_RAM(n) __attribute__((section(".ram" #n)))

/* Before main, with memory ready: clocks, caches, pins. Weak; does nothing. */
void board_init(void);

/* Text to whoever watches: a debugger or emulator through semihosting, or, built without
 * OCTET_SEMIHOSTING, nothing until you define it for your board's serial port. */
void board_puts(const char *text);

/* The end of the program: its code to the debugger or emulator; without semihosting it stops here.
 */
void board_exit(int code) __attribute__((noreturn));

/* Numbers to the same place. */
void put_unsigned(uint32_t value);
void put_signed(int32_t value);
void put_hex(uint32_t value);

/* Clock cycles since timer_start, modulo 2^32, of the core's own timer. It interrupts once every
 * 2^24 cycles. */
void timer_start(void);
uint32_t timer_cycles(void);

#endif
