#include "products.h"

#include <algorithm>

namespace octet::ptx {

void PendingProducts::restart(int register_bytes) {
    products_.clear();
    in_use_.assign(register_bytes / 64, 0);
    unfenced_.assign(register_bytes / 64, false);
    committed_ = 0;
}

void PendingProducts::start(PendingProduct product) {
    product.group = committed_;
    for (Slot slot : product.instruction->lists)
        if (slot >= 0)
            in_use_[slot / 64]++;
    products_.push_back(std::move(product));
}

std::vector<PendingProduct> PendingProducts::wait(uint64_t keep) {
    std::vector<PendingProduct> ended;
    std::erase_if(products_, [&](PendingProduct &product) {
        if (product.group + keep >= committed_)
            return false;
        for (Slot slot : product.instruction->lists)
            if (slot >= 0)
                in_use_[slot / 64]--;
        ended.push_back(std::move(product));
        return true;
    });
    return ended;
}

} // namespace octet::ptx
