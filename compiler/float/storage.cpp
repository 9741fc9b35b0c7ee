#include "compiler/float/storage.h"

namespace octet::floats {

Storage::Block Storage::take(int64_t elements) {
    std::unique_ptr<float[]> memory;
    {
        const std::lock_guard lock(free_->mutex);
        // A block of more than twice the size serves a larger tensor better.
        const auto found = free_->blocks.lower_bound(elements);
        if (found != free_->blocks.end() && found->first <= 2 * elements) {
            elements = found->first;
            memory = std::move(found->second);
            free_->blocks.erase(found);
        }
    }
    if (!memory)
        memory = std::make_unique_for_overwrite<float[]>(size_t(elements));
    return Block(memory.release(), [free = free_, elements](float *data) {
        std::unique_ptr<float[]> back(data);
        const std::lock_guard lock(free->mutex);
        free->blocks.emplace(elements, std::move(back));
    });
}

} // namespace octet::floats
