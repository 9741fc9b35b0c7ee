#include "tests/support/stored_weights.h"

#include <algorithm>
#include <random>

namespace octet::test {

void store_in(Tensor &tensor, int bits, int codebooks, uint32_t seed) {
    std::mt19937 random(seed);
    tensor.storage = {bits, {}, 0};
    for (int i = 0; i < codebooks << bits; i++)
        tensor.storage.codebooks.push_back(int8_t(random()));
    Bytes values = *tensor.data;
    const int lowest = -(1 << (bits - 1));
    for (size_t i = 0; i < values.size(); i++) {
        if (codebooks == 0) {
            values[i] = uint8_t(std::clamp(int(int8_t(values[i])), lowest, -lowest - 1));
            continue;
        }
        const size_t book = i * size_t(codebooks) / values.size(); // of axis 0
        values[i] = uint8_t(tensor.storage.codebooks[(book << bits) + random() % (1u << bits)]);
    }
    tensor.data = std::make_shared<const Bytes>(std::move(values));
}

} // namespace octet::test
