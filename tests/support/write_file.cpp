#include "tests/support/write_file.h"

#include "compiler/support/error.h"

#include <fstream>

namespace octet::test {

void write_file(const std::filesystem::path &path, const Bytes &bytes) {
    std::ofstream stream(path, std::ios::binary);
    stream.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    if (!stream.flush())
        throw Error("{}: could not be written; free some space or choose another folder",
                    path.string());
}

} // namespace octet::test
