// What the core asks of a device that has memory and launches of its own.
//
// A model on a device is bound as any other, to addresses on the device: its arena, its weights,
// and an array for each of the model's inputs and outputs that the caller keeps in the host's
// memory. The device provides these, is the kernels' user context, and runs calls in order.
#pragma once

#include "octet/device.h"
#include "octet/octet.h"
#include "runtime/octet_file_generated.h"

#include <cstddef>
#include <cstdint>

namespace octet::runtime {

/// Where a program lies on its device. `context` points to an octet_launcher.
struct Placement {
    void *context = nullptr;
    uint8_t *arena = nullptr;
    uint8_t *weights = nullptr;
};

} // namespace octet::runtime

struct octet_device {
    /// Opens the device and brings a verified program's weights to it; `name` stands for the model
    /// in messages. On failure there is nothing to close.
    octet_status (*open)(const char *name, const octet_options &options,
                         const octet::file::Program &program, octet::runtime::Placement *placement);
    /// Loads the kernels of the bound model.
    octet_status (*load)(octet_model &model);
    /// Runs `count` calls from `first` on, on as many images, and waits for them.
    octet_status (*run)(octet_model &model, size_t first, size_t count, size_t images,
                        const void *const *inputs, void *const *outputs);
    /// Copies to (`write`) or from the arena.
    octet_status (*copy)(octet_model &model, size_t offset, void *host, size_t bytes, bool write);
    void (*close)(void *context);
};
