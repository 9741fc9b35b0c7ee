#include "compiler/support/error.h"
#include "compiler/support/npy.h"
#include "compiler/support/npy_format.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace octet {
namespace {

namespace fs = std::filesystem;

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

/// A file on its way: written under a temporary name, renamed by commit(), removed when it never
/// came to that.
class PendingFile {
public:
    explicit PendingFile(const fs::path &path) {
        std::error_code ignored;
        // A link keeps pointing where it points: its target is replaced.
        final_ = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
        const bool in_place = fs::exists(final_, ignored) && !fs::is_regular_file(final_, ignored);
        written_ =
            in_place ? final_ : fs::path(fmt::format("{}.{}.part", final_.string(), getpid()));
    }
    PendingFile(PendingFile &&other) noexcept
        : final_(std::move(other.final_)), written_(std::exchange(other.written_, {})) {}
    ~PendingFile() {
        std::error_code ignored;
        if (!written_.empty() && written_ != final_)
            fs::remove(written_, ignored);
    }

    void write(const Array &array) const {
        errno = 0;
        std::ofstream stream(written_, std::ios::binary);
        stream << header_of(array);
        stream.write(reinterpret_cast<const char *>(array.data.data()),
                     std::streamsize(array.data.size()));
        stream.close();
        if (!stream)
            fail(std::strerror(errno));
    }

    void commit() const {
        std::error_code error;
        if (written_ != final_)
            fs::rename(written_, final_, error);
        if (error)
            fail(error.message());
    }

private:
    [[noreturn]] void fail(const std::string &reason) const {
        throw Error("{}: cannot be written ({}); choose another place", final_.string(), reason);
    }

    fs::path final_, written_;
};

} // namespace

void write_npy(std::span<const NpyFile> files) {
    std::vector<PendingFile> pending;
    for (const NpyFile &file : files) {
        pending.emplace_back(file.path);
        pending.back().write(*file.array);
    }
    for (const PendingFile &file : pending)
        file.commit();
}

} // namespace octet
