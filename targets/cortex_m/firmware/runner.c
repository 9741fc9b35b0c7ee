/* The firmware that runs a model for a test or a benchmark on a machine that watches it: it follows
 * a script file and writes what the script asks for into a result file, both through semihosting.
 *
 * The program's arguments are "runner SCRIPT RESULT"; paths have no spaces. Build it with
 * -DOCTET_LIBRARY=octet_<name>_library, together with image.S, lib<name>.a and the runtime. Each
 * arena lies in the RAM of its number, from the start of what nothing else uses there; inputs and
 * outputs lie in the last RAM, behind its arena.
 *
 * The script is a sequence of little-endian 32-bit words: a magic number, then operations.
 *
 *     FILL  region index offset bytes value
 *           sets bytes to a value
 *     WRITE region index offset bytes DATA
 *           copies DATA, which is padded to a multiple of 4
 *     CALL  n
 *           runs call n alone, or for 0xffffffff the whole network; appends its octet_status
 *     READ  region index offset bytes
 *           appends bytes, padded with zeros to a multiple of 4
 *     PAINT
 *           fills the unused stack and the arenas with 0xc5
 *     MARKS
 *           appends what has been touched since: bytes of stack below this program's own frame, and
 *           of each arena up to the last that is not 0xc5
 *     END
 *
 * A region is what the model file calls one (octet_file.fbs); index is the number of the arena, the
 * input or the output. It ends with code 0 after END, else with 1 after one line on the console.
 * Functions around each CALL let an emulator count what it executes (count.h): the kernel alone
 * where one call runs, everything where the whole network does, the runtime included. */
#include "count.h"
#include "firmware.h"
#include "semihosting.h"

#include <octet/bare_metal.h>

#include <stddef.h>

enum { SCRIPT_MAGIC = 0x5354434f }; /* "OCTS" */
enum operation { END, FILL, WRITE, CALL, READ, PAINT, MARKS };
enum region { ARENA, WEIGHTS, INPUT, OUTPUT };
enum { PAINT_BYTE = 0xc5, WHOLE_NETWORK = -1, MAX_TENSORS = 16, MAX_COMMAND_LINE = 1024 };

extern const uint8_t octet_image[], octet_image_end[];
extern const octet_library OCTET_LIBRARY;

/* What is left of a RAM. */
struct ram {
    uint8_t *next, *end;
};

static struct {
    octet_bare_model model;
    octet_bare_arena arenas[OCTET_BARE_MAX_ARENAS];
    uint32_t arena_count;
    uint8_t *inputs[MAX_TENSORS], *outputs[MAX_TENSORS];
    octet_bare_call bound;
    uint8_t *sp; /* the stack pointer when the stack was painted */
    int script, result;
} runner;

static void stop(const char *why) __attribute__((noreturn));
static void stop(const char *why) {
    board_puts("runner: ");
    board_puts(why);
    board_puts("\n");
    board_exit(1);
}

static void *take(struct ram *ram, size_t bytes) {
    const uintptr_t mask = OCTET_BARE_ALIGNMENT - 1;
    uint8_t *start = (uint8_t *)(((uintptr_t)ram->next + mask) & ~mask);
    if (bytes == 0)
        return 0;
    if (start > ram->end || bytes > (size_t)(ram->end - start))
        stop("arena, inputs and outputs do not fit in RAM; give the firmware more RAM");
    ram->next = start + bytes;
    return start;
}

static void open_model(void) {
    struct ram rams[OCTET_BARE_MAX_ARENAS] = {
        {firmware_free_start, firmware_free_end},
        {firmware_ram1_free_start, firmware_ram1_free_end},
        {firmware_ram2_free_start, firmware_ram2_free_end},
        {firmware_ram3_free_start, firmware_ram3_free_end},
    };
    struct ram *last = rams;
    const size_t image_bytes = (size_t)(octet_image_end - octet_image);
    octet_tensor_info info;
    octet_status status;
    runner.arena_count = octet_bare_arena_count(octet_image, image_bytes);
    for (uint32_t i = 0; i < OCTET_BARE_MAX_ARENAS; ++i) {
        octet_bare_arena *arena = &runner.arenas[i];
        if (rams[i].next != rams[i].end)
            last = &rams[i];
        arena->bytes = octet_bare_arena_bytes(octet_image, image_bytes, i);
        arena->memory = take(&rams[i], arena->bytes);
    }
    status = octet_bare_open_arenas(&runner.model, octet_image, image_bytes, &OCTET_LIBRARY,
                                    runner.arenas, OCTET_BARE_MAX_ARENAS);
    if (status != OCTET_OK)
        stop(octet_status_string(status));
    if (octet_bare_input_count(&runner.model) > MAX_TENSORS ||
        octet_bare_output_count(&runner.model) > MAX_TENSORS)
        stop("the model has more than 16 inputs or outputs; raise MAX_TENSORS");
    for (size_t i = 0; octet_bare_input(&runner.model, i, &info) == OCTET_OK; ++i)
        runner.inputs[i] = take(last, info.bytes);
    for (size_t i = 0; octet_bare_output(&runner.model, i, &info) == OCTET_OK; ++i)
        runner.outputs[i] = take(last, info.bytes);
}

/* Takes the next argument from a command line and ends it with a zero. */
static char *next_argument(char **line) {
    char *start = *line;
    char *end;
    while (*start == ' ')
        ++start;
    for (end = start; *end != ' ' && *end != '\0';)
        ++end;
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return start;
}

static void open_files(void) {
    static char text[MAX_COMMAND_LINE];
    char *line = text;
    const char *script;
    const char *result;
    if (semihosting_command_line(text, sizeof text) != 0)
        stop("no arguments; pass: runner SCRIPT RESULT");
    next_argument(&line);
    script = next_argument(&line);
    result = next_argument(&line);
    if (*script == '\0' || *result == '\0')
        stop("missing arguments; pass: runner SCRIPT RESULT");
    runner.script = semihosting_open(script, SEMIHOSTING_READ);
    if (runner.script < 0)
        stop("the script cannot be opened; pass: runner SCRIPT RESULT");
    runner.result = semihosting_open(result, SEMIHOSTING_WRITE);
    if (runner.result < 0)
        stop("the result cannot be written; pass: runner SCRIPT RESULT");
}

static void read_script(void *data, uint32_t bytes) {
    if (bytes != 0 && semihosting_read(runner.script, data, bytes) != 0)
        stop("the script ends early");
}

static uint32_t read_word(void) {
    uint32_t word;
    read_script(&word, sizeof word);
    return word;
}

static void append(const void *data, uint32_t bytes) {
    if (bytes != 0 && semihosting_write(runner.result, data, bytes) != 0)
        stop("the result cannot be written");
}

static void append_word(uint32_t word) {
    append(&word, sizeof word);
}

/* The part of memory that an operation names. */
struct part {
    uint8_t *start;
    uint32_t bytes;
};

static struct part read_part(void) {
    const uint32_t region = read_word();
    const uint32_t index = read_word();
    const uint32_t offset = read_word();
    struct part part = {0, 0};
    octet_tensor_info info = {0};
    uint8_t *start = 0;
    part.bytes = read_word();
    if (region == ARENA && index < runner.arena_count) {
        start = runner.arenas[index].memory;
        info.bytes = runner.arenas[index].bytes;
    } else if (region == INPUT && octet_bare_input(&runner.model, index, &info) == OCTET_OK) {
        start = runner.inputs[index];
    } else if (region == OUTPUT && octet_bare_output(&runner.model, index, &info) == OCTET_OK) {
        start = runner.outputs[index];
    }
    if (offset > info.bytes || part.bytes > info.bytes - offset || (start == 0 && part.bytes != 0))
        stop("the script names memory that the model does not have");
    part.start = start + offset;
    return part;
}

static uint32_t padding(uint32_t bytes) {
    return (4 - bytes % 4) % 4;
}

static void fill(struct part part, uint32_t value) {
    for (uint32_t i = 0; i < part.bytes; ++i)
        part.start[i] = (uint8_t)value;
}

static void write_part(struct part part) {
    uint32_t ignored;
    read_script(part.start, part.bytes);
    read_script(&ignored, padding(part.bytes));
}

static void send_part(struct part part) {
    const uint32_t zeros = 0;
    append(part.start, part.bytes);
    append(&zeros, padding(part.bytes));
}

/* The stack's last word has the paint from the start on. Where memory below the stack is no fault,
 * this is what tells that a kernel has used it up. */
static void guard_stack(void) {
    for (uint32_t i = 0; i < 4; ++i)
        firmware_stack_limit[i] = PAINT_BYTE;
}

static void check_stack(void) {
    for (uint32_t i = 0; i < 4; ++i)
        if (firmware_stack_limit[i] != PAINT_BYTE)
            stop("the stack is used up; raise firmware_stack_bytes");
}

static void call(uint32_t n) {
    const void *const *const inputs = (const void *const *)runner.inputs;
    void *const *const outputs = (void *const *)runner.outputs;
    octet_status status;
    if (n == (uint32_t)WHOLE_NETWORK) {
        octet_count_begin();
        status = octet_bare_run(&runner.model, inputs, outputs);
        octet_count_end();
    } else {
        status = octet_bare_bind_call(&runner.model, n, inputs, outputs, &runner.bound);
        octet_count_begin();
        if (status == OCTET_OK && runner.bound.kernel(runner.bound.arguments) != 0)
            status = OCTET_ERROR_KERNEL;
        octet_count_end();
    }
    check_stack();
    append_word((uint32_t)status);
}

/* Not a function: it paints up to the stack pointer of whoever paints. Volatile, because a memset
 * would have its own frame there. */
static inline __attribute__((always_inline)) void paint(void) {
    volatile uint8_t *place;
    __asm volatile("mov %0, sp" : "=r"(runner.sp));
    for (place = firmware_stack_limit; place < runner.sp; ++place)
        *place = PAINT_BYTE;
    for (uint32_t k = 0; k < runner.arena_count; ++k)
        for (uint32_t i = 0; i < runner.arenas[k].bytes; ++i)
            ((volatile uint8_t *)runner.arenas[k].memory)[i] = PAINT_BYTE;
}

static void append_marks(void) {
    const uint8_t *place = firmware_stack_limit;
    if (runner.sp == 0)
        stop("the script asks for marks before it paints");
    while (place < runner.sp && *place == PAINT_BYTE)
        ++place;
    append_word((uint32_t)(runner.sp - place));
    for (uint32_t k = 0; k < runner.arena_count; ++k) {
        const uint8_t *arena = runner.arenas[k].memory;
        uint32_t used = runner.arenas[k].bytes;
        while (used != 0 && arena[used - 1] == PAINT_BYTE)
            --used;
        append_word(used);
    }
}

static void follow_script(void) {
    struct part part;
    if (read_word() != SCRIPT_MAGIC)
        stop("this is not a script");
    for (;;) {
        switch (read_word()) {
        case FILL:
            part = read_part();
            fill(part, read_word());
            break;
        case WRITE:
            write_part(read_part());
            break;
        case CALL:
            call(read_word());
            break;
        case READ:
            send_part(read_part());
            break;
        case PAINT:
            paint();
            break;
        case MARKS:
            append_marks();
            break;
        case END:
            return;
        default:
            stop("the script has an unknown operation");
        }
    }
}

int main(void) {
    guard_stack();
    open_model();
    open_files();
    follow_script();
    semihosting_close(runner.result);
    return 0;
}
