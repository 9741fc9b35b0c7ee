#include "compiler/emit/kernels.h"

#include "compiler/emit/cache.h"
#include "compiler/emit/generate.h"
#include "compiler/emit/process.h"
#include "compiler/support/error.h"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <thread>

namespace octet::emit {

namespace fs = std::filesystem;

namespace {

/// Bytes of executable sections in a 64-bit ELF object; 0 for what is not one.
uint64_t code_size(const fs::path &object) {
    std::ifstream stream(object, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    Elf64_Ehdr header;
    if (bytes.size() < sizeof header)
        return 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_shoff + uint64_t(header.e_shnum) * sizeof(Elf64_Shdr) > bytes.size())
        return 0;
    uint64_t size = 0;
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        Elf64_Shdr section;
        std::memcpy(&section, bytes.data() + header.e_shoff + i * sizeof section, sizeof section);
        if (section.sh_flags & SHF_EXECINSTR)
            size += section.sh_size;
    }
    return size;
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
                            commit_file(temporary, object);
                        },
                        [temporary] {
                            std::error_code ignored;
                            fs::remove(temporary, ignored);
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
    return result;
}

} // namespace octet::emit
