/* SysTick, the timer that nearly every Cortex-M has, as a counter of clock cycles. */
#include "firmware.h"

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

static volatile uint32_t wraps;

void SysTick_Handler(void);
void SysTick_Handler(void) {
    ++wraps;
}

void timer_start(void) {
    wraps = 0;
    SYST_RVR = 0xffffff;
    SYST_CVR = 0;
    SYST_CSR = 7; /* core clock, interrupt, on */
    /* The counter stands at 0 until its first tick. */
    while (SYST_CVR == 0) {
    }
}

uint32_t timer_cycles(void) {
    uint32_t before;
    uint32_t left;
    /* The timer counts down; read again when it wrapped in between. */
    do {
        before = wraps;
        left = SYST_CVR;
    } while (before != wraps);
    return (before << 24) + (0xffffff - left);
}
