#include "compiler/support/npy.h"
#include "compiler/support/npy_format.h"
#include "compiler/support/pending_file.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace octet {
namespace {

/// Everything before the elements, padded so that they start 64-byte aligned.
std::string header_of(const Array &array) {
    const auto type = std::ranges::find(npy::type_names, array.dtype, &npy::TypeName::dtype);
    std::string text =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type->name,
                    fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
    const size_t prefix = npy::magic.size() + 4; // two bytes of version, two of length
    text.resize((prefix + text.size() + 1 + 63) / 64 * 64 - prefix, ' ');
    text.back() = '\n';
    return std::string(npy::magic) + '\x01' + '\x00' + char(text.size() & 255) +
           char(text.size() >> 8) + text;
}

} // namespace

void write_npy(std::span<const NpyFile> files) {
    std::vector<PendingFile> pending;
    for (const NpyFile &file : files) {
        PendingFile &written = pending.emplace_back(file.path);
        const std::string header = header_of(*file.array);
        written.write(header.data(), header.size());
        written.write(file.array->data.data(), file.array->data.size());
        written.close();
    }
    for (PendingFile &file : pending)
        file.commit();
}

} // namespace octet
