// What writer and reader of a network's .octet file agree on beyond its schema (network.fbs): the
// version, and the packing of constants in few bits.
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace octet::network {

/// The four letters behind the first offset, as the schema has them.
inline constexpr std::string_view file_identifier = "OCTN";

/// Raised whenever network.fbs or the meaning of one of its fields changes.
inline constexpr uint32_t format_version = 1;

/// Bytes that `elements` of `bits` bits take, the last one padded with zeros.
inline size_t packed_bytes(int64_t elements, int bits) {
    return size_t((elements * bits + 7) / 8);
}

/// The elements of a constant as the file has them, by tensor.storage. Throws Error naming the
/// tensor when its elements are not those that the storage can express.
Bytes pack_elements(const Tensor &tensor);

/// The elements as int8 values: the inverse. Shape and storage of `tensor` are set; throws Error
/// when these do not fit together or `packed` has another size than they say.
Bytes unpack_elements(const Tensor &tensor, std::span<const uint8_t> packed);

} // namespace octet::network
