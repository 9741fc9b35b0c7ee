/* Octet's runtime: opens a .octet model file and runs it with the kernels that were compiled for
 * it.
 *
 * A model is three things: the file (weights and the list of kernel calls), the kernel library
 * (lib<name>.a, whose table <name>.h declares) and one arena. Everything is sized when the model is
 * compiled; nothing is allocated while it runs. All functions are C99-callable and never throw.
 *
 *     octet_model *model;
 *     if (octet_model_open("vww.octet", &octet_vww_library, NULL, &model) != OCTET_OK)
 *         fprintf(stderr, "%s\n", octet_last_error());
 *     octet_model_run(model, inputs, outputs);
 *     octet_model_close(model);
 */
#ifndef OCTET_OCTET_H
#define OCTET_OCTET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum octet_status {
    OCTET_OK = 0,
    OCTET_ERROR_IO = 1,       /* the file cannot be opened, read or mapped */
    OCTET_ERROR_FORMAT = 2,   /* not a model file, damaged, or of another format version */
    OCTET_ERROR_MISMATCH = 3, /* the file and the kernel library do not belong together */
    OCTET_ERROR_ARGUMENT = 4, /* a null or misaligned pointer, an index out of range */
    OCTET_ERROR_MEMORY = 5,   /* memory for the arena or the tables could not be had */
    OCTET_ERROR_KERNEL = 6,   /* a kernel reported an error */
    /* Where there is no octet_last_error to tell them apart (octet/bare_metal.h): */
    OCTET_ERROR_ALIGNMENT = 7,   /* the image, the arena or an array is misaligned */
    OCTET_ERROR_ARENA = 8,       /* the arena is smaller than the model needs */
    OCTET_ERROR_VERSION = 9,     /* a model file of another format version */
    OCTET_ERROR_CHECKSUM = 10,   /* the model file is damaged */
    OCTET_ERROR_TARGET = 11,     /* file and kernel library are for different targets */
    OCTET_ERROR_PROGRAM = 12,    /* a call does not fit its memory or its kernel */
    OCTET_ERROR_DEVICE = 13,     /* no driver or device that can run the kernels */
    OCTET_ERROR_DEVICE_LOST = 14 /* the device failed; close the model */
} octet_status;

typedef enum octet_dtype {
    OCTET_FLOAT32 = 0,
    OCTET_INT8 = 1,
    OCTET_UINT8 = 2,
    OCTET_INT16 = 3,
    OCTET_INT32 = 4,
    OCTET_INT64 = 5,
    OCTET_BOOL = 6
} octet_dtype;

/* A compiled kernel; arguments as Halide's argv convention has them, the user context first.
 * Kernels for bare metal take the arguments' own addresses instead, and no context
 * (octet/bare_metal.h). */
typedef int (*octet_kernel)(void **arguments);

/* One argument of a kernel: bytes that it may touch from the pointer on, and whether it writes. */
typedef struct octet_parameter {
    uint64_t bytes;
    int32_t written;
} octet_parameter;

typedef struct octet_signature {
    uint32_t parameter_count;
    const octet_parameter *parameters;
} octet_signature;

typedef struct octet_library {
    uint64_t fingerprint; /* equal to the model file's */
    uint32_t kernel_count;
    const octet_kernel *kernels; /* in the order of the model file's kernel list */
    const char *target;
    /* One per kernel, against which the file's arguments are checked. NULL: they are trusted, which
     * only suits a file that nobody but the compiler can have written. */
    const octet_signature *signatures;
    /* Where the kernels run: NULL for this CPU, else &octet_cuda_device, ... */
    const struct octet_device *device;
} octet_library;

typedef struct octet_tensor_info {
    const char *name;
    octet_dtype dtype;
    int32_t rank;
    const int32_t *shape;
    size_t bytes; /* of the dense, row-major array */
    float scale;  /* real = scale * (stored - zero_point); 0 when not quantized */
    int32_t zero_point;
} octet_tensor_info;

typedef struct octet_options {
    int threads; /* 1 to 64; 0 means 1 */
    void
        *arena; /* NULL: the runtime allocates; else at least octet_model_arena_bytes, 64-aligned */
    size_t arena_bytes;
    const struct octet_cuda_options *cuda; /* octet/cuda.h; NULL for its defaults */
} octet_options;

typedef struct octet_model octet_model;

/* Opens a model file and maps its weights. `options` may be NULL. On failure *model is NULL and
 * octet_last_error says why. `library` must outlive the model; the file must not be changed in
 * place while the model is open (replace it by renaming a new one over it). */
octet_status octet_model_open(const char *path, const octet_library *library,
                              const octet_options *options, octet_model **model);

/* The same for a file image in memory, which must be 64-aligned and outlive the model. */
octet_status octet_model_open_memory(const void *data, size_t size, const octet_library *library,
                                     const octet_options *options, octet_model **model);

/* Runs the network once. inputs[i] and outputs[i] are dense row-major arrays of the size that
 * octet_model_input and octet_model_output tell, aligned to their element, distinct from each
 * other; the caller keeps them. One call at a time per model. */
octet_status octet_model_run(octet_model *model, const void *const *inputs, void *const *outputs);

/* How many images the model computes at once: the first extent of its inputs and outputs, where
 * nothing connects two of them, otherwise 1. `octet compile --batch N` makes models for N. */
size_t octet_model_images(const octet_model *model);

/* Runs the network on the first `count` images. Arrays in the host's memory need to hold no more
 * than these. On a CPU kernels compute all images, so `count` must be octet_model_images there; on
 * other devices it may be any number from 1 to that. */
octet_status octet_model_run_images(octet_model *model, size_t count, const void *const *inputs,
                                    void *const *outputs);

/* Runs one call of the program alone on whatever the arena holds (benchmarks, verification). */
octet_status octet_model_run_call(octet_model *model, size_t call, const void *const *inputs,
                                  void *const *outputs);

void octet_model_close(octet_model *model);

size_t octet_model_input_count(const octet_model *model);
size_t octet_model_output_count(const octet_model *model);
octet_status octet_model_input(const octet_model *model, size_t index, octet_tensor_info *info);
octet_status octet_model_output(const octet_model *model, size_t index, octet_tensor_info *info);
size_t octet_model_call_count(const octet_model *model);
size_t octet_model_arena_bytes(const octet_model *model);
/* NULL where the arena is a device's. */
void *octet_model_arena(octet_model *model);
/* Copies from and to the arena, wherever it lies (for tools that look at single calls). */
octet_status octet_model_arena_read(octet_model *model, size_t offset, void *to, size_t bytes);
octet_status octet_model_arena_write(octet_model *model, size_t offset, const void *from,
                                     size_t bytes);

/* "ok", "i/o error", ...: a constant string. */
const char *octet_status_string(octet_status status);
/* One line on the last failure in this thread: object, reason, remedy. Empty when there was none.
 */
const char *octet_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
