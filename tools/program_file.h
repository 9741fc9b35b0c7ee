// A compiled .octet file opened for looking at: mapped and checked by the runtime's own verifier.
//
// Two kinds of files have that extension, told apart by their letters: compiled programs, which the
// runtime reads, and networks, which importers read.
#pragma once

#include "runtime/hosted/mapping.h"
#include "runtime/octet_file_generated.h"

#include <string>

namespace octet::tools {

/// True when the file's identifier says that it is a compiled program, whatever its name, or when
/// its name ends in .octet and no identifier says that it is a network.
bool is_program_file(const std::string &path);

class ProgramFile {
public:
    /// Throws Error with the verifier's line when the file is damaged.
    explicit ProgramFile(const std::string &path);
    ~ProgramFile();
    ProgramFile(const ProgramFile &) = delete;
    ProgramFile &operator=(const ProgramFile &) = delete;

    const file::Program &program() const { return *program_; }
    size_t bytes() const { return mapping_.size; }

private:
    runtime::Mapping mapping_;
    const file::Program *program_ = nullptr;
};

} // namespace octet::tools
