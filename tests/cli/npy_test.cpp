// Array files: what numpy writes is read, what is written comes back, and files
// that lie about themselves are refused.
#include "compiler/support/error.h"
#include "compiler/support/npy.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace octet;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / fmt::format("octet-npy-{}", getpid());
    Folder() { fs::create_directory(path); }
    ~Folder() { fs::remove_all(path); }
    size_t files() const {
        return size_t(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }
};

/// A version 1 file with that dictionary and so many bytes of data.
std::string image(const std::string &dictionary, size_t bytes, char version = 1) {
    std::string file("\x93NUMPY", 6);
    file += {version, 0, char(dictionary.size() & 255), char(dictionary.size() >> 8)};
    if (version > 1)
        file += std::string(2, '\0');
    return file + dictionary + std::string(bytes, '\x05');
}

std::string dictionary(const std::string &descr, const std::string &shape,
                       const std::string &order = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

Array read_image(const std::string &content) {
    const Folder folder;
    std::ofstream(folder.path / "a.npy", std::ios::binary) << content;
    return read_npy(folder.path / "a.npy");
}

} // namespace

TEST_CASE("Types and shapes as numpy writes them", "[npy]") {
    CHECK(read_image(image(dictionary("<f4", "(2, 3)"), 24)).shape == Shape{2, 3});
    CHECK(read_image(image(dictionary("<f4", "(2, 3)"), 24)).dtype == DType::f32);
    CHECK(read_image(image(dictionary("|i1", "(5,)"), 5)).dtype == DType::s8);
    CHECK(read_image(image(dictionary("|u1", "()"), 1)).shape.empty());
    CHECK(read_image(image(dictionary("<i8", "(1,)", "True"), 8)).dtype == DType::s64);
    CHECK(read_image(image(dictionary("|b1", "(0, 7)"), 0)).data.empty());
    CHECK(read_image(image(dictionary("<i2", "(1, 1)"), 2, 2)).dtype == DType::s16);
    // Keys in any order and a header longer than 128 bytes.
    const std::string reordered =
        "{'shape': (2,), 'fortran_order': False, 'descr': '<i4'}" + std::string(150, ' ') + "\n";
    CHECK(read_image(image(reordered, 8)).shape == Shape{2});
}

TEST_CASE("What is written is read back", "[npy]") {
    const Folder folder;
    const fs::path path = folder.path / "a.npy";
    for (const Shape &shape : {Shape{}, Shape{3}, Shape{2, 3, 4}}) {
        Array array{DType::s16, shape, Bytes(size_t(element_count(shape)) * 2, 7)};
        const NpyFile file{path, &array};
        write_npy({&file, 1});
        const Array again = read_npy(path);
        CHECK(again.dtype == array.dtype);
        CHECK(again.shape == array.shape);
        CHECK(again.data == array.data);
    }
    CHECK(folder.files() == 1);
}

TEST_CASE("Hostile and unusable files are refused", "[npy]") {
    const auto refuses = [](const std::string &content, const char *reason) {
        CHECK_THROWS_WITH(read_image(content),
                          Catch::Contains("a.npy: ") && Catch::Contains(reason));
    };
    refuses("", "not a .npy file");
    refuses("PK\x03\x04", "not a .npy file");
    refuses(image(dictionary("<f4", "(2, 3)"), 23), "needs 24 bytes but the file holds 23");
    refuses(image(dictionary("<f4", "(2, 3)"), 25), "damaged");
    refuses(image(dictionary("<f8", "(2,)"), 16), "'<f8'; convert it with .astype");
    refuses(image(dictionary(">f4", "(2,)"), 8), "'>f4'");
    refuses(image(dictionary("|O", "(2,)"), 16), "'|O'");
    refuses(image(dictionary("<f4", "(2, 3)", "True"), 24), "Fortran order");
    refuses(image(dictionary("<f4", "(4294967296,)"), 8), "larger than any array");
    refuses(image(dictionary("<f4", "(2000000000, 2000000000, 2000000000)"), 8), "larger than");
    refuses(image(dictionary("<f4", "(99999999999999999999,)"), 8), "header is damaged");
    refuses(image(dictionary("<f4", "(-1,)"), 8), "header is damaged");
    refuses(image(dictionary("<f4", "(2, 3"), 24), "header is damaged");
    refuses(image("{'descr': '<f4'}", 24), "header is damaged");
    refuses(image("", 0), "header is damaged");
    refuses(image(dictionary("<f4", "(1,)"), 4, 9), "header is damaged");
    const std::string whole = image(dictionary("<f4", "(2, 3)"), 24);
    for (size_t length = 0; length < whole.size(); length++)
        CHECK_THROWS_AS(read_image(whole.substr(0, length)), Error);
    CHECK_THROWS_WITH(read_npy("no/such.npy"), Catch::Contains("No such file"));
    CHECK_THROWS_WITH(read_npy("/"), Catch::Contains("is a folder"));
}

TEST_CASE("Several files are written together or not at all", "[npy]") {
    const Folder folder;
    const Array array{DType::s8, {2}, {1, 2}};
    std::vector<NpyFile> files = {{folder.path / "a.npy", &array},
                                  {folder.path / "missing" / "b.npy", &array}};
    CHECK_THROWS_WITH(write_npy(files), Catch::Contains("b.npy: cannot be written"));
    CHECK(folder.files() == 0);
    files[1].path = "/dev/full";
    CHECK_THROWS_WITH(write_npy(files), Catch::Contains("No space left"));
    CHECK(folder.files() == 0);
    files[1].path = "/dev/null";
    write_npy(files);
    CHECK(folder.files() == 1);
    CHECK(fs::is_character_file("/dev/null"));
}
