// A small model for a CUDA card, made by hand: a kernel in PTX that adds a row of weights to each
// image of a batch, called twice. Blocks of threads do not end where images end.
#pragma once

#include "octet/cuda.h"
#include "octet/device.h"
#include "tests/runtime/sample_model.h"

#include <string>
#include <vector>

namespace octet::test {

inline constexpr int card_images = 4;
inline constexpr int card_columns = 64;
inline constexpr size_t card_bytes = size_t(card_images) * card_columns;

/// What the kernels' library holds; tests change it to make mistakes. Set it before opening.
struct CardKernel {
    std::string image; ///< PTX
    uint32_t capability = 61;
    std::string function = "add_row";
};
CardKernel right_kernel();
void set_kernel(const CardKernel &kernel);

/// octet_cuda_options, of the interpreter.
struct CardOptions {
    int device = 0;
    void *context = nullptr, *stream = nullptr;
    int no_graph = 0;
    const char *driver = nullptr; ///< null: the interpreter
};

/// The model file and its library: out[n][c] = uint8(in[n][c] + w0[c] + w1[c]).
class CardModel {
public:
    CardModel();

    /// Opens it on the interpreter, as the card that `card` describes (the environment variable of
    /// tests/emulators/cuda).
    octet_status open(const std::string &card, octet_model **model,
                      const CardOptions &options = {}) const;
    /// The same, but requires that it opens.
    ModelPointer opened(const std::string &card = "", const CardOptions &options = {}) const;
    std::vector<uint8_t> result(const std::vector<uint8_t> &input) const;

private:
    lower::Program program_;
    octet_library library_{};
    mutable AlignedImage image_;
};

/// Random bytes for all images of a batch.
std::vector<uint8_t> random_images(uint32_t seed);

} // namespace octet::test
