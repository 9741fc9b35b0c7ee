#include "tests/bare_metal/device_model.h"

#include <cstring>

namespace octet::test {
namespace {

using lower::Region;

lower::StoredTensor tensor(const char *name, DType dtype, Shape shape, Region region) {
    lower::StoredTensor result;
    result.name = name;
    result.dtype = dtype;
    result.bytes = uint64_t(element_count(shape)) * size_of(dtype);
    result.stride_c = shape.back();
    result.shape = std::move(shape);
    result.region = region;
    return result;
}

constexpr uint64_t weight_alignment = 16;

} // namespace

lower::Program device_program() {
    enum { a, mixed, out };
    lower::Program p;
    p.name = "device";
    p.target = "device";
    p.alignment = weight_alignment;
    p.arenas = {{"sram", 1024, 1024}}; // more than the network touches
    p.tensors = {tensor("a", DType::u8, {device_rows, device_columns}, Region::input),
                 tensor("mixed", DType::u8, {device_rows, device_columns}, Region::arena),
                 tensor("sums", DType::s32, {device_rows}, Region::output)};
    p.inputs = {a};
    p.outputs = {out};
    for (const char *symbol : {"add_row", "sum_rows", "spin", "use_stack", "misbehave"})
        p.kernels.push_back({symbol, "{}"});
    const auto whole = [&p](int id) {
        const lower::StoredTensor &t = p.tensors[size_t(id)];
        return lower::Argument{t.region, t.index, t.offset, t.bytes, id};
    };
    const auto constant = [&p](const void *data, size_t bytes) {
        const lower::Argument argument{Region::weights, 0, p.weights.size(), bytes, -1};
        p.weights.resize(p.weights.size() +
                         (bytes + weight_alignment - 1) / weight_alignment * weight_alignment);
        std::memcpy(p.weights.data() + argument.offset, data, bytes);
        return argument;
    };
    const auto call = [&p](int kernel, const char *name, std::vector<lower::Argument> arguments) {
        lower::Call c;
        c.kernel = kernel;
        c.name = name;
        c.shape = {1};
        for (const lower::Argument &argument : arguments)
            if (argument.region == Region::output || argument.region == Region::arena)
                c.outputs = {argument.tensor};
        c.arguments = std::move(arguments);
        p.calls.push_back(std::move(c));
    };
    uint8_t row[device_columns];
    for (int i = 0; i < device_columns; ++i)
        row[i] = uint8_t(11 * i + 5);
    call(0, "add", {whole(a), constant(row, sizeof row), whole(mixed)});
    call(1, "sums", {whole(mixed), whole(out)});
    for (const uint32_t &count : device_spins)
        call(2, "spin", {constant(&count, sizeof count)});
    for (const uint32_t &bytes : device_stack)
        call(3, "stack", {constant(&bytes, sizeof bytes)});
    call(4, "misbehave", {whole(a)});
    return p;
}

Bytes device_image() {
    return emit::write_model_file(device_program(), 0x0123456789abcdef);
}

} // namespace octet::test
