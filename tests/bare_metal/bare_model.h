// The sample model with kernels for bare metal: they get their arguments' own addresses.
#pragma once

#include "octet/bare_metal.h"
#include "tests/runtime/sample_model.h"

#include <vector>

namespace octet::test {

class BareModel {
public:
    BareModel();
    BareModel(const BareModel &) = delete;
    BareModel &operator=(const BareModel &) = delete;

    const SampleModel &sample() const { return sample_; }
    octet_library library() const { return library_; }
    size_t arena_bytes() const { return size_t(sample_.program().arena_bytes()); }

private:
    SampleModel sample_;
    std::vector<octet_kernel> kernels_;
    octet_library library_;
};

/// How often any of the model's kernels has run.
int bare_kernel_runs();

/// The arena, aligned, with a pattern behind its end that nothing may touch.
struct BareArena {
    explicit BareArena(size_t bytes);
    bool margin_untouched() const;

    AlignedImage memory;
    size_t bytes;
};

} // namespace octet::test
