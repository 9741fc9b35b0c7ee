#include "tests/support/stored_weights.h"

#include <algorithm>
#include <random>

namespace octet::test {

void store_in(Tensor &tensor, int bits, int codebooks, uint32_t seed, int axis) {
    std::mt19937 random(seed);
    tensor.storage = {bits, {}, axis};
    for (int i = 0; i < codebooks << bits; i++)
        tensor.storage.codebooks.push_back(int8_t(random()));
    Bytes values = *tensor.data;
    size_t inner = 1; // elements from one index of the axis to the next
    for (size_t d = size_t(axis) + 1; d < tensor.shape.size(); d++)
        inner *= size_t(tensor.shape[d]);
    const size_t extent = size_t(tensor.shape[size_t(axis)]);
    const int lowest = -(1 << (bits - 1));
    for (size_t i = 0; i < values.size(); i++) {
        if (codebooks == 0) {
            values[i] = uint8_t(std::clamp(int(int8_t(values[i])), lowest, -lowest - 1));
            continue;
        }
        const size_t book = i / inner % extent * size_t(codebooks) / extent;
        values[i] = uint8_t(tensor.storage.codebooks[(book << bits) + random() % (1u << bits)]);
    }
    tensor.data = std::make_shared<const Bytes>(std::move(values));
}

} // namespace octet::test
