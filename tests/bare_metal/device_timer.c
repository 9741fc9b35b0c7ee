/* The second count of what a call executes: the core's timer, which an emulator with -icount drives
 * by executed instructions. Prints the ticks of each call. */
#include "count.h"
#include "firmware.h"

static uint32_t start;

void octet_count_begin(void) {
    timer_start();
    start = timer_cycles();
}

void octet_count_end(void) {
    const uint32_t ticks = timer_cycles() - start;
    *(volatile uint32_t *)0xe000e010 = 0; /* off: no interrupt disturbs the next call */
    put_unsigned(ticks);
    board_puts("\n");
}
