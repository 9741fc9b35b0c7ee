/* A plugin for QEMU's emulation (TCG) that counts the instructions that a firmware executes between
 * its functions octet_count_begin and octet_count_end.
 *
 *     gcc -O2 -shared -fPIC -o count_instructions.so count_instructions.c
 *     qemu-system-arm ... -plugin count_instructions.so,begin=ADDRESS,end=ADDRESS,out=FILE
 *
 * The addresses are those of the two functions without the Thumb bit, as nm prints them, in C's
 * notation. FILE gets one decimal number per pair, in order, and "total N" at the end: everything
 * that was executed. The functions' own single instruction is in neither; the branch to
 * octet_count_end is counted. An instruction in an IT block whose condition fails counts, as it
 * takes its slot on the chip. Against -icount this counter needs no timer and has no rounding.
 *
 * Written against version 1 of the plugin interface (QEMU 4.2 to 8.2). Its few functions are
 * declared here because distributions do not ship the header; QEMU resolves them when it loads the
 * plugin. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct translation_block;
struct instruction;
struct machine_info;

enum { CALLBACK_READS_NO_REGISTERS = 0, INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                           void (*callback)(plugin_id, struct translation_block *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *instruction,
                                            void (*callback)(unsigned cpu, void *data), int flags,
                                            void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction *instruction, int operation,
                                                void *counter, uint64_t amount);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct translation_block *block);
struct instruction *qemu_plugin_tb_get_insn(const struct translation_block *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *instruction);

#define EXPORT __attribute__((visibility("default")))

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const struct machine_info *info, int argc,
                               char **argv);

static uint64_t begin_address, end_address;
static uint64_t executed, executed_at_begin;
static FILE *out;

static void on_begin(unsigned cpu, void *data) {
    (void)cpu;
    (void)data;
    executed_at_begin = executed;
}

static void on_end(unsigned cpu, void *data) {
    (void)cpu;
    (void)data;
    /* Written at once: what was counted is there even if the firmware fails later. */
    fprintf(out, "%" PRIu64 "\n", executed - executed_at_begin);
    fflush(out);
}

/* Gives each instruction, as it is translated, what it shall do whenever it is executed. */
static void on_translation(plugin_id id, struct translation_block *block) {
    const size_t count = qemu_plugin_tb_n_insns(block);
    (void)id;
    for (size_t i = 0; i < count; ++i) {
        struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);
        if (address == begin_address)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_begin,
                                                   CALLBACK_READS_NO_REGISTERS, NULL);
        else if (address == end_address)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_end, CALLBACK_READS_NO_REGISTERS,
                                                   NULL);
        else
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &executed, 1);
    }
}

static void on_shutdown(plugin_id id, void *data) {
    (void)id;
    (void)data;
    fprintf(out, "total %" PRIu64 "\n", executed);
    fclose(out);
}

/* The value of "name=value" when the argument has that name, else NULL. */
static const char *value_of(const char *argument, const char *name) {
    const size_t length = strlen(name);
    const int matches = strncmp(argument, name, length) == 0 && argument[length] == '=';
    return matches ? argument + length + 1 : NULL;
}

EXPORT int qemu_plugin_install(plugin_id id, const struct machine_info *info, int argc,
                               char **argv) {
    const char *path = NULL;
    int addresses = 0;
    (void)info;
    for (int i = 0; i < argc; ++i) {
        const char *value;
        if ((value = value_of(argv[i], "begin")) != NULL) {
            begin_address = strtoull(value, NULL, 0) & ~UINT64_C(1);
            ++addresses;
        } else if ((value = value_of(argv[i], "end")) != NULL) {
            end_address = strtoull(value, NULL, 0) & ~UINT64_C(1);
            ++addresses;
        } else if ((value = value_of(argv[i], "out")) != NULL) {
            path = value;
        } else {
            fprintf(stderr, "count_instructions: unknown argument %s; pass begin=, end= and out=\n",
                    argv[i]);
            return -1;
        }
    }
    if (addresses != 2 || path == NULL) {
        fprintf(stderr, "count_instructions: pass begin=ADDRESS,end=ADDRESS,out=FILE\n");
        return -1;
    }
    out = fopen(path, "w");
    if (out == NULL) {
        fprintf(stderr, "count_instructions: %s cannot be written\n", path);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_shutdown, NULL);
    return 0;
}
