// Small networks whose weights are stored in few bits or in codebooks.
#pragma once

#include "tests/operators/kernels_cases.h"

namespace octet::test {

/// How one layer's weights are stored.
struct StorageCase {
    std::string name;
    int bits;
    int codebooks; ///< 0: values, 1: for the whole tensor, -1: one for each channel, else so many
};

/// Values of 1 to 7 bits; codebooks of 2 to 64 entries for a tensor, a channel or a group.
std::vector<StorageCase> storage_cases();

/// Layers of many shapes, one network with all of them for every storage.
std::vector<CaseGroup> decoded_cases();

/// One layer whose weights are many, and have no gaps in any layout; stored so.
Graph large_convolution(const StorageCase &storage);

} // namespace octet::test
