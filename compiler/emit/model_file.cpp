#include "compiler/emit/model_file.h"

#include "compiler/support/error.h"
#include "runtime/core/verify.h"
#include "runtime/file.h"
#include "runtime/octet_file_generated.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>

namespace octet::emit {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
template <typename T>
using OffsetVector = Offset<flatbuffers::Vector<Offset<T>>>;

static_assert(uint8_t(lower::Region::arena) == uint8_t(file::Region::arena) &&
              uint8_t(lower::Region::weights) == uint8_t(file::Region::weights) &&
              uint8_t(lower::Region::input) == uint8_t(file::Region::input) &&
              uint8_t(lower::Region::output) == uint8_t(file::Region::output));
static_assert(int(DType::f32) == OCTET_FLOAT32 && int(DType::s8) == OCTET_INT8 &&
              int(DType::u8) == OCTET_UINT8 && int(DType::s16) == OCTET_INT16 &&
              int(DType::s32) == OCTET_INT32 && int(DType::s64) == OCTET_INT64 &&
              int(DType::boolean) == OCTET_BOOL);

OffsetVector<file::TensorInfo> write_tensors(FlatBufferBuilder &builder,
                                             const lower::Program &program,
                                             const std::vector<int> &tensors) {
    std::vector<Offset<file::TensorInfo>> infos;
    for (int index : tensors) {
        const lower::StoredTensor &tensor = program.tensors.at(size_t(index));
        const auto dense = uint64_t(element_count(tensor.shape)) * size_of(tensor.dtype);
        if (tensor.rebiased || tensor.bytes != dense)
            throw Error("{}: tensor {} meets the caller but is stored padded or re-biased; convert "
                        "it where it enters or leaves the network",
                        program.name, tensor.name);
        infos.push_back(file::CreateTensorInfoDirect(builder, tensor.name.c_str(),
                                                     uint8_t(tensor.dtype), &tensor.shape,
                                                     tensor.scale, tensor.zero_point));
    }
    return builder.CreateVector(infos);
}

OffsetVector<file::Call> write_calls(FlatBufferBuilder &builder, const lower::Program &program) {
    std::vector<Offset<file::Call>> calls;
    for (const lower::Call &call : program.calls) {
        std::vector<file::Argument> arguments;
        for (const lower::Argument &argument : call.arguments)
            arguments.emplace_back(file::Region(argument.region), uint16_t(argument.index),
                                   argument.offset, argument.bytes);
        calls.push_back(file::CreateCallDirect(builder, uint32_t(call.kernel), &arguments,
                                               call.name.c_str(),
                                               std::string(name_of(call.op)).c_str(),
                                               to_string(call.shape).c_str(), uint64_t(call.macs)));
    }
    return builder.CreateVector(calls);
}

void seal(uint8_t *image, size_t bytes) {
    auto *table = flatbuffers::GetMutableRoot<flatbuffers::Table>(image);
    const auto field = size_t(table->GetAddressOf(file::Program::VT_CHECKSUM) - image);
    table->SetField<uint64_t>(file::Program::VT_CHECKSUM, file::checksum(image, bytes, field), 0);
}

/// Throws what the runtime would say of `image`.
void verify(const Bytes &image, const std::string &name) {
    // The verifier wants the image aligned as it will be in memory.
    struct Free {
        void operator()(void *memory) const { std::free(memory); }
    };
    const size_t room = (image.size() + file::alignment - 1) / file::alignment * file::alignment;
    std::unique_ptr<void, Free> aligned(std::aligned_alloc(file::alignment, room));
    if (aligned == nullptr)
        throw Error("{}: no memory for {} bytes of model file; free some", name, image.size());
    std::copy(image.begin(), image.end(), static_cast<uint8_t *>(aligned.get()));
    const file::Program *program = nullptr;
    if (runtime::verify_file(aligned.get(), image.size(), name.c_str(), &program) != OCTET_OK)
        throw Error("{}", octet_last_error());
}

} // namespace

Bytes write_model_file(const lower::Program &program, uint64_t fingerprint) {
    // Names, shapes and calls take a small part of what is left below FlatBuffers' limit.
    constexpr size_t most_weights = file::max_bytes - (size_t(64) << 20);
    if (program.weights.size() > most_weights)
        throw Error("{}: {} bytes of weights do not fit a model file; its limit is {}",
                    program.name, program.weights.size(), most_weights);

    FlatBufferBuilder builder(program.weights.size() + (size_t(64) << 10));
    builder.ForceDefaults(true); // the checksum must have its place whatever its value
    // A FlatBuffer grows towards its start: the weights, written first, come last in the file.
    // PreAlign is ForceVectorAlignment without its assertion, which knows no more than 32 bytes.
    builder.PreAlign(program.weights.size(), file::alignment);
    const auto weights = builder.CreateVector(program.weights);
    const auto calls = write_calls(builder, program);
    std::vector<std::string> symbols;
    for (const lower::Kernel &kernel : program.kernels)
        symbols.push_back(kernel.symbol);
    const auto kernels = builder.CreateVectorOfStrings(symbols);
    const auto inputs = write_tensors(builder, program, program.inputs);
    const auto outputs = write_tensors(builder, program, program.outputs);
    std::vector<file::Arena> arenas;
    for (const lower::Arena &arena : program.arenas)
        arenas.emplace_back(arena.bytes, arena.lower_bound);
    const auto arena_list = builder.CreateVectorOfStructs(arenas);
    const auto name = builder.CreateString(program.name);
    const auto target = builder.CreateString(program.target);
    const auto rounding = builder.CreateString(std::string(name_of(program.rounding)));
    file::FinishProgramBuffer(builder, file::CreateProgram(builder, file::format_version, name,
                                                           target, rounding, fingerprint, inputs,
                                                           outputs, arena_list, kernels, calls,
                                                           weights, 0, uint32_t(program.alignment),
                                                           uint32_t(program.images)));
    seal(builder.GetBufferPointer(), builder.GetSize());
    Bytes image(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    verify(image, program.name);
    return image;
}

std::vector<std::vector<Parameter>> kernel_signatures(const lower::Program &program) {
    std::vector<std::vector<Parameter>> signatures(program.kernels.size());
    for (const lower::Call &call : program.calls) {
        std::vector<Parameter> &signature = signatures.at(size_t(call.kernel));
        const bool first = signature.empty();
        if (first)
            signature.assign(call.arguments.size(), {std::numeric_limits<uint64_t>::max(), false});
        if (signature.size() != call.arguments.size())
            throw Error("{}: call {} gives {} arguments to kernel {} and an earlier call {}; give "
                        "it a kernel of its own",
                        program.name, call.name, call.arguments.size(),
                        program.kernels[size_t(call.kernel)].symbol, signature.size());
        for (size_t i = 0; i < signature.size(); ++i) {
            const lower::Argument &argument = call.arguments[i];
            const bool written =
                argument.tensor >= 0 &&
                std::count(call.outputs.begin(), call.outputs.end(), argument.tensor) != 0;
            signature[i].bytes = std::min(signature[i].bytes, argument.bytes);
            signature[i].written |= written;
        }
    }
    return signatures;
}

} // namespace octet::emit
