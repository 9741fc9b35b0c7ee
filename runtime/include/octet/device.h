/* What a kernel for a device other than the CPU consists of, as the compiler writes it and the
 * runtime's devices read it. Applications need nothing of it.
 *
 * The kernel that the model's table names is a function for the CPU as any other. It holds the
 * device's code and the list of its launches, and hands both to the launcher that its user context
 * points to. Grids and sizes are constants; arguments are buffers only.
 */
#ifndef OCTET_DEVICE_H
#define OCTET_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One function of the image on a grid of blocks of threads. */
typedef struct octet_launch {
    const char *function;
    uint32_t grid[3], block[3];
    uint32_t shared_bytes; /* memory that the threads of a block share */
    uint32_t argument_count;
    /* Which of the kernel's buffers each of the function's parameters is. */
    const uint8_t *arguments;
    /* The grid's axis, 1 to 3, that grows with the images of a batch, which lie one behind another
     * along it; 0 where the launch does not depend on them. */
    uint32_t image_axis;
} octet_launch;

typedef struct octet_device_kernel {
    const void *image; /* what the device's driver loads */
    uint64_t image_bytes;
    uint32_t capability; /* CUDA: least compute capability, 80 for 8.0 */
    uint32_t launch_count;
    const octet_launch *launches;
} octet_device_kernel;

typedef struct octet_launcher {
    /* `buffers` are pointers to Halide's buffers, whose `host` is the device's address. Not zero:
     * an octet_status, with its message kept. */
    int (*launch)(struct octet_launcher *launcher, const octet_device_kernel *kernel,
                  void **buffers);
} octet_launcher;

#ifdef __cplusplus
}
#endif

#endif
