// Writes the LLVM module of Halide's own device functions for CUDA, which libHalide carries as
// data.
#include <cstdio>

extern "C" unsigned char halide_internal_initmod_ptx_dev_ll[];
extern "C" int halide_internal_initmod_ptx_dev_ll_length;

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    std::FILE *file = std::fopen(argv[1], "wb");
    if (file == nullptr)
        return 1;
    const auto size = size_t(halide_internal_initmod_ptx_dev_ll_length);
    const bool written = std::fwrite(halide_internal_initmod_ptx_dev_ll, 1, size, file) == size;
    return std::fclose(file) == 0 && written ? 0 : 1;
}
