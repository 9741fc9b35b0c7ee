// Writes what octet compile writes of the model of the tests in an emulator, without its kernels:
//
//     write_firmware TARGET FOLDER
#include "compiler/firmware_project.h"
#include "tests/bare_metal/device_model.h"

#include <cstdio>
#include <exception>
#include <fstream>

namespace fs = std::filesystem;

namespace {

void write(const fs::path &file, const void *data, size_t bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary);
    stream.exceptions(std::ios::failbit | std::ios::badbit);
    stream.write(static_cast<const char *>(data), std::streamsize(bytes));
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 3)
        return std::fputs("usage: write_firmware TARGET FOLDER\n", stderr), 2;
    try {
        const fs::path folder = argv[2];
        const octet::Bytes image = octet::test::device_image();
        write(folder / "device.octet", image.data(), image.size());
        const octet::lower::Program program = octet::test::device_program();
        for (const octet::ProjectFile &file :
             octet::firmware_project(program, octet::find_target(argv[1])))
            write(folder / file.path, file.text.data(), file.text.size());
    } catch (const std::exception &error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
    return 0;
}
