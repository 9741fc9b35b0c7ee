// A file mapped into memory, read only and private: weights are read in place and their pages are
// shared between the processes that run the same model.
#pragma once

#include "octet/octet.h"

#include <cstddef>

namespace octet::runtime {

struct Mapping {
    void *data = nullptr;
    size_t size = 0;

    /// Maps all of a regular file that is not empty. `name` stands for it in messages.
    octet_status open(const char *path, const char *name);
    void close();
};

} // namespace octet::runtime
