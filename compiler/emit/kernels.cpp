#include "compiler/emit/kernels.h"

#include "compiler/emit/cache.h"
#include "compiler/emit/generate.h"
#include "compiler/emit/process.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <thread>

namespace octet::emit {

namespace fs = std::filesystem;

namespace {

/// The structs of ELF with addresses of that many bits.
template <int bits>
struct Elf;
template <>
struct Elf<32> {
    using Header = Elf32_Ehdr;
    using Section = Elf32_Shdr;
};
template <>
struct Elf<64> {
    using Header = Elf64_Ehdr;
    using Section = Elf64_Shdr;
};

template <int bits>
uint64_t executable_bytes(const std::vector<char> &bytes) {
    typename Elf<bits>::Header header;
    typename Elf<bits>::Section section;
    if (bytes.size() < sizeof header)
        return 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.e_shoff + uint64_t(header.e_shnum) * sizeof section > bytes.size())
        return 0;
    uint64_t size = 0;
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        std::memcpy(&section, bytes.data() + header.e_shoff + i * sizeof section, sizeof section);
        if (section.sh_flags & SHF_EXECINSTR)
            size += section.sh_size;
    }
    return size;
}

/// Bytes of executable sections in an ELF object; 0 for what is not one.
uint64_t code_size(const fs::path &object) {
    std::ifstream stream(object, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    if (bytes.size() < EI_NIDENT || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
        return 0;
    return bytes[EI_CLASS] == ELFCLASS32 ? executable_bytes<32>(bytes)
                                         : executable_bytes<64>(bytes);
}

constexpr auto besides = {source_of, instructions_of, ptx_of, resources_of};

/// The lines of a file that need not exist.
std::vector<std::string> read_lines(const fs::path &file) {
    std::vector<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

Objects compile_kernels(const lower::Program &program, const CompileOptions &options,
                        const fs::path &cache) {
    const fs::path folder = cache / "objects";
    const std::string key = generation_key(options.target);
    Objects result;
    std::vector<Job> jobs;
    for (const lower::Kernel &kernel : program.kernels) {
        const fs::path object =
            folder / (content_name(key + "|" + kernel.symbol + "|" + kernel.spec) + ".o");
        result.files.push_back(object);
        if (fs::exists(object)) {
            ++result.cache_hits;
            continue;
        }
        const fs::path temporary = temporary_for(object);
        jobs.push_back({kernel.symbol,
                        [&kernel, &options, object, temporary] {
                            generate_object(kernel, options.target, temporary);
                            for (const auto &beside : besides)
                                if (fs::exists(beside(temporary)))
                                    commit_file(beside(temporary), beside(object));
                            commit_file(temporary, object);
                        },
                        [temporary] {
                            std::error_code ignored;
                            fs::remove(temporary, ignored);
                            for (const auto &beside : besides)
                                fs::remove(beside(temporary), ignored);
                        }});
    }
    const size_t total = program.kernels.size();
    size_t finished = result.cache_hits;
    const int cores = int(std::max(1u, std::thread::hardware_concurrency()));
    run_jobs(jobs, options.jobs > 0 ? options.jobs : cores, options.kernel_seconds,
             [&](size_t job) {
                 ++finished;
                 if (options.progress)
                     options.progress(finished, total, jobs[job].name);
             });
    for (const fs::path &object : result.files)
        result.code_bytes.push_back(code_size(object));
    for (const fs::path &object : result.files)
        result.instructions.push_back(read_lines(instructions_of(object)));
    for (const fs::path &object : result.files) {
        const fs::path file = resources_of(object);
        result.resources.push_back(fs::exists(file) ? resources_from_text(read_text_file(file))
                                                    : std::vector<CardResources>());
    }
    return result;
}

} // namespace octet::emit
