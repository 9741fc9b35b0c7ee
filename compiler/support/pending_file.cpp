#include "compiler/support/pending_file.h"

#include "compiler/support/error.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace octet {

namespace fs = std::filesystem;

PendingFile::PendingFile(const fs::path &path) {
    std::error_code ignored;
    final_ = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
    in_place_ = fs::exists(final_, ignored) && !fs::is_regular_file(final_, ignored);
    written_ = in_place_ ? final_ : fs::path(fmt::format("{}.{}.part", final_.string(), getpid()));
    errno = 0;
    stream_.open(written_, std::ios::binary);
    if (!stream_)
        fail(std::strerror(errno));
}

PendingFile::PendingFile(PendingFile &&other) noexcept
    : final_(std::move(other.final_)), written_(std::exchange(other.written_, {})),
      stream_(std::move(other.stream_)), in_place_(other.in_place_) {}

PendingFile::~PendingFile() {
    std::error_code ignored;
    if (!in_place_ && !written_.empty())
        fs::remove(written_, ignored);
}

void PendingFile::write(const void *data, size_t bytes) {
    errno = 0;
    if (stream_ && !stream_.write(static_cast<const char *>(data), std::streamsize(bytes)))
        error_ = errno;
}

void PendingFile::close() {
    if (!stream_.is_open())
        return;
    const bool sound = bool(stream_);
    errno = 0;
    stream_.close();
    if (!stream_)
        fail(std::strerror(sound ? errno : error_));
}

void PendingFile::commit() {
    close();
    std::error_code error;
    if (!in_place_)
        fs::rename(written_, final_, error);
    if (error)
        fail(error.message());
    written_.clear();
}

void PendingFile::fail(const std::string &reason) const {
    throw Error("{}: cannot be written ({}); choose another place", final_.string(), reason);
}

void write_text_file(const fs::path &path, std::string_view text) {
    PendingFile file(path);
    file.write(text.data(), text.size());
    file.commit();
}

std::string read_text_file(const std::filesystem::path &path) {
    std::ifstream stream(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream)
        throw Error("{}: cannot be read; check that it exists", path.string());
    return text;
}

} // namespace octet
