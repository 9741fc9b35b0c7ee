#include "compiler/executor/elf.h"

#include "compiler/support/error.h"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace octet {

namespace {

/// An ELF file's bytes; what lies outside them reads as absent.
class ElfFile {
public:
    explicit ElfFile(const std::filesystem::path &file) {
        std::ifstream stream(file, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(stream), {});
    }

    template <typename T>
    std::optional<T> at(size_t offset) const {
        T value;
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof value)
            return std::nullopt;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }
    bool is_text(size_t offset, const std::string &text) const {
        return offset < bytes_.size() && bytes_.size() - offset > text.size() &&
               std::memcmp(bytes_.data() + offset, text.c_str(), text.size() + 1) == 0;
    }

private:
    std::vector<char> bytes_;
};

std::optional<uint32_t> find_symbol(const ElfFile &elf, const Elf32_Shdr &table,
                                    const Elf32_Shdr &names, const std::string &symbol) {
    for (size_t offset = 0; offset < table.sh_size; offset += sizeof(Elf32_Sym)) {
        const auto entry = elf.at<Elf32_Sym>(table.sh_offset + offset);
        if (entry && entry->st_shndx != SHN_UNDEF &&
            elf.is_text(size_t(names.sh_offset) + entry->st_name, symbol))
            return entry->st_value & ~uint32_t(ELF32_ST_TYPE(entry->st_info) == STT_FUNC);
    }
    return std::nullopt;
}

} // namespace

uint32_t address_of(const std::filesystem::path &file, const std::string &symbol) {
    const ElfFile elf(file);
    const auto header = elf.at<Elf32_Ehdr>(0);
    if (header && std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
        header->e_ident[EI_CLASS] == ELFCLASS32 && header->e_ident[EI_DATA] == ELFDATA2LSB)
        for (size_t i = 0; i < header->e_shnum; ++i) {
            const auto section = [&](size_t index) {
                return elf.at<Elf32_Shdr>(header->e_shoff + index * sizeof(Elf32_Shdr));
            };
            const auto table = section(i);
            if (!table || table->sh_type != SHT_SYMTAB)
                continue;
            if (const auto names = section(table->sh_link))
                if (const auto address = find_symbol(elf, *table, *names, symbol))
                    return *address;
        }
    throw Error("{}: has no symbol {}; leave the symbols in when the target's file links",
                file.string(), symbol);
}

} // namespace octet
