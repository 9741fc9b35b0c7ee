#include "tests/runtime/cuda_model.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>

namespace octet::test {
namespace {

constexpr const char *add_row_ptx = R"(
.version 6.0
.target sm_61
.address_size 64
.visible .entry add_row(.param .u64 in, .param .u64 row, .param .u64 out)
{
    .reg .pred %p<1>;
    .reg .b32 %r<8>;
    .reg .b64 %rd<8>;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %ntid.x;
    mov.u32 %r2, %tid.x;
    mad.lo.s32 %r3, %r0, %r1, %r2;
    setp.ge.s32 %p0, %r3, 256;
    @%p0 bra done;
    ld.param.u64 %rd0, [in];
    ld.param.u64 %rd1, [row];
    ld.param.u64 %rd2, [out];
    cvta.to.global.u64 %rd0, %rd0;
    cvta.to.global.u64 %rd1, %rd1;
    cvta.to.global.u64 %rd2, %rd2;
    and.b32 %r4, %r3, 63;
    cvt.s64.s32 %rd3, %r3;
    cvt.s64.s32 %rd4, %r4;
    add.s64 %rd0, %rd0, %rd3;
    add.s64 %rd1, %rd1, %rd4;
    add.s64 %rd2, %rd2, %rd3;
    ld.global.u8 %r5, [%rd0];
    ld.global.u8 %r6, [%rd1];
    add.s32 %r7, %r5, %r6;
    st.global.u8 [%rd2], %r7;
done:
    ret;
}
)";

CardKernel current = right_kernel();
constexpr uint8_t arguments[] = {0, 1, 2};

/// What the compiler writes for each kernel of lane cuda.
int add_row(void **buffers) {
    static octet_launch launch;
    static octet_device_kernel kernel;
    // 96 threads: the second image begins within the first block.
    launch = {current.function.c_str(), {3, 1, 1}, {96, 1, 1}, 0, 3, arguments, 1};
    kernel = {current.image.c_str(), current.image.size() + 1, current.capability, 1, &launch};
    auto *launcher = *static_cast<octet_launcher **>(buffers[0]);
    return launcher->launch(launcher, &kernel, buffers + 1);
}

constexpr octet_kernel kernels[] = {add_row};
constexpr octet_parameter parameters[] = {{card_bytes, 0}, {card_columns, 0}, {card_bytes, 1}};
constexpr octet_signature signatures[] = {{3, parameters}};
constexpr uint64_t fingerprint = 0x0c7e7;

lower::StoredTensor tensor(const char *name, lower::Region region) {
    lower::StoredTensor result;
    result.name = name;
    result.dtype = DType::u8;
    result.shape = {card_images, card_columns};
    result.stride_c = card_columns;
    result.bytes = card_bytes;
    result.region = region;
    return result;
}

lower::Program card_program() {
    using lower::Region;
    lower::Program program;
    program.name = "card";
    program.target = "cuda-sample";
    program.images = card_images;
    program.arenas = {{"", card_bytes, card_bytes}};
    program.tensors = {tensor("in", Region::input), tensor("mixed", Region::arena),
                       tensor("out", Region::output)};
    program.inputs = {0};
    program.outputs = {2};
    program.kernels = {{"add_row", "{}"}};
    for (int i = 0; i < 2; ++i) {
        lower::Call call;
        call.name = i == 0 ? "first" : "second";
        call.op = OpKind::add;
        call.shape = {card_images, card_columns};
        const auto whole = [&](int id) {
            const lower::StoredTensor &t = program.tensors[size_t(id)];
            return lower::Argument{t.region, 0, 0, card_bytes, id};
        };
        call.arguments = {whole(i),
                          {Region::weights, 0, uint64_t(card_columns * i), card_columns, -1}};
        call.arguments.push_back(whole(i + 1));
        call.inputs = {i};
        call.outputs = {i + 1};
        program.calls.push_back(std::move(call));
    }
    std::mt19937 random(7);
    for (int i = 0; i < 2 * card_columns; ++i)
        program.weights.push_back(uint8_t(random()));
    return program;
}

} // namespace

CardKernel right_kernel() {
    return {add_row_ptx};
}

void set_kernel(const CardKernel &kernel) {
    current = kernel;
}

CardModel::CardModel()
    : program_(card_program()), image_(emit::write_model_file(program_, fingerprint)) {
    library_ = {fingerprint, 1, kernels, "cuda-sample", signatures, &octet_cuda_device};
}

octet_status CardModel::open(const std::string &card, octet_model **model,
                             const CardOptions &chosen) const {
    setenv("OCTET_CUDA_EMULATOR", card.c_str(), 1);
    const octet_cuda_options cuda{chosen.device, chosen.context, chosen.stream, chosen.no_graph,
                                  chosen.driver == nullptr ? OCTET_CUDA_INTERPRETER
                                                           : chosen.driver};
    octet_options options{};
    options.cuda = &cuda;
    return octet_model_open_memory(image_.data(), image_.size(), &library_, &options, model);
}

ModelPointer CardModel::opened(const std::string &card, const CardOptions &options) const {
    octet_model *model = nullptr;
    const octet_status status = open(card, &model, options);
    INFO(octet_last_error());
    REQUIRE(status == OCTET_OK);
    return ModelPointer(model);
}

std::vector<uint8_t> CardModel::result(const std::vector<uint8_t> &input) const {
    std::vector<uint8_t> output;
    for (size_t i = 0; i < input.size(); ++i)
        output.push_back(uint8_t(input[i] + program_.weights[i % card_columns] +
                                 program_.weights[card_columns + i % card_columns]));
    return output;
}

std::vector<uint8_t> random_images(uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<uint8_t> bytes(card_bytes);
    for (uint8_t &byte : bytes)
        byte = uint8_t(random());
    return bytes;
}

} // namespace octet::test
