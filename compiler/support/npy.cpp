#include "compiler/support/npy.h"

#include "compiler/support/error.h"
#include "compiler/support/npy_format.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

namespace octet {
namespace {

namespace fs = std::filesystem;

struct Header {
    std::string descr;
    bool fortran_order = false;
    std::vector<int64_t> shape;
};

/// The header's dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, keys in
/// any order. Each read_* consumes what it names or answers false.
class HeaderParser {
public:
    explicit HeaderParser(std::string_view text) : rest_(text) {}

    std::optional<Header> parse() {
        Header header;
        bool descr = false, order = false, shape = false;
        if (!read('{'))
            return std::nullopt;
        while (!read('}')) {
            std::string key;
            if (!read_string(key) || !read(':'))
                return std::nullopt;
            bool known = false;
            if (key == "descr")
                known = descr = read_string(header.descr);
            else if (key == "fortran_order")
                known = order = read_bool(header.fortran_order);
            else if (key == "shape")
                known = shape = read_tuple(header.shape);
            if (!known || (!read(',') && !peek('}')))
                return std::nullopt;
        }
        return descr && order && shape ? std::optional(header) : std::nullopt;
    }

private:
    void skip_spaces() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
    }
    bool peek(char c) {
        skip_spaces();
        return rest_.starts_with(c);
    }
    bool read(char c) {
        const bool found = peek(c);
        rest_.remove_prefix(found);
        return found;
    }
    bool read_word(std::string_view word) {
        skip_spaces();
        const bool found = rest_.starts_with(word);
        rest_.remove_prefix(found ? word.size() : 0);
        return found;
    }
    bool read_string(std::string &value) {
        const char quote = peek('"') ? '"' : '\'';
        if (!read(quote))
            return false;
        const size_t end = rest_.find(quote);
        if (end == rest_.npos)
            return false;
        value = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return true;
    }
    bool read_bool(bool &value) {
        value = read_word("True");
        return value || read_word("False");
    }
    bool read_tuple(std::vector<int64_t> &values) {
        if (!read('('))
            return false;
        while (!read(')')) {
            int64_t value = 0;
            skip_spaces();
            const auto [end, error] =
                std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
            if (error != std::errc() || value < 0)
                return false;
            rest_.remove_prefix(size_t(end - rest_.data()));
            values.push_back(value);
            if (!read(',') && !peek(')'))
                return false;
        }
        return true;
    }

    std::string_view rest_;
};

/// Where the header's text lies: version 1 has a 16-bit length, versions 2 and 3 a 32-bit one.
std::string_view header_text(std::string_view start) {
    const int version = start.size() > 6 ? start[6] : 0;
    const size_t length_bytes = version == 1 ? 2 : 4;
    const size_t begin = npy::magic.size() + 2 + length_bytes;
    if (!start.starts_with(npy::magic) || version < 1 || version > 3 || start.size() < begin)
        return {};
    size_t length = 0;
    for (size_t i = 0; i < length_bytes; i++)
        length |= size_t(uint8_t(start[npy::magic.size() + 2 + i])) << (8 * i);
    return start.size() - begin < length ? std::string_view() : start.substr(begin, length);
}

DType dtype_of(const fs::path &file, const std::string &descr) {
    for (const npy::TypeName &type : npy::type_names) {
        // One-byte types have no byte order; "=" and "<" name the same on the machines we run on.
        if (descr.size() == 3 && descr.substr(1) == type.name.substr(1) &&
            (type.name[0] == '|' || descr[0] == '<' || descr[0] == '='))
            return type.dtype;
    }
    throw Error("{}: holds elements of numpy type '{}'; convert it with .astype to float32, int8, "
                "uint8, int16, int32, int64 or bool",
                file.string(), descr);
}

std::string read_file(const fs::path &file) {
    std::error_code error;
    if (fs::is_directory(file, error))
        throw Error("{}: is a folder, not an array; give a .npy file", file.string());
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw Error("{}: cannot be opened ({}); check the path", file.string(),
                    std::strerror(errno));
    std::string content;
    content.resize(fs::is_regular_file(file, error) ? fs::file_size(file) : 0);
    stream.read(content.data(), std::streamsize(content.size()));
    if (content.empty())
        content.assign(std::istreambuf_iterator<char>(stream), {});
    if (stream.bad() || stream.gcount() < 0)
        throw Error("{}: cannot be read ({}); check the disk", file.string(), std::strerror(errno));
    return content;
}

} // namespace

Array read_npy(const fs::path &file) {
    const std::string content = read_file(file);
    if (!content.starts_with(npy::magic))
        throw Error("{}: is not a .npy file; save the array with numpy.save", file.string());
    const std::string_view text = header_text(content);
    const std::optional<Header> header = HeaderParser(text).parse();
    if (!header)
        throw Error("{}: the .npy header is damaged; save the array again", file.string());

    Array array;
    array.dtype = dtype_of(file, header->descr);
    if (header->fortran_order && header->shape.size() > 1)
        throw Error("{}: is stored in Fortran order; save numpy.ascontiguousarray of it",
                    file.string());
    const std::string_view data =
        std::string_view(content).substr(size_t(text.data() + text.size() - content.data()));
    uint64_t bytes = size_of(array.dtype);
    for (int64_t extent : header->shape) {
        if (extent > std::numeric_limits<int>::max() ||
            (extent > 0 && bytes > std::numeric_limits<uint64_t>::max() / uint64_t(extent)))
            throw Error("{}: the shape ({}) is larger than any array can be; save it again",
                        file.string(), fmt::join(header->shape, ", "));
        bytes *= uint64_t(extent);
        array.shape.push_back(int(extent));
    }
    if (bytes != data.size())
        throw Error("{}: {} needs {} bytes but the file holds {}; it is damaged, save it again",
                    file.string(), to_string(array.shape), bytes, data.size());
    array.data.assign(data.begin(), data.end());
    return array;
}

} // namespace octet
