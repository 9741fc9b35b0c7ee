#include "compiler/open.h"

#include "compiler/emit/cache.h"
#include "compiler/emit/library.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "runtime/core/verify.h"
#include "runtime/hosted/mapping.h"
#include "runtime/octet_file_generated.h"

#include <sstream>

namespace octet {

namespace fs = std::filesystem;

namespace {

OpKind kind_from_name(const std::string &name) {
    for (int kind = 0; kind <= int(OpKind::pack); ++kind)
        if (name_of(OpKind(kind)) == name)
            return OpKind(kind);
    return OpKind::reshape;
}

/// "1x48x48x8" as its numbers; "scalar" as none.
Shape shape_from_text(const std::string &text) {
    Shape shape;
    std::istringstream stream(text);
    for (std::string extent; std::getline(stream, extent, 'x') && std::isdigit(extent[0]);)
        shape.push_back(std::stoi(extent));
    return shape;
}

void add_tensors(lower::Program &program, std::vector<int> &list, lower::Region region,
                 const flatbuffers::Vector<flatbuffers::Offset<file::TensorInfo>> &infos) {
    for (const file::TensorInfo *info : infos) {
        lower::StoredTensor tensor;
        tensor.name = info->name()->str();
        tensor.dtype = DType(info->dtype());
        tensor.shape.assign(info->shape()->begin(), info->shape()->end());
        tensor.stride_c = tensor.channels();
        tensor.bytes = uint64_t(element_count(tensor.shape)) * size_of(tensor.dtype);
        tensor.region = region;
        tensor.index = int(list.size());
        tensor.scale = info->scale();
        tensor.zero_point = info->zero_point();
        list.push_back(int(program.tensors.size()));
        program.tensors.push_back(std::move(tensor));
    }
}

lower::Program read_program(const file::Program &file) {
    lower::Program program;
    program.name = file.name()->str();
    program.target = file.target()->str();
    program.rounding = rounding_from_name(file.rounding()->str());
    program.images = int(file.images());
    program.arenas.clear();
    for (const file::Arena *arena : *file.arenas())
        program.arenas.push_back({"", arena->bytes(), arena->lower_bound()});
    program.weights.assign(file.weights()->begin(), file.weights()->end());
    add_tensors(program, program.inputs, lower::Region::input, *file.inputs());
    add_tensors(program, program.outputs, lower::Region::output, *file.outputs());
    for (const flatbuffers::String *symbol : *file.kernels())
        program.kernels.push_back({symbol->str(), {}});
    for (const file::Call *source : *file.calls()) {
        lower::Call call;
        call.kernel = int(source->kernel());
        call.name = source->name()->str();
        call.op = kind_from_name(source->op()->str());
        call.shape = shape_from_text(source->shape() ? source->shape()->str() : "");
        call.macs = int64_t(source->macs());
        program.calls.push_back(std::move(call));
    }
    return program;
}

} // namespace

Compiled open_compiled(const fs::path &model_file, const Target &target, const fs::path &cache) {
    const std::string path = model_file.string();
    runtime::Mapping mapping;
    const file::Program *file = nullptr;
    if (mapping.open(path.c_str(), path.c_str()) != OCTET_OK ||
        runtime::verify_file(mapping.data, mapping.size, path.c_str(), &file) != OCTET_OK) {
        mapping.close();
        throw Error("{}", octet_last_error());
    }
    Compiled result;
    result.target = target;
    result.program = read_program(*file);
    const auto *image = static_cast<const uint8_t *>(mapping.data);
    result.file.assign(image, image + mapping.size);
    mapping.close();
    if (result.program.target != target.name)
        throw UsageError("{}: is compiled for target {}, not for {}; give --target {} or compile "
                         "the network again",
                         path, result.program.target, target.name, result.program.target);
    const fs::path archive = model_file.parent_path() / ("lib" + result.program.name + ".a");
    if (!fs::exists(archive))
        throw UsageError("{}: its kernel library {} is not beside it; keep what `octet compile` "
                         "wrote together, or give the .tflite",
                         path, archive.filename().string());
    result.cache = emit::cache_directory(cache);
    if (target.runner.kind == Runner::Kind::command) {
        result.objects = {archive}; // the runner's firmware is linked with it as it is
        return result;
    }
    result.shared_library =
        result.cache / "libraries" / (emit::content_name(read_text_file(archive)) + ".so");
    if (!fs::exists(result.shared_library))
        emit::link_archive(target, archive, result.shared_library);
    return result;
}

Graph interface_of(const Compiled &compiled) {
    Graph graph;
    graph.name = compiled.program.name;
    graph.source = compiled.program.name + ".octet";
    const auto add = [&](const std::vector<int> &tensors, std::vector<TensorId> &list) {
        for (const int index : tensors) {
            const lower::StoredTensor &stored = compiled.program.tensors[size_t(index)];
            Tensor tensor;
            tensor.name = stored.name;
            tensor.dtype = stored.dtype;
            tensor.shape = stored.shape;
            if (stored.scale > 0)
                tensor.quantization = {{stored.scale}, {stored.zero_point}, 0};
            list.push_back(TensorId(graph.tensors.size()));
            graph.tensors.push_back(std::move(tensor));
        }
    };
    add(compiled.program.inputs, graph.inputs);
    add(compiled.program.outputs, graph.outputs);
    return graph;
}

} // namespace octet
