#include "compiler/import/read_file.h"

#include "compiler/support/error.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace octet {

Bytes read_file(const std::filesystem::path &file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        throw UsageError("{}: no such file; check the path", file.string());
    if (!std::filesystem::is_regular_file(file, error))
        throw UsageError("{}: this is not a file; give a model file", file.string());
    const uintmax_t size = std::filesystem::file_size(file, error);
    if (error)
        throw UsageError("{}: {}; check the path", file.string(), error.message());
    if (size >= uintmax_t(1) << 31)
        throw UsageError("{}: the file has {} bytes; models must be below 2 GiB", file.string(),
                         size);
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw UsageError("{}: {}; check its permissions", file.string(), std::strerror(errno));
    Bytes bytes(size);
    if (!stream.read(reinterpret_cast<char *>(bytes.data()), std::streamsize(size)))
        throw UsageError("{}: it could not be read to its end; copy it again", file.string());
    return bytes;
}

} // namespace octet
