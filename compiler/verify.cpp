// Comparison with the reference interpreter, layer by layer and as a whole.
#include "compiler/compile.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"

#include <cstring>
#include <random>

namespace octet {

namespace {

using lower::StoredTensor;

/// Random values of a model input: all bytes for quantized tensors, a few units around 0 for reals.
Bytes random_input(const Tensor &tensor, std::mt19937 &random) {
    Bytes bytes(tensor.bytes());
    if (tensor.dtype == DType::f32) {
        std::normal_distribution<float> normal(0, 1);
        // A quarter of the cases has image-like values.
        const bool image = random() % 4 == 0;
        std::vector<float> values(size_t(tensor.elements()));
        for (float &value : values)
            value = image ? float(random() % 256) : 2 * normal(random);
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return bytes;
    }
    for (uint8_t &byte : bytes)
        byte = uint8_t(random());
    return bytes;
}

/// Dense values of the graph to a stored tensor's memory and back; what lies between is left alone.
template <typename Move>
void for_each_row(const StoredTensor &stored, const Move &move) {
    const size_t element = size_of(stored.dtype);
    const size_t row = size_t(stored.channels()) * element;
    const size_t stride = size_t(stored.stride_c) * element;
    for (size_t i = 0; i < size_t(stored.rows()); ++i)
        move(i * row, i * stride, row, uint8_t(stored.rebiased ? 0x80 : 0));
}

void store(const StoredTensor &stored, const Bytes &values, uint8_t *memory) {
    for_each_row(stored, [&](size_t dense, size_t place, size_t size, uint8_t bias) {
        for (size_t i = 0; i < size; ++i)
            memory[place + i] = values[dense + i] ^ bias;
    });
}

int64_t count_mismatches(const StoredTensor &stored, const Bytes &values, const uint8_t *memory) {
    const size_t element = size_of(stored.dtype);
    int64_t mismatches = 0;
    for_each_row(stored, [&](size_t dense, size_t place, size_t size, uint8_t bias) {
        for (size_t i = 0; i < size; i += element) {
            bool same = true;
            for (size_t j = i; j < i + element; ++j)
                same &= memory[place + j] == (values[dense + j] ^ bias);
            mismatches += !same;
        }
    });
    return mismatches;
}

/// The caller's buffers of one run, filled with the reference's values where calls read them.
struct Buffers {
    std::vector<Bytes> inputs, outputs;
    std::vector<const void *> in;
    std::vector<void *> out;
};

Buffers make_buffers(octet_model *model, const std::vector<Bytes> &inputs) {
    Buffers buffers;
    buffers.inputs = inputs;
    octet_tensor_info info;
    for (size_t i = 0; i < octet_model_output_count(model); ++i) {
        octet_model_output(model, i, &info);
        buffers.outputs.emplace_back(info.bytes, 0xcd);
    }
    for (const Bytes &input : buffers.inputs)
        buffers.in.push_back(input.data());
    for (Bytes &output : buffers.outputs)
        buffers.out.push_back(output.data());
    return buffers;
}

} // namespace

Verdict verify(const Graph &graph, const Compiled &compiled, int cases, uint32_t seed,
               const Progress &progress) {
    Session session(compiled);
    octet_model *model = session.model();
    const lower::Program &program = compiled.program;
    auto *arena = static_cast<uint8_t *>(octet_model_arena(model));
    Verdict verdict;
    for (const lower::Call &call : program.calls)
        verdict.layers.push_back({call.name, std::string(name_of(call.op)), 0, 0});

    std::mt19937 random(seed);
    for (int i = 0; i < cases; ++i) {
        std::vector<Bytes> inputs;
        for (TensorId id : graph.inputs)
            inputs.push_back(random_input(graph.tensor(id), random));
        const std::vector<Bytes> values = reference::run(graph, inputs);
        const auto value_of = [&](TensorId id) -> const Bytes & {
            return graph.tensor(id).constant() ? *graph.tensor(id).data : values[size_t(id)];
        };

        // What no kernel writes, such as the padding of channels, must not matter.
        std::memset(arena, 0xa5, octet_model_arena_bytes(model));
        Buffers buffers = make_buffers(model, inputs);
        const auto memory = [&](const StoredTensor &stored) -> uint8_t * {
            return stored.region == lower::Region::output
                       ? buffers.outputs[size_t(stored.index)].data()
                       : arena + stored.offset;
        };
        for (size_t c = 0; c < program.calls.size(); ++c) {
            const lower::Call &call = program.calls[c];
            for (int input : call.inputs) {
                const StoredTensor &stored = program.tensors[size_t(input)];
                if (stored.region == lower::Region::arena && stored.source != no_tensor)
                    store(stored, value_of(stored.source), memory(stored));
            }
            if (octet_model_run_call(model, c, buffers.in.data(), buffers.out.data()) != OCTET_OK)
                throw Error("{}: {}", call.name, octet_last_error());
            const StoredTensor &output = program.tensors[size_t(call.outputs[0])];
            if (output.source == no_tensor) // An intermediate that the graph does not have.
                continue;
            LayerVerdict &layer = verdict.layers[c];
            layer.outputs += element_count(output.shape);
            layer.mismatches += count_mismatches(output, value_of(output.source), memory(output));
        }

        std::memset(arena, 0xa5, octet_model_arena_bytes(model));
        buffers = make_buffers(model, inputs);
        if (octet_model_run(model, buffers.in.data(), buffers.out.data()) != OCTET_OK)
            throw Error("{}", octet_last_error());
        for (size_t o = 0; o < program.outputs.size(); ++o) {
            const StoredTensor &output = program.tensors[size_t(program.outputs[o])];
            verdict.outputs += element_count(output.shape);
            verdict.mismatches +=
                count_mismatches(output, value_of(output.source), buffers.outputs[o].data());
        }
        if (progress)
            progress(size_t(i) + 1, size_t(cases), "case " + std::to_string(i + 1));
    }
    for (const LayerVerdict &layer : verdict.layers) {
        verdict.outputs += layer.outputs;
        verdict.mismatches += layer.mismatches;
    }
    return verdict;
}

} // namespace octet
