#include "tools/program_file.h"

#include "compiler/support/error.h"
#include "runtime/core/verify.h"

#include <fstream>

namespace octet::tools {

bool is_program_file(const std::string &path) {
    // FlatBuffers put the identifier after the four bytes of the root's offset.
    char start[8] = {};
    std::ifstream(path, std::ios::binary).read(start, sizeof start);
    return path.ends_with(".octet") || std::string_view(start + 4, 4) == file::ProgramIdentifier();
}

ProgramFile::ProgramFile(const std::string &path) {
    if (mapping_.open(path.c_str(), path.c_str()) != OCTET_OK ||
        runtime::verify_file(mapping_.data, mapping_.size, path.c_str(), &program_) != OCTET_OK) {
        mapping_.close();
        throw Error("{}", octet_last_error());
    }
}

ProgramFile::~ProgramFile() {
    mapping_.close();
}

} // namespace octet::tools
