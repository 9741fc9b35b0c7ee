// A file that appears complete or not at all.
//
// It is written under a temporary name beside its own and renamed when it is whole; a failure or a
// kill in between leaves what was there before. Several files that belong together are all closed
// before the first is committed, so that a full disk leaves none of them.
#pragma once

#include <filesystem>
#include <fstream>

namespace octet {

class PendingFile {
public:
    /// Opens the temporary file. What exists and is not a regular file (a pipe, /dev/null) is
    /// written in place; of a symbolic link the target is replaced. Throws Error.
    explicit PendingFile(const std::filesystem::path &path);
    PendingFile(PendingFile &&other) noexcept;
    /// Removes the temporary file unless it was committed.
    ~PendingFile();

    /// Takes bytes in order; errors show at close().
    void write(const void *data, size_t bytes);
    /// All bytes are with the file system. Throws Error naming the file and the reason.
    void close();
    /// Closes, and gives the file its name. Throws Error.
    void commit();

private:
    [[noreturn]] void fail(const std::string &reason) const;

    std::filesystem::path final_, written_;
    std::ofstream stream_;
    bool in_place_ = false;
    int error_ = 0; ///< of the write that failed first
};

/// Writes one whole file of text.
void write_text_file(const std::filesystem::path &path, std::string_view text);

/// The whole contents of a file. Throws Error naming it.
std::string read_text_file(const std::filesystem::path &path);

} // namespace octet
