#include "runtime/bare_metal/check.h"

#include "octet/bare_metal.h"
#include "runtime/bare_metal/checksum.h"
#include "runtime/bare_metal/image.h"
#include "runtime/file.h"

namespace octet::bare_metal {
namespace {

/// The image's extent, and whether what lies at a place is inside it. Places are offsets from the
/// image's start: they cannot wrap around as addresses do.
class Extent {
public:
    Extent(const uint8_t *image, size_t bytes) : image_(image), bytes_(uint32_t(bytes)) {}

    /// `count` elements of `size` bytes (a power of two or a multiple of 8) at `place`, aligned.
    bool holds(uint32_t place, uint32_t count, uint32_t size) const {
        return place <= bytes_ && (place & ((size < 8 ? size : 8) - 1)) == 0 &&
               uint64_t(count) * size <= bytes_ - place;
    }

    /// A table whose vtable and fields lie inside; fields are at most 8 bytes wide and the table's
    /// size is what its vtable says.
    bool holds_table(uint32_t place) const {
        if (place == 0 || !holds(place, 1, 4))
            return false;
        const uint32_t vtable = place - at<uint32_t>(image_ + place);
        if (!holds(vtable, 2, 2))
            return false;
        const uint32_t vtable_bytes = at<uint16_t>(image_ + vtable);
        const uint32_t table_bytes = at<uint16_t>(image_ + vtable + 2);
        return vtable_bytes >= 4 && vtable_bytes % 2 == 0 && holds(vtable, vtable_bytes / 2, 2) &&
               holds(place, table_bytes, 1);
    }

    /// A number of `size` bytes of a table that is held: absent or inside.
    bool holds_number(const uint8_t *table, uint32_t field, uint32_t size) const {
        const uint8_t *found = find(table, field);
        return found == nullptr || holds(place_of(found), 1, size);
    }

    /// A vector of a table that is held: there, and all `size`-byte elements of it inside.
    bool holds_vector(const uint8_t *table, uint32_t field, uint32_t size) const {
        const uint8_t *found = find(table, field);
        return found != nullptr && holds(place_of(found), 1, 4) &&
               holds_vector_at(target_of(found), size);
    }

    /// The same for a vector of tables, all of which must be held.
    bool holds_tables(const uint8_t *table, uint32_t field) const {
        if (!holds_vector(table, field, 4))
            return false;
        const uint8_t *tables = vector(table, field);
        for (uint32_t i = 0; i < count(tables); ++i)
            if (!holds_table(target_of(elements(tables) + 4 * size_t(i))))
                return false;
        return true;
    }

    /// A vector of bytes with a zero behind it.
    bool holds_string(const uint8_t *table, uint32_t field) const {
        if (!holds_vector(table, field, 1))
            return false;
        const uint8_t *text = vector(table, field);
        const uint32_t end = place_of(elements(text)) + count(text);
        return holds(end, 1, 1) && image_[end] == 0;
    }

    uint32_t place_of(const uint8_t *address) const { return uint32_t(address - image_); }

private:
    bool holds_vector_at(uint32_t place, uint32_t size) const {
        // The elements of the schema's struct are aligned to 8, the count before them only to 4.
        return place != 0 && holds(place, 1, 4) &&
               holds(place + 4, at<uint32_t>(image_ + place), size);
    }

    /// Where the distance at `found` leads; 0, which is no table, when it leaves 32 bits.
    uint32_t target_of(const uint8_t *found) const {
        const uint32_t place = place_of(found);
        const uint32_t distance = at<uint32_t>(found);
        return distance < bytes_ - place ? place + distance : 0;
    }

    const uint8_t *image_;
    uint32_t bytes_;
};

/// Bytes of the dense array that a tensor describes; 0 when its type or shape is impossible.
uint32_t dense_bytes(const uint8_t *tensor) {
    const uint8_t *shape = vector(tensor, TensorField::shape);
    uint32_t bytes = element_bytes(number<uint8_t>(tensor, TensorField::dtype));
    if (count(shape) > file::max_rank)
        return 0;
    for (uint32_t i = 0; i < count(shape); ++i) {
        const auto extent = at<int32_t>(elements(shape) + 4 * size_t(i));
        if (extent <= 0 || __builtin_mul_overflow(bytes, uint32_t(extent), &bytes))
            return 0;
    }
    return bytes <= uint32_t(INT32_MAX) ? bytes : 0;
}

bool check_tensors(const Extent &extent, const uint8_t *program, uint32_t field) {
    if (!extent.holds_tables(program, field))
        return false;
    const uint8_t *tensors = vector(program, field);
    for (uint32_t i = 0; i < count(tensors); ++i) {
        const uint8_t *tensor = table(tensors, i);
        if (!extent.holds_string(tensor, TensorField::name) ||
            !extent.holds_vector(tensor, TensorField::shape, 4) ||
            !extent.holds_number(tensor, TensorField::dtype, 1) ||
            !extent.holds_number(tensor, TensorField::scale, 4) ||
            !extent.holds_number(tensor, TensorField::zero_point, 4) || dense_bytes(tensor) == 0)
            return false;
    }
    return true;
}

bool check_arenas(const uint8_t *program) {
    const uint8_t *arenas = vector(program, ProgramField::arenas);
    if (count(arenas) > OCTET_BARE_MAX_ARENAS)
        return false;
    const auto *arena = &at<Arena>(elements(arenas));
    for (uint32_t i = 0; i < count(arenas); ++i)
        if (arena[i].bytes_high != 0 || arena[i].bytes > uint32_t(INT32_MAX))
            return false;
    return true;
}

constexpr uint32_t no_memory = UINT32_MAX; // no memory of a 32-bit chip is that large

/// Bytes of the memory that `argument` lies in, or no_memory.
uint32_t memory_bytes(const uint8_t *program, const Argument &argument) {
    if (argument.region == Region::input || argument.region == Region::output) {
        const bool is_input = argument.region == Region::input;
        const uint8_t *tensors =
            vector(program, is_input ? ProgramField::inputs : ProgramField::outputs);
        return argument.index < count(tensors) ? dense_bytes(table(tensors, argument.index))
                                               : no_memory;
    }
    if (argument.region == Region::arena)
        return argument.index < count(vector(program, ProgramField::arenas))
                   ? arena_bytes(program, argument.index)
                   : no_memory;
    const bool is_weights = argument.region == Region::weights && argument.index == 0;
    return is_weights ? count(vector(program, ProgramField::weights)) : no_memory;
}

bool check_argument(const uint8_t *program, const Argument &argument) {
    const uint32_t bytes = memory_bytes(program, argument);
    const bool planned = argument.region == Region::arena || argument.region == Region::weights;
    return bytes != no_memory && (argument.offset_high | argument.bytes_high) == 0 &&
           argument.offset <= bytes && argument.bytes <= bytes - argument.offset &&
           !(planned && argument.offset % OCTET_BARE_ALIGNMENT != 0);
}

/// An argument against what its kernel says of it.
bool fits(const Argument &argument, const octet_parameter &parameter) {
    const bool writable = argument.region == Region::arena || argument.region == Region::output;
    return argument.bytes >= parameter.bytes && (writable || parameter.written == 0);
}

bool check_call(const Extent &extent, const uint8_t *program, const uint8_t *call,
                const octet_library &library) {
    if (!extent.holds_number(call, CallField::kernel, 4) ||
        !extent.holds_vector(call, CallField::arguments, sizeof(Argument)))
        return false;
    const auto kernel = number<uint32_t>(call, CallField::kernel);
    const uint8_t *arguments = vector(call, CallField::arguments);
    if (kernel >= library.kernel_count || count(arguments) > OCTET_BARE_MAX_ARGUMENTS)
        return false;
    const octet_signature *signature =
        library.signatures == nullptr ? nullptr : &library.signatures[kernel];
    if (signature != nullptr && signature->parameter_count != count(arguments))
        return false;
    const auto *argument = &at<Argument>(elements(arguments));
    for (uint32_t i = 0; i < count(arguments); ++i)
        if (!check_argument(program, argument[i]) ||
            (signature != nullptr && !fits(argument[i], signature->parameters[i])))
            return false;
    return true;
}

bool equal(const char *a, const char *b) {
    while (*a != '\0' && *a == *b)
        ++a, ++b;
    return *a == *b;
}

} // namespace

octet_status find_program(const uint8_t *image, size_t image_bytes, const uint8_t *&program) {
    constexpr uint32_t identifier = 'O' | 'C' << 8 | 'T' << 16 | 'T' << 24;
    if (image_bytes < 8 || image_bytes > file::max_bytes || image_bytes % 8 != 0 ||
        at<uint32_t>(image + 4) != identifier)
        return OCTET_ERROR_FORMAT;
    const Extent extent(image, image_bytes);
    const auto root = at<uint32_t>(image);
    if (!extent.holds_table(root))
        return OCTET_ERROR_FORMAT;
    program = image + root;
    if (!extent.holds_number(program, ProgramField::format, 4))
        return OCTET_ERROR_FORMAT;
    if (number<uint32_t>(program, ProgramField::format) != file::format_version)
        return OCTET_ERROR_VERSION;
    const bool whole = extent.holds_vector(program, ProgramField::arenas, sizeof(Arena)) &&
                       extent.holds_number(program, ProgramField::checksum, 8) &&
                       find(program, ProgramField::checksum) != nullptr;
    return whole ? OCTET_OK : OCTET_ERROR_FORMAT;
}

octet_status check_sum(const uint8_t *image, size_t image_bytes, const uint8_t *program) {
    const uint8_t *field = find(program, ProgramField::checksum);
    const uint64_t sum = checksum(image, image_bytes, size_t(field - image));
    return sum == at<uint64_t>(field) ? OCTET_OK : OCTET_ERROR_CHECKSUM;
}

octet_status check_library(const uint8_t *image, size_t image_bytes, const uint8_t *program,
                           const octet_library &library) {
    const Extent extent(image, image_bytes);
    if (!extent.holds_string(program, ProgramField::target) ||
        !extent.holds_number(program, ProgramField::fingerprint, 8) ||
        !extent.holds_vector(program, ProgramField::kernels, 4))
        return OCTET_ERROR_FORMAT;
    const uint8_t *target = elements(vector(program, ProgramField::target));
    if (!equal(reinterpret_cast<const char *>(target), library.target))
        return OCTET_ERROR_TARGET;
    if (number<uint64_t>(program, ProgramField::fingerprint) != library.fingerprint ||
        count(vector(program, ProgramField::kernels)) != library.kernel_count)
        return OCTET_ERROR_MISMATCH;
    for (uint32_t i = 0; i < library.kernel_count; ++i)
        if (library.kernels[i] == nullptr)
            return OCTET_ERROR_ARGUMENT;
    return OCTET_OK;
}

octet_status check_program(const uint8_t *image, size_t image_bytes, const uint8_t *program,
                           const octet_library &library) {
    const Extent extent(image, image_bytes);
    if (!check_arenas(program) || !check_tensors(extent, program, ProgramField::inputs) ||
        !check_tensors(extent, program, ProgramField::outputs) ||
        !extent.holds_vector(program, ProgramField::weights, 1) ||
        !extent.holds_tables(program, ProgramField::calls))
        return OCTET_ERROR_PROGRAM;
    const uint8_t *weights = vector(program, ProgramField::weights);
    if (count(weights) != 0 && extent.place_of(elements(weights)) % OCTET_BARE_ALIGNMENT != 0)
        return OCTET_ERROR_PROGRAM;
    const uint8_t *calls = vector(program, ProgramField::calls);
    for (uint32_t i = 0; i < count(calls); ++i)
        if (!check_call(extent, program, table(calls, i), library))
            return OCTET_ERROR_PROGRAM;
    return OCTET_OK;
}

} // namespace octet::bare_metal
