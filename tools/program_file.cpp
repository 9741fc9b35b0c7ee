#include "tools/program_file.h"

#include "compiler/import/octet/network_file.h"
#include "compiler/support/error.h"
#include "runtime/core/verify.h"

#include <fstream>

namespace octet::tools {

bool is_program_file(const std::string &path) {
    // FlatBuffers put the identifier after the four bytes of the root's offset.
    char start[8] = {};
    std::ifstream(path, std::ios::binary).read(start, sizeof start);
    const std::string_view identifier(start + 4, 4);
    return identifier == file::ProgramIdentifier() ||
           (path.ends_with(".octet") && identifier != network::file_identifier);
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
