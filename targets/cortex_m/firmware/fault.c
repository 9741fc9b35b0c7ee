/* Says what went wrong and where, then ends the program with code 70. fault_handler in startup.c
 * calls it with the place where the core saved its registers. */
#include "firmware.h"

#if !defined(__ARM_ARCH_6M__) && !defined(__ARM_ARCH_8M_BASE__)
#define HAS_FAULT_STATUS 1
#endif

enum { FAULT_EXIT_CODE = 70 };

/* Status bits that say that the registers could not be saved. */
#define STACKING_FAULTS (1u << 4 | 1u << 12 | 1u << 20)

/* What the core pushes when an exception begins. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

static const char *exception_name(uint32_t number) {
    switch (number) {
    case 2:
        return "non-maskable interrupt";
    case 3:
        return "hard fault";
    case 4:
        return "memory management fault";
    case 5:
        return "bus fault";
    case 6:
        return "usage fault";
    case 7:
        return "secure fault";
    default:
        return "unexpected exception or interrupt";
    }
}

#if defined(HAS_FAULT_STATUS)
static void put_reasons(uint32_t cfsr) {
    static const struct {
        uint32_t bit;
        const char *text;
    } reasons[] = {
        {1u << 0, "an address that holds no code"},
        {1u << 1, "access to protected memory"},
        {1u << 4, "no stack left for an exception"},
        {1u << 8, "no memory where an instruction should be"},
        {1u << 9, "no memory at the data address"},
        {1u << 10, "no memory at a data address written before"},
        {1u << 12, "no stack left for an exception"},
        {1u << 16, "undefined instruction"},
        {1u << 17, "a jump to an address without the Thumb bit"},
        {1u << 18, "bad return from an exception"},
        {1u << 19, "a unit that is off or missing (FPU, MVE)"},
        {1u << 20, "stack overflow"},
        {1u << 24, "misaligned access"},
        {1u << 25, "division by zero"},
    };
    for (uint32_t i = 0; i < sizeof reasons / sizeof *reasons; ++i)
        if (cfsr & reasons[i].bit) {
            board_puts(": ");
            board_puts(reasons[i].text);
        }
}
#endif

static void put_register(const char *name, uint32_t value) {
    board_puts(name);
    put_hex(value);
}

__attribute__((noreturn, used)) void report_fault(const struct frame *frame, uint32_t exception);
void report_fault(const struct frame *frame, uint32_t exception) {
    const uint8_t *place = (const uint8_t *)frame;
    uint32_t cfsr = 0;
    board_puts(exception_name(exception & 0x1ff));
#if defined(HAS_FAULT_STATUS)
    const volatile uint32_t *const status = (const volatile uint32_t *)0xe000ed28;
    cfsr = status[0];
    put_reasons(cfsr);
#endif
    if (place < firmware_stack_limit)
        board_puts(": the stack is used up");
    else if ((cfsr & STACKING_FAULTS) == 0) {
        put_register("; pc ", frame->pc);
        put_register(" lr ", frame->lr);
    }
    put_register(" sp ", (uint32_t)(uintptr_t)frame);
#if defined(HAS_FAULT_STATUS)
    put_register(" cfsr ", cfsr);
    put_register(" hfsr ", status[1]);
    /* Each address register is only valid when its bit says so. */
    if (cfsr & 1u << 7)
        put_register(" mmfar ", status[3]);
    if (cfsr & 1u << 15)
        put_register(" bfar ", status[4]);
#endif
    board_puts("\n");
    board_exit(FAULT_EXIT_CODE);
}
