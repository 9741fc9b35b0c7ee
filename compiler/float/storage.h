// Memory for the tensors of a run, kept for the next one: fresh pages cost more than many an
// operator that fills them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace octet::floats {

class Storage {
public:
    /// A tensor's elements, not initialized; they go back to the storage with the last pointer.
    using Block = std::shared_ptr<float>;

    Block take(int64_t elements);

private:
    struct Free {
        std::mutex mutex;
        std::multimap<int64_t, std::unique_ptr<float[]>> blocks; ///< by their elements
    };
    std::shared_ptr<Free> free_ = std::make_shared<Free>();
};

} // namespace octet::floats
