/* Octet's runtime for a chip without an operating system: opens a model image that lies in flash
 * and runs it with the kernels that were compiled for it.
 *
 * A model is three things: the image (the .octet file: weights and the list of kernel calls), the
 * kernel library (lib<name>.a, whose table <name>.h declares) and one arena in RAM. Weights are
 * read where they lie. Nothing is allocated: RAM holds the arena, the caller's inputs and outputs,
 * this header's struct and a stack frame. Kernels get the plain addresses of their arguments.
 *
 *     extern const uint8_t octet_image[], octet_image_end[];
 *     static uint8_t arena[OCTET_VWW_ARENA_BYTES] __attribute__((aligned(OCTET_BARE_ALIGNMENT)));
 *
 *     octet_bare_model model;
 *     octet_status status = octet_bare_open(&model, octet_image, octet_image_end - octet_image,
 *                                           &octet_vww_library, arena, sizeof arena);
 *     if (status == OCTET_OK)
 *         status = octet_bare_run(&model, inputs, outputs);
 *     if (status != OCTET_OK)
 *         puts(octet_status_string(status));
 *
 * All of it is C99-callable, uses no heap, no library function and no static variable, and works on
 * little-endian cores from ARMv6-M on. Functions may be called from an interrupt handler as long as
 * one model is in one call at a time.
 */
#ifndef OCTET_BARE_METAL_H
#define OCTET_BARE_METAL_H

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Alignment, in bytes, of the image and of the arena: the widest load of a Cortex-M kernel. */
#define OCTET_BARE_ALIGNMENT 16

/* The most arguments that a kernel may have; their addresses lie on the stack during a call. */
#define OCTET_BARE_MAX_ARGUMENTS 24

/* The most arenas that a model may have: one in each RAM of the chip. */
#define OCTET_BARE_MAX_ARENAS 4

/* The memory for one arena. */
typedef struct octet_bare_arena {
    void *memory;
    size_t bytes;
} octet_bare_arena;

/* An open model: addresses in the image, nothing to give back. Treat its fields as private. */
typedef struct octet_bare_model {
    const uint8_t *inputs, *outputs, *calls;
    const void *weights;
    const octet_library *library;
    void *arenas[OCTET_BARE_MAX_ARENAS];
} octet_bare_model;

/* One call of the program with its addresses in place; kernel(arguments) runs it. */
typedef struct octet_bare_call {
    octet_kernel kernel;
    void *arguments[OCTET_BARE_MAX_ARGUMENTS];
} octet_bare_call;

/* How many arenas the model in `image` has: one for each RAM that its target describes, the fastest
 * first; 0 when it is not a model image of this version. */
size_t octet_bare_arena_count(const void *image, size_t image_bytes);

/* Bytes that arena `index` of the model in `image` needs; 0 when it has no such arena, or is not a
 * model image of this version. The header <name>.h says the same as constants. */
size_t octet_bare_arena_bytes(const void *image, size_t image_bytes, size_t index);

/* Opens the model in `image`, of exactly `image_bytes` bytes, and checks everything that a run
 * relies on, before any kernel runs:
 *
 *     OCTET_ERROR_ARGUMENT    a pointer, or a kernel of the library, is null
 *     OCTET_ERROR_ALIGNMENT   image or arena is not aligned to OCTET_BARE_ALIGNMENT
 *     OCTET_ERROR_FORMAT      not a model image, or one that is cut off
 *     OCTET_ERROR_VERSION     of another format version than this runtime reads
 *     OCTET_ERROR_CHECKSUM    changed since it was compiled
 *     OCTET_ERROR_TARGET      image and library are for different targets
 *     OCTET_ERROR_MISMATCH    the library has the kernels of another model
 *     OCTET_ERROR_ARENA       the arena is smaller than octet_bare_arena_bytes, or the model needs
 *                             more than one
 *     OCTET_ERROR_PROGRAM     a call's argument lies outside its memory, or does not fit its kernel
 *
 * On an error nothing can be run with *model. Image, library and arena must stay as they are while
 * the model is in use. The checksum reads the whole image once, so this function takes a time
 * proportional to it.
 *
 * The checks hold against damage (worn flash, an interrupted update, files of two compilations)
 * and, where the library has signatures, also against an image made to do harm: no read or write
 * leaves the image, the arena and arrays of the sizes that octet_bare_input and octet_bare_output
 * tell. That an image is genuine they cannot say; the checksum is no signature. */
octet_status octet_bare_open(octet_bare_model *model, const void *image, size_t image_bytes,
                             const octet_library *library, void *arena, size_t arena_bytes);

/* The same for a model with arenas in several RAMs: arenas[i], in the RAM for which the model was
 * compiled, is number i. An arena that needs 0 bytes may be null or, at the end, missing. The array
 * `arenas` itself is only read here. */
octet_status octet_bare_open_arenas(octet_bare_model *model, const void *image, size_t image_bytes,
                                    const octet_library *library, const octet_bare_arena *arenas,
                                    size_t arena_count);

/* Runs the network once. inputs[i] and outputs[i] are dense row-major arrays of the size that
 * octet_bare_input and octet_bare_output tell, distinct from each other and from the arena.
 * OCTET_ERROR_ARGUMENT: a pointer is null or the model is not open. OCTET_ERROR_ALIGNMENT: an array
 * is not aligned to its element. Both are found before a kernel runs. */
octet_status octet_bare_run(const octet_bare_model *model, const void *const *inputs,
                            void *const *outputs);

/* Runs one call of the program alone on whatever the arena holds (profiles, verification).
 * OCTET_ERROR_ARGUMENT also when there is no such call. */
octet_status octet_bare_run_call(const octet_bare_model *model, size_t call,
                                 const void *const *inputs, void *const *outputs);

/* The same but for the run itself: afterwards bound->kernel(bound->arguments) runs the call as
 * often as wanted and returns 0 unless it fails, so that a profile can take the time of the kernel
 * alone. OCTET_ERROR_ARGUMENT also when `bound` is null. */
octet_status octet_bare_bind_call(const octet_bare_model *model, size_t call,
                                  const void *const *inputs, void *const *outputs,
                                  octet_bare_call *bound);

size_t octet_bare_call_count(const octet_bare_model *model);
size_t octet_bare_input_count(const octet_bare_model *model);
size_t octet_bare_output_count(const octet_bare_model *model);

/* Describes input or output `index`; names and shapes lie in the image. OCTET_ERROR_ARGUMENT: the
 * model is not open, there is no such tensor or `info` is null. */
octet_status octet_bare_input(const octet_bare_model *model, size_t index, octet_tensor_info *info);
octet_status octet_bare_output(const octet_bare_model *model, size_t index,
                               octet_tensor_info *info);

#ifdef __cplusplus
}
#endif

#endif
