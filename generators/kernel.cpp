#include "generators/kernel.h"

#include <stdexcept>

namespace octet::generators {

using namespace Halide;

namespace {

template <typename Dimensions>
void bound(Dimensions &&dimension, const std::vector<int> &extents,
           const std::vector<int> &strides) {
    int dense = 1;
    for (size_t i = 0; i < extents.size(); ++i) {
        const int stride = i < strides.size() && strides[i] ? strides[i] : dense;
        dimension(int(i)).set_bounds(0, extents[i]).set_stride(stride);
        dense = stride * extents[i];
    }
}

} // namespace

ImageParam Signature::input(const std::string &name, Type type, const std::vector<int> &extents,
                            const std::vector<int> &strides, int alignment) {
    ImageParam param(type, int(extents.size()), name);
    bound([&](int i) { return param.dim(i); }, extents, strides);
    if (alignment)
        param.set_host_alignment(alignment);
    inputs.push_back(param);
    return param;
}

void Signature::scratch(int64_t bytes) {
    scratch_bytes = bytes;
    if (bytes)
        input("scratch", UInt(8), {int(bytes)});
}

void bound_output(Func output, const std::vector<int> &extents, const std::vector<int> &strides) {
    for (OutputImageParam buffer : output.output_buffers())
        bound([&](int i) { return buffer.dim(i); }, extents, strides);
}

Type type_from_name(const std::string &name) {
    if (name == "u8")
        return UInt(8);
    if (name == "s8")
        return Int(8);
    if (name == "s16")
        return Int(16);
    if (name == "s32")
        return Int(32);
    if (name == "f32")
        return Float(32);
    throw std::invalid_argument("type '" + name + "' is not known");
}

} // namespace octet::generators
