#include "runtime/core/model.h"

#include "runtime/core/verify.h"

#include <new>

namespace octet::runtime {
namespace {

using file::Region;
using Tensors = flatbuffers::Vector<flatbuffers::Offset<file::TensorInfo>>;

/// Hands out arrays from one piece of memory, or only adds up their sizes when there is none yet:
/// one function describes the layout for both.
class Carver {
public:
    explicit Carver(void *memory) : memory_(static_cast<uint8_t *>(memory)) {}

    template <typename T>
    T *take(size_t count) {
        used_ = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
        const size_t start = used_;
        used_ += count * sizeof(T);
        if (memory_ == nullptr)
            return nullptr;
        T *first = reinterpret_cast<T *>(memory_ + start);
        for (size_t i = 0; i < count; ++i)
            new (first + i) T{};
        return first;
    }
    size_t used() const { return used_; }

private:
    uint8_t *memory_;
    size_t used_ = 0;
};

struct Tables {
    HalideBuffer *buffers;
    void **arguments;
    Patch *patches;
    Step *steps;
    Port *inputs, *outputs;
};

Tables carve(const file::Program &program, Carver &carver) {
    size_t arguments = 0;
    size_t patches = 0;
    for (const file::Call *call : *program.calls()) {
        arguments += call->arguments()->size();
        for (const file::Argument *argument : *call->arguments())
            patches += argument->region() == Region::input || argument->region() == Region::output;
    }
    Tables tables{};
    tables.buffers = carver.take<HalideBuffer>(arguments);
    // Each call's array starts with the user context.
    tables.arguments = carver.take<void *>(arguments + program.calls()->size());
    tables.patches = carver.take<Patch>(patches);
    tables.steps = carver.take<Step>(program.calls()->size());
    tables.inputs = carver.take<Port>(program.inputs()->size());
    tables.outputs = carver.take<Port>(program.outputs()->size());
    return tables;
}

void describe(const Tensors &tensors, Port *ports) {
    for (flatbuffers::uoffset_t i = 0; i < tensors.size(); ++i) {
        const file::TensorInfo &tensor = *tensors.Get(i);
        octet_tensor_info &info = ports[i].info;
        info.name = tensor.name()->c_str();
        info.dtype = octet_dtype(tensor.dtype());
        info.rank = int32_t(tensor.shape()->size());
        info.shape = tensor.shape()->data();
        info.bytes = dense_bytes(tensor);
        info.scale = tensor.scale();
        info.zero_point = tensor.zero_point();
    }
}

/// Gives each port its run of `patches`: counts first, then filled by add_patch.
Patch *reserve_patches(const file::Program &program, Region region, Port *ports, size_t port_count,
                       Patch *patches) {
    for (const file::Call *call : *program.calls())
        for (const file::Argument *argument : *call->arguments())
            if (argument->region() == region)
                ++ports[argument->index()].patch_count;
    for (size_t i = 0; i < port_count; ++i) {
        ports[i].patches = patches;
        patches += ports[i].patch_count;
        ports[i].patch_count = 0;
    }
    return patches;
}

void add_patch(Port &port, HalideBuffer *buffer, uint64_t offset) {
    port.patches[port.patch_count++] = {buffer, offset};
}

} // namespace

size_t table_bytes(const file::Program &program) {
    Carver carver(nullptr);
    carve(program, carver);
    return carver.used();
}

void bind(const file::Program &program, const octet_library &library, void *memory,
          const Placement &placement, octet_model &model) {
    Carver carver(memory);
    const Tables tables = carve(program, carver);
    model = {&program,        tables.steps,      tables.inputs, tables.outputs,
             placement.arena, placement.context, library.device};
    describe(*program.inputs(), tables.inputs);
    describe(*program.outputs(), tables.outputs);
    Patch *patches = reserve_patches(program, Region::input, tables.inputs,
                                     program.inputs()->size(), tables.patches);
    reserve_patches(program, Region::output, tables.outputs, program.outputs()->size(), patches);

    HalideBuffer *buffer = tables.buffers;
    void **arguments = tables.arguments;
    Step *step = tables.steps;
    for (const file::Call *call : *program.calls()) {
        *step++ = {library.kernels[call->kernel()], arguments};
        *arguments++ = &model.context;
        for (const file::Argument *argument : *call->arguments()) {
            switch (argument->region()) {
            case Region::arena:
                buffer->host = placement.arena + argument->offset();
                break;
            case Region::weights:
                buffer->host = placement.weights + argument->offset();
                break;
            case Region::input:
                add_patch(tables.inputs[argument->index()], buffer, argument->offset());
                break;
            case Region::output:
                add_patch(tables.outputs[argument->index()], buffer, argument->offset());
                break;
            }
            *arguments++ = buffer++;
        }
    }
}

} // namespace octet::runtime
