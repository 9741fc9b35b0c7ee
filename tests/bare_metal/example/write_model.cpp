// Writes the model file of the tests in an emulator: write_model FILE
#include "tests/bare_metal/device_model.h"

#include <cstdio>
#include <fstream>

int main(int argc, char **argv) {
    if (argc != 2)
        return std::fputs("usage: write_model FILE\n", stderr), 2;
    const octet::Bytes image = octet::test::device_image();
    std::ofstream file(argv[1], std::ios::binary);
    file.write(reinterpret_cast<const char *>(image.data()), std::streamsize(image.size()));
    return file.flush() ? 0 : 1;
}
