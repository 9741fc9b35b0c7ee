#include "runtime/core/verify.h"

#include "runtime/core/message.h"
#include "runtime/file.h"

#include <string_view>

namespace octet::runtime {
namespace {

using file::Region;
using Tensors = flatbuffers::Vector<flatbuffers::Offset<file::TensorInfo>>;

const char *const compile_again = "; compile the model again";

octet_status damaged(const char *name, const char *what) {
    return fail(OCTET_ERROR_FORMAT, name, ": ", what, compile_again);
}

/// The image's outside: size, alignment, identifier, container, version and checksum.
octet_status verify_container(const void *data, size_t size, const char *name) {
    if (data == nullptr || reinterpret_cast<uintptr_t>(data) % file::alignment != 0)
        return fail(OCTET_ERROR_ARGUMENT, name,
                    ": the image is null or not aligned; place it at a multiple of ",
                    file::alignment, " bytes");
    constexpr size_t smallest = sizeof(flatbuffers::uoffset_t) + flatbuffers::kFileIdentifierLength;
    if (size < smallest || size > file::max_bytes)
        return fail(OCTET_ERROR_FORMAT, name, ": ", size, " bytes cannot be a model file",
                    compile_again);
    if (!file::ProgramBufferHasIdentifier(data))
        return fail(OCTET_ERROR_FORMAT, name,
                    ": this is not an Octet model file; pass the .octet file that octet compile "
                    "writes");
    if (size % 8 != 0)
        return damaged(name, "the file is truncated");
    constexpr flatbuffers::uoffset_t deepest = 8;
    flatbuffers::Verifier verifier(static_cast<const uint8_t *>(data), size, deepest);
    if (!file::VerifyProgramBuffer(verifier))
        return damaged(name, "the file is truncated or damaged");

    const file::Program &program = *file::GetProgram(data);
    if (program.format() != file::format_version)
        return fail(OCTET_ERROR_FORMAT, name, ": the file has format version ", program.format(),
                    " and this runtime reads ", file::format_version, compile_again);
    const auto *table = reinterpret_cast<const flatbuffers::Table *>(&program);
    const uint8_t *field = table->GetAddressOf(file::Program::VT_CHECKSUM);
    if (field == nullptr)
        return damaged(name, "the file has no checksum");
    const size_t offset = size_t(field - static_cast<const uint8_t *>(data));
    if (offset % 8 != 0 || file::checksum(data, size, offset) != program.checksum())
        return damaged(name, "the checksum is wrong, the file is damaged");
    return OCTET_OK;
}

octet_status verify_tensors(const Tensors &tensors, const char *name) {
    if (tensors.size() > file::max_tensors)
        return damaged(name, "the model has too many inputs or outputs");
    for (const file::TensorInfo *info : tensors) {
        uint64_t bytes = element_bytes(info->dtype());
        bool sound = bytes != 0 && info->shape()->size() <= file::max_rank;
        for (size_t i = 0; sound && i < info->shape()->size(); ++i) {
            const int32_t extent = info->shape()->Get(flatbuffers::uoffset_t(i));
            sound = extent > 0 && bytes <= PTRDIFF_MAX / uint64_t(extent);
            bytes *= uint64_t(extent);
        }
        if (!sound)
            return fail(OCTET_ERROR_FORMAT, name, ": tensor ", Quoted{info->name()->c_str()},
                        " has an impossible type or shape", compile_again);
    }
    return OCTET_OK;
}

/// Bytes of the region that `argument` lies in; false when there is no such region or the offset is
/// not aligned in it.
bool region_bytes(const file::Program &program, const file::Argument &argument, uint64_t &bytes) {
    switch (argument.region()) {
    case Region::input:
    case Region::output: {
        const bool is_input = argument.region() == Region::input;
        const Tensors &tensors = is_input ? *program.inputs() : *program.outputs();
        if (argument.index() >= tensors.size())
            return false;
        const file::TensorInfo &info = *tensors.Get(argument.index());
        bytes = dense_bytes(info);
        return argument.offset() % element_bytes(info.dtype()) == 0;
    }
    case Region::arena:
        if (argument.index() >= program.arenas()->size())
            return false;
        bytes = program.arenas()->Get(argument.index())->bytes();
        return argument.offset() % program.alignment() == 0;
    case Region::weights:
        bytes = program.weights()->size();
        break;
    default:
        return false;
    }
    return argument.index() == 0 && argument.offset() % program.alignment() == 0;
}

/// Whether the images of a batch are the first axis of all inputs and outputs.
bool verify_images(const file::Program &program) {
    for (const Tensors *tensors : {program.inputs(), program.outputs()})
        for (const file::TensorInfo *info : *tensors)
            if (program.images() > 1 &&
                (info->shape()->size() == 0 || uint32_t(info->shape()->Get(0)) != program.images()))
                return false;
    return program.images() > 0;
}

octet_status verify_arenas(const file::Program &program, const char *name) {
    const flatbuffers::Vector<const file::Arena *> &arenas = *program.arenas();
    // FlatBuffers' verifier looks at a vector's length but not at its elements' alignment.
    const auto start = reinterpret_cast<uintptr_t>(arenas.Data());
    if (arenas.size() == 0 || arenas.size() > file::max_arenas || start % alignof(file::Arena) != 0)
        return damaged(name, "the list of arenas is impossible");
    for (const file::Arena *arena : arenas)
        if (arena->bytes() > PTRDIFF_MAX)
            return fail(OCTET_ERROR_FORMAT, name, ": an arena of ", arena->bytes(),
                        " bytes is not possible on this machine", compile_again);
    return OCTET_OK;
}

octet_status verify_calls(const file::Program &program, const char *name) {
    if (program.calls()->size() > file::max_calls)
        return damaged(name, "the model has too many calls");
    for (const file::Call *call : *program.calls()) {
        const Quoted call_name{call->name()->c_str()};
        if (call->kernel() >= program.kernels()->size())
            return fail(OCTET_ERROR_FORMAT, name, ": call ", call_name, " wants kernel ",
                        call->kernel(), " of ", program.kernels()->size(), compile_again);
        // FlatBuffers' verifier looks at a vector's length but not at its elements' alignment.
        const auto start = reinterpret_cast<uintptr_t>(call->arguments()->Data());
        if (call->arguments()->size() > file::max_arguments || start % alignof(file::Argument) != 0)
            return fail(OCTET_ERROR_FORMAT, name, ": call ", call_name,
                        " has too many or misaligned arguments", compile_again);
        for (flatbuffers::uoffset_t i = 0; i < call->arguments()->size(); ++i) {
            const file::Argument &argument = *call->arguments()->Get(i);
            uint64_t bytes = 0;
            if (!region_bytes(program, argument, bytes) || argument.offset() > bytes ||
                argument.bytes() > bytes - argument.offset())
                return fail(OCTET_ERROR_FORMAT, name, ": argument ", i, " of call ", call_name,
                            " lies outside its region or is not aligned", compile_again);
        }
    }
    return OCTET_OK;
}

/// The arguments of one call against the signature of its kernel.
octet_status verify_signature(const file::Call &call, const octet_signature &signature,
                              const char *name) {
    bool fits = call.arguments()->size() == signature.parameter_count;
    for (flatbuffers::uoffset_t i = 0; fits && i < call.arguments()->size(); ++i) {
        const file::Argument &argument = *call.arguments()->Get(i);
        const octet_parameter &parameter = signature.parameters[i];
        const bool writable =
            argument.region() == Region::arena || argument.region() == Region::output;
        fits = argument.bytes() >= parameter.bytes && (writable || parameter.written == 0);
    }
    if (!fits)
        return fail(OCTET_ERROR_MISMATCH, name, ": the arguments of call ",
                    Quoted{call.name()->c_str()},
                    " do not fit its kernel in the library; use the library that was compiled "
                    "with this file");
    return OCTET_OK;
}

} // namespace

size_t element_bytes(unsigned dtype) {
    switch (dtype) {
    case OCTET_INT8:
    case OCTET_UINT8:
    case OCTET_BOOL:
        return 1;
    case OCTET_INT16:
        return 2;
    case OCTET_FLOAT32:
    case OCTET_INT32:
        return 4;
    case OCTET_INT64:
        return 8;
    default:
        return 0;
    }
}

size_t dense_bytes(const file::TensorInfo &info) {
    size_t bytes = element_bytes(info.dtype());
    for (int32_t extent : *info.shape())
        bytes *= size_t(extent);
    return bytes;
}

octet_status verify_file(const void *data, size_t size, const char *name,
                         const file::Program **program) {
    if (octet_status status = verify_container(data, size, name))
        return status;
    const file::Program &candidate = *file::GetProgram(data);
    const size_t alignment = candidate.alignment();
    if (alignment < file::min_alignment || alignment > file::alignment ||
        (alignment & (alignment - 1)) != 0)
        return damaged(name, "the alignment is impossible");
    if (octet_status status = verify_tensors(*candidate.inputs(), name))
        return status;
    if (octet_status status = verify_tensors(*candidate.outputs(), name))
        return status;
    if (!verify_images(candidate))
        return damaged(name, "the number of images is impossible");
    if (octet_status status = verify_arenas(candidate, name))
        return status;
    const flatbuffers::Vector<uint8_t> &weights = *candidate.weights();
    if (weights.size() != 0 && reinterpret_cast<uintptr_t>(weights.data()) % file::alignment != 0)
        return damaged(name, "the weights are not aligned");
    if (octet_status status = verify_calls(candidate, name))
        return status;
    *program = &candidate;
    return OCTET_OK;
}

octet_status verify_library(const file::Program &program, const octet_library *library,
                            const char *name) {
    if (library == nullptr || library->target == nullptr ||
        (library->kernels == nullptr && library->kernel_count != 0))
        return fail(
            OCTET_ERROR_ARGUMENT, name,
            ": the kernel library is null; pass &octet_<name>_library of the model's header");
    if (program.target()->string_view() != library->target)
        return fail(OCTET_ERROR_MISMATCH, name, ": the file is for target ",
                    Quoted{program.target()->c_str()}, " and the kernel library for ",
                    Quoted{library->target}, "; use files of one octet compile");
    if (program.alignment() != file::alignment)
        return fail(OCTET_ERROR_MISMATCH, name, ": the file aligns its data to ",
                    program.alignment(), " bytes as small chips want it, not to ", file::alignment,
                    "; compile the model for this machine");
    if (program.arenas()->size() != 1)
        return fail(OCTET_ERROR_MISMATCH, name, ": the file wants ", program.arenas()->size(),
                    " arenas as chips with several memories do, not 1; compile the model for this "
                    "machine");
    if (library->fingerprint != program.fingerprint() ||
        library->kernel_count != program.kernels()->size())
        return fail(OCTET_ERROR_MISMATCH, name,
                    ": the kernel library was compiled for another model; use files of one octet "
                    "compile");
    for (uint32_t i = 0; i < library->kernel_count; ++i)
        if (library->kernels[i] == nullptr)
            return fail(OCTET_ERROR_ARGUMENT, name, ": kernel ", i,
                        " of the library is null; link the library that octet compile wrote");
    if (library->signatures == nullptr)
        return OCTET_OK;
    for (const file::Call *call : *program.calls())
        if (octet_status status =
                verify_signature(*call, library->signatures[call->kernel()], name))
            return status;
    return OCTET_OK;
}

} // namespace octet::runtime
