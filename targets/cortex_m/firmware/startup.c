/* Start-up of a Cortex-M, from ARMv6-M to ARMv8.1-M: vector table, memory, floating point and
 * vector unit, then main. It needs the symbols of firmware.ld and nothing of a vendor's library.
 *
 * To use a peripheral's interrupt, append its handlers to the table (the chip's manual has the
 * order); the core's own handlers are weak and may be defined anywhere. */
#include "firmware.h"

#include <stdint.h>

extern uint32_t firmware_data_load[], firmware_data_start[], firmware_data_end[];
extern uint32_t firmware_bss_start[], firmware_bss_end[];

int main(void);

/* Before main, with memory ready: clocks, caches, pins. Define it for your board. */
__attribute__((weak)) void board_init(void) {}

static void enable_coprocessors(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    /* CPACR: full access to CP10 and CP11, which are the FPU and the vector unit. */
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
    __asm volatile("dsb\n isb" ::: "memory");
#endif
#if defined(__ARM_FEATURE_MVE)
    /* CCR.LOB: loops without branch overhead. */
    *(volatile uint32_t *)0xe000ed14 |= 1u << 19;
    __asm volatile("dsb\n isb" ::: "memory");
#endif
}

static void limit_stack(void) {
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
    /* Running over the stack's end is a fault instead of damage. */
    __asm volatile("msr msplim, %0" ::"r"(firmware_stack_limit));
#endif
}

/* Volatile, so that these stay loops: a library's memcpy may want memory that is not ready yet. */
static void fill_memory(void) {
    const uint32_t *from = firmware_data_load;
    volatile uint32_t *to;
    for (to = firmware_data_start; to < firmware_data_end;)
        *to++ = *from++;
    for (to = firmware_bss_start; to < firmware_bss_end;)
        *to++ = 0;
}

__attribute__((noreturn)) void Reset_Handler(void) {
    enable_coprocessors();
    limit_stack();
    fill_memory();
    board_init();
    board_exit(main());
}

/* The handler of every exception that has none: on to fault.c with the place where the core saved
 * its registers and the exception's number. Bit 2 of the return code in lr says which of the two
 * stack pointers was in use. When the stack is (nearly) used up the report starts again at its top,
 * over what the program had there. Only instructions of ARMv6-M. */
__attribute__((naked)) void fault_handler(void);
void fault_handler(void) {
    __asm volatile(".syntax unified\n"
                   "movs r0, #4\n"
                   "mov r1, lr\n"
                   "tst r0, r1\n"
                   "bne 1f\n"
                   "mrs r0, msp\n"
                   "b 2f\n"
                   "1: mrs r0, psp\n"
                   "2: mrs r1, ipsr\n"
                   "ldr r2, =firmware_stack_limit\n"
                   "adds r2, #255\n"
                   "cmp r0, r2\n"
                   "bhi 3f\n"
                   "ldr r2, =firmware_stack_top\n"
                   "msr msp, r2\n"
                   "3: ldr r2, =report_fault\n"
                   "bx r2\n"
                   ".ltorg\n");
}

/* Whatever has no handler of its own is a fault. */
#define HANDLER(name) void name(void) __attribute__((weak, alias("fault_handler")))
HANDLER(NMI_Handler);
HANDLER(HardFault_Handler);
HANDLER(MemManage_Handler);
HANDLER(BusFault_Handler);
HANDLER(UsageFault_Handler);
HANDLER(SecureFault_Handler);
HANDLER(SVC_Handler);
HANDLER(DebugMon_Handler);
HANDLER(PendSV_Handler);
HANDLER(SysTick_Handler);

typedef void (*handler)(void);

struct vector_table {
    const uint8_t *stack;
    handler exceptions[15]; /* 1 to 15; those without a name are reserved */
};

extern const struct vector_table vector_table;
__attribute__((section(".vectors"), used)) const struct vector_table vector_table = {
    firmware_stack_top,
    {Reset_Handler, NMI_Handler, HardFault_Handler, MemManage_Handler, BusFault_Handler,
     UsageFault_Handler, SecureFault_Handler, 0, 0, 0, SVC_Handler, DebugMon_Handler, 0,
     PendSV_Handler, SysTick_Handler},
};
