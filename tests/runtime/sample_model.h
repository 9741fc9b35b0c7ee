// A small model made by hand, with kernels that are plain functions: two inputs, two outputs, a
// kernel that two calls share, one that runs its rows in parallel. What it computes is also written
// down in the plainest way, so that a test knows the right answer.
#pragma once

#include "compiler/emit/model_file.h"
#include "octet/octet.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace octet::test {

inline constexpr int sample_rows = 4;
inline constexpr int sample_columns = 64;

/// The caller's arrays: `a` and `b` in, `sums` and `doubled` out.
struct SampleArrays {
    std::array<uint8_t, sample_rows * sample_columns> a{};
    std::array<float, 8> b{};
    std::array<int32_t, sample_rows> sums{};
    std::array<float, 8> doubled{};

    /// Random inputs, outputs that no run leaves behind.
    explicit SampleArrays(uint32_t seed);
    std::array<const void *, 2> inputs() const { return {a.data(), b.data()}; }
    std::array<void *, 2> outputs() { return {sums.data(), doubled.data()}; }
};

/// sums[r] = sum over c of uint8(a[r][c] + w1[c] + w0[c]); doubled = 2 b.
class SampleModel {
public:
    explicit SampleModel(uint32_t seed = 1);

    const lower::Program &program() const { return program_; }
    const octet_library &library() const { return library_; }
    uint64_t fingerprint() const { return 0x0123456789abcdef; }
    Bytes image() const { return emit::write_model_file(program_, fingerprint()); }
    /// True when the outputs in `arrays` are right for its inputs.
    bool right(const SampleArrays &arrays) const;

private:
    lower::Program program_;
    std::vector<std::vector<octet_parameter>> parameters_;
    std::vector<octet_signature> signatures_;
    std::vector<octet_kernel> kernels_;
    octet_library library_{};
};

/// A copy of a file image where the runtime wants it: aligned, and not a byte longer.
class AlignedImage {
public:
    explicit AlignedImage(const Bytes &bytes);
    uint8_t *data() { return data_.get(); }
    size_t size() const { return size_; }

private:
    struct Free {
        void operator()(uint8_t *memory) const;
    };
    std::unique_ptr<uint8_t, Free> data_;
    size_t size_;
};

struct CloseModel {
    void operator()(octet_model *model) const { octet_model_close(model); }
};
using ModelPointer = std::unique_ptr<octet_model, CloseModel>;

} // namespace octet::test
