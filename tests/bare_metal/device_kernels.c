/* A kernel library made by hand for the tests in an emulator; device_model.cpp has the model. */
#include "firmware.h"

#include <octet/octet.h>

enum { ELEMENTS = 256, ROWS = 4 };

/* out[i] = in[i] + row[i mod 64] */
static int add_row(void **arguments) {
    const uint8_t *in = arguments[0];
    const uint8_t *row = arguments[1];
    uint8_t *out = arguments[2];
    for (int i = 0; i < ELEMENTS; ++i)
        out[i] = (uint8_t)(in[i] + row[i % 64]);
    return 0;
}

/* One sum for each row of 64. */
static int sum_rows(void **arguments) {
    const uint8_t *in = arguments[0];
    int32_t *out = arguments[1];
    for (int r = 0; r < ROWS; ++r) {
        out[r] = 0;
        for (int c = 0; c < ELEMENTS / ROWS; ++c)
            out[r] += in[r * (ELEMENTS / ROWS) + c];
    }
    return 0;
}

/* Executes two instructions per count. */
static int spin(void **arguments) {
    const uint32_t *count = arguments[0];
    uint32_t n = *count;
    __asm volatile(".syntax unified\n"
                   "1: subs %0, #1\n"
                   "bne 1b\n"
                   : "+l"(n)
                   :
                   : "cc");
    return 0;
}

/* Uses as much stack as asked for, a multiple of 8: touches its end. */
static int use_stack(void **arguments) {
    const uint32_t *bytes = arguments[0];
    __asm volatile(".syntax unified\n"
                   "mov r2, sp\n"
                   "subs r1, r2, %0\n"
                   "mov sp, r1\n"
                   "movs r1, #0\n"
                   "str r1, [sp]\n"
                   "mov sp, r2\n"
                   :
                   : "l"(*bytes)
                   : "r1", "r2", "cc", "memory");
    return 0;
}

/* A large frame, and itself in it. */
__attribute__((noinline)) static int recurse(volatile uint8_t *above) {
    volatile uint8_t frame[256];
    frame[0] = above[0];
    return frame[0] == 200 ? 0 : recurse(frame) + frame[0]; /* it never is */
}

/* Whatever the input's first byte asks for. */
static int misbehave(void **arguments) {
    volatile uint8_t *in = arguments[0];
    switch (in[0]) {
    case 1:
        __asm volatile("udf #0");
        return 0;
    case 2:
        return *(volatile int *)0xe1fffffc; /* nothing is there on any of the machines */
    case 3:
        return recurse(in);
    case 4:
        return -1;
    case 5:
        firmware_stack_limit[0] = 0;
        return 0;
    default:
        return 0;
    }
}

static const octet_kernel kernels[] = {add_row, sum_rows, spin, use_stack, misbehave};
extern const octet_library octet_device_library;
const octet_library octet_device_library = {0x0123456789abcdefu, 5, kernels, "device", 0, 0};
