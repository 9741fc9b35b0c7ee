/* Models compiled for a cuda target: what the application may choose, and runs that it does not
 * wait for. Everything else is as in octet.h.
 *
 * octet_model_open brings the weights to the card, loads the kernels and reserves the arena there.
 * octet_model_run takes arrays in the host's memory or on the card; those on the card are used
 * where they lie, and must be 16-aligned. The launches of a run are recorded once, as a CUDA graph,
 * and again when arrays on the card or the number of images change.
 *
 * Of a batch, octet_model_run_images computes and copies the first images only. Arrays on the card
 * always have the size of all images, because blocks of threads do not end where images end: what
 * lies behind those that were asked for is read and, in outputs, undefined afterwards.
 */
#ifndef OCTET_CUDA_H
#define OCTET_CUDA_H

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct octet_cuda_options {
    int device;    /* the card's number, where `context` is NULL */
    void *context; /* the caller's CUcontext; NULL: the card's primary context */
    void *stream;  /* the caller's CUstream in that context; NULL: a stream of the model's own */
    int no_graph;  /* not 0: launch kernel by kernel */
    const char *driver; /* the driver's library; NULL: libcuda.so.1 */
} octet_cuda_options;

/* Puts a run on the stream and returns. Arrays in the host's memory must stay as they are until
 * octet_cuda_wait, or until what the caller put on his stream behind the run has finished. */
octet_status octet_cuda_run_async(octet_model *model, const void *const *inputs,
                                  void *const *outputs);

/* The same for the first `count` images of a batch. */
octet_status octet_cuda_run_images_async(octet_model *model, size_t count,
                                         const void *const *inputs, void *const *outputs);

/* Waits for the stream. A failure of any run since the last wait shows here. */
octet_status octet_cuda_wait(octet_model *model);

/* The kernels' device, for octet_library: the tables of models compiled for CUDA name it. */
extern const struct octet_device octet_cuda_device;

#ifdef __cplusplus
}
#endif

#endif
