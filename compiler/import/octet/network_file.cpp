#include "compiler/import/octet/network_file.h"

#include "compiler/support/error.h"

#include <optional>

namespace octet::network {

namespace {

void check_storage(const Tensor &tensor) {
    const WeightStorage &s = tensor.storage;
    if (tensor.dtype != DType::s8)
        throw Error("tensor '{}': it is {} and stored in {} bits; only int8 can be", tensor.name,
                    name_of(tensor.dtype), s.bits);
    if (s.bits < 1 || s.bits > 8)
        throw Error("tensor '{}': it is stored in {} bits; use 1 to 8", tensor.name, s.bits);
    if (s.codebooks.empty())
        return;
    const int count = s.codebook_count();
    if (s.codebooks.size() != size_t(count) << s.bits)
        throw Error("tensor '{}': its codebooks have {} values; they must be a multiple of {}",
                    tensor.name, s.codebooks.size(), 1 << s.bits);
    if (s.axis < 0 || size_t(s.axis) >= tensor.shape.size() ||
        tensor.shape[size_t(s.axis)] % count != 0)
        throw Error("tensor '{}': {} codebooks along axis {} of {}; each must serve as many "
                    "indices as all others",
                    tensor.name, count, s.axis, to_string(tensor.shape));
}

/// The codebook of each element, as the elements lie.
class Codebooks {
public:
    explicit Codebooks(const Tensor &tensor) : storage_(tensor.storage) {
        extent_ = tensor.shape[size_t(storage_.axis)];
        for (size_t axis = size_t(storage_.axis) + 1; axis < tensor.shape.size(); axis++)
            inner_ *= tensor.shape[axis];
    }
    const int8_t *of(int64_t element) const {
        const int64_t index = element / inner_ % extent_;
        const int64_t book = index * storage_.codebook_count() / extent_;
        return storage_.codebooks.data() + (book << storage_.bits);
    }

private:
    const WeightStorage &storage_;
    int64_t extent_, inner_ = 1;
};

uint32_t code_of(const Tensor &tensor, const int8_t *codebook, int8_t value) {
    const int bits = tensor.storage.bits;
    if (codebook) {
        for (uint32_t i = 0; i < 1u << bits; i++)
            if (codebook[i] == value)
                return i;
        throw Error("tensor '{}': the value {} is in none of its codebook's {} entries; store it "
                    "with the codebook that it was made with",
                    tensor.name, value, 1 << bits);
    }
    if (value < -(1 << (bits - 1)) || value >= 1 << (bits - 1))
        throw Error("tensor '{}': the value {} does not fit into {} bits; store it in more",
                    tensor.name, value, bits);
    return uint32_t(value) & ((1u << bits) - 1);
}

int8_t value_of(int bits, const int8_t *codebook, uint32_t code) {
    if (codebook)
        return codebook[code];
    const uint32_t sign = 1u << (bits - 1);
    return int8_t(int(code ^ sign) - int(sign));
}

} // namespace

Bytes pack_elements(const Tensor &tensor) {
    if (tensor.storage.plain())
        return *tensor.data;
    check_storage(tensor);
    const int bits = tensor.storage.bits;
    std::optional<Codebooks> books;
    if (!tensor.storage.codebooks.empty())
        books.emplace(tensor);
    const auto values = tensor.values<int8_t>();
    Bytes packed(packed_bytes(tensor.elements(), bits));
    for (size_t i = 0; i < values.size(); i++) {
        const uint32_t code = code_of(tensor, books ? books->of(int64_t(i)) : nullptr, values[i]);
        const size_t bit = i * size_t(bits);
        const uint32_t word = code << bit % 8;
        packed[bit / 8] |= uint8_t(word);
        if (word >> 8)
            packed[bit / 8 + 1] |= uint8_t(word >> 8);
    }
    return packed;
}

Bytes unpack_elements(const Tensor &tensor, std::span<const uint8_t> packed) {
    if (tensor.storage.plain())
        return {packed.begin(), packed.end()};
    check_storage(tensor);
    const int bits = tensor.storage.bits;
    if (packed.size() != packed_bytes(tensor.elements(), bits))
        throw Error("tensor '{}': it holds {} bytes; {} elements of {} bits need {}", tensor.name,
                    packed.size(), tensor.elements(), bits, packed_bytes(tensor.elements(), bits));
    std::optional<Codebooks> books;
    if (!tensor.storage.codebooks.empty())
        books.emplace(tensor);
    Bytes values(size_t(tensor.elements()));
    for (size_t i = 0; i < values.size(); i++) {
        const size_t bit = i * size_t(bits);
        uint32_t word = packed[bit / 8];
        if (bit / 8 + 1 < packed.size())
            word |= uint32_t(packed[bit / 8 + 1]) << 8;
        const uint32_t code = word >> bit % 8 & ((1u << bits) - 1);
        values[i] = uint8_t(value_of(bits, books ? books->of(int64_t(i)) : nullptr, code));
    }
    return values;
}

} // namespace octet::network
