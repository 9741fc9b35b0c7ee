#include "runtime/hosted/mapping.h"

#include "runtime/core/message.h"
#include "runtime/file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace octet::runtime {
namespace {

octet_status failed(const char *name, const char *what) {
    return fail(OCTET_ERROR_IO, name, ": cannot ", what, ": ", std::strerror(errno),
                "; check the path and its permissions");
}

} // namespace

octet_status Mapping::open(const char *path, const char *name) {
    // Not blocking, so that a named pipe is refused below instead of waited for.
    const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return failed(name, "open");
    struct stat about;
    octet_status status = OCTET_OK;
    if (fstat(descriptor, &about) != 0)
        status = failed(name, "look at the file");
    else if (!S_ISREG(about.st_mode))
        status = fail(OCTET_ERROR_IO, name, ": this is not a regular file; pass a model file");
    else if (about.st_size <= 0 || uint64_t(about.st_size) > file::max_bytes)
        status = fail(OCTET_ERROR_FORMAT, name, ": ", about.st_size,
                      " bytes cannot be a model file; compile the model again");
    if (status == OCTET_OK) {
        size = size_t(about.st_size);
        data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (data == MAP_FAILED) {
            data = nullptr;
            status = failed(name, "map");
        }
    }
    ::close(descriptor);
    return status;
}

void Mapping::close() {
    if (data != nullptr)
        munmap(data, size);
    data = nullptr;
}

} // namespace octet::runtime
