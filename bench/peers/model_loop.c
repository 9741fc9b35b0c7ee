/* A compiled model behind five plain functions, so that Python can load it, time it in the same
 * process as the peers, and add nothing to what it times: the loop and the clock are in here.
 *
 * Compiled once per model with MODEL_HEADER ("vww.h") and MODEL_LIBRARY (octet_vww_library). */
#include "octet/octet.h"
#include MODEL_HEADER

#include <stdlib.h>
#include <time.h>

#define MAX_TENSORS 16

static octet_model *model;
static void *inputs[MAX_TENSORS];
static void *outputs[MAX_TENSORS];

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *new_buffer(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

/* Opens the model file; returns NULL, or one line that says why not. */
const char *loop_open(const char *path) {
    if (octet_model_open(path, &MODEL_LIBRARY, NULL, &model) != OCTET_OK)
        return octet_last_error();
    if (octet_model_input_count(model) > MAX_TENSORS || octet_model_output_count(model) > MAX_TENSORS)
        return "the model has more inputs or outputs than the loop holds; raise MAX_TENSORS";
    octet_tensor_info info;
    for (size_t i = 0; i < octet_model_input_count(model); ++i) {
        octet_model_input(model, i, &info);
        inputs[i] = new_buffer(info.bytes);
    }
    for (size_t i = 0; i < octet_model_output_count(model); ++i) {
        octet_model_output(model, i, &info);
        outputs[i] = new_buffer(info.bytes);
    }
    return NULL;
}

/* The buffer of an input or output and its size in bytes; NULL past the last one. */
void *loop_input(size_t index, size_t *bytes) {
    octet_tensor_info info;
    if (octet_model_input(model, index, &info) != OCTET_OK)
        return NULL;
    *bytes = info.bytes;
    return inputs[index];
}

void *loop_output(size_t index, size_t *bytes) {
    octet_tensor_info info;
    if (octet_model_output(model, index, &info) != OCTET_OK)
        return NULL;
    *bytes = info.bytes;
    return outputs[index];
}

/* Runs the model `calls` times and writes what each took to taken[calls]; returns the status of the
 * first call that failed. */
int loop_run(int64_t calls, int64_t *taken) {
    for (int64_t i = 0; i < calls; ++i) {
        int64_t start = nanoseconds();
        octet_status status = octet_model_run(model, (const void *const *)inputs, outputs);
        taken[i] = nanoseconds() - start;
        if (status != OCTET_OK)
            return status;
    }
    return OCTET_OK;
}

/* What the two readings of the clock cost by themselves. */
int64_t loop_floor(void) {
    int64_t least = INT64_MAX;
    for (int i = 0; i < 2000; ++i) {
        int64_t start = nanoseconds(), taken = nanoseconds() - start;
        least = taken < least ? taken : least;
    }
    return least;
}
