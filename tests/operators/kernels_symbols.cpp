#include "tests/operators/kernels_symbols.h"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace octet::test {

namespace {

/// The structure at `offset` of the file.
template <typename T>
T read(const std::vector<char> &file, uint64_t offset) {
    if (offset > file.size() || file.size() - offset < sizeof(T))
        throw std::runtime_error("the object file is cut short");
    T value;
    std::memcpy(&value, file.data() + offset, sizeof(T));
    return value;
}

} // namespace

std::vector<std::string> undefined_symbols(const std::filesystem::path &object) {
    std::ifstream stream(object, std::ios::binary);
    const std::vector<char> file{std::istreambuf_iterator<char>(stream), {}};
    const auto header = read<Elf64_Ehdr>(file, 0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
        throw std::runtime_error(object.string() + " is not a 64-bit ELF object");
    const auto section = [&](uint64_t index) {
        return read<Elf64_Shdr>(file, header.e_shoff + index * sizeof(Elf64_Shdr));
    };
    std::vector<std::string> names;
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr symbols = section(i);
        if (symbols.sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Shdr strings = section(symbols.sh_link);
        for (uint64_t at = sizeof(Elf64_Sym); at < symbols.sh_size; at += sizeof(Elf64_Sym)) {
            const auto symbol = read<Elf64_Sym>(file, symbols.sh_offset + at);
            if (symbol.st_shndx == SHN_UNDEF)
                names.emplace_back(file.data() + strings.sh_offset + symbol.st_name);
        }
    }
    return names;
}

} // namespace octet::test
