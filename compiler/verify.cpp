// Comparison with the reference interpreter, layer by layer and as a whole.
#include "compiler/executor.h"
#include "compiler/reference/interpreter.h"

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

/// What memory holds before it is written: its values must never matter.
constexpr uint8_t arena_pattern = 0xa5, output_pattern = 0xcd;

/// Rows of the graph's dense values and where each lies in a stored tensor's memory.
template <typename Move>
void for_each_row(const StoredTensor &stored, const Move &move) {
    const size_t element = size_of(stored.dtype);
    const size_t row = size_t(stored.channels()) * element;
    const size_t stride = size_t(stored.stride_c) * element;
    for (size_t i = 0; i < size_t(stored.rows()); ++i)
        move(i * row, i * stride, row, uint8_t(stored.rebiased ? 0x80 : 0));
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

/// The memory of a stored tensor from its first value to its last.
Place place_of(const StoredTensor &stored) {
    const uint64_t element = size_of(stored.dtype);
    const uint64_t rows = uint64_t(stored.rows());
    const uint64_t bytes =
        rows ? ((rows - 1) * uint64_t(stored.stride_c) + uint64_t(stored.channels())) * element : 0;
    return {stored.region, stored.index, stored.offset, bytes};
}

/// Puts the graph's dense `values` where `stored` lies. A view of another tensor has neighbours
/// between its rows, which stay; what is between the rows of others is padding and is overwritten.
void store(const StoredTensor &stored, const Bytes &values, Script &script) {
    const Place whole = place_of(stored);
    Bytes memory(whole.bytes, arena_pattern);
    for_each_row(stored, [&](size_t dense, size_t place, size_t size, uint8_t bias) {
        for (size_t i = 0; i < size; ++i)
            memory[place + i] = values[dense + i] ^ bias;
        if (stored.alias_of >= 0)
            script.write({whole.region, whole.index, whole.offset + place, size},
                         memory.data() + place);
    });
    if (stored.alias_of < 0)
        script.write(whole, memory.data());
}

/// Random cases written as one script, and what each read of it must be equal to.
class Comparison {
public:
    Comparison(const Graph &graph, const lower::Program &program)
        : graph_(graph), program_(program) {}

    void add_case(const std::vector<Bytes> &inputs) {
        const std::vector<Bytes> values = reference::run(graph_, inputs);
        const auto value_of = [&](TensorId id) -> const Bytes & {
            return graph_.tensor(id).constant() ? *graph_.tensor(id).data : values[size_t(id)];
        };
        reset(inputs);
        for (size_t c = 0; c < program_.calls.size(); ++c) {
            const lower::Call &call = program_.calls[c];
            for (int input : call.inputs) {
                const StoredTensor &stored = program_.tensors[size_t(input)];
                if (stored.region == lower::Region::arena && stored.source != no_tensor)
                    store(stored, value_of(stored.source), script_);
            }
            script_.call(c);
            const StoredTensor &output = program_.tensors[size_t(call.outputs[0])];
            if (output.source != no_tensor) // Otherwise an intermediate that the graph lacks.
                expect(int(c), output, value_of(output.source));
        }
        reset(inputs);
        script_.run();
        for (const int output : program_.outputs) {
            const StoredTensor &stored = program_.tensors[size_t(output)];
            expect(whole_network, stored, value_of(stored.source));
        }
    }

    const Script &script() const { return script_; }

    void judge(const Outcome &outcome, Verdict &verdict) const {
        for (const Expected &expected : expected_) {
            const int64_t outputs = element_count(expected.stored->shape);
            const int64_t mismatches = count_mismatches(*expected.stored, expected.values,
                                                        outcome.reads.at(expected.read).data());
            verdict.outputs += outputs;
            verdict.mismatches += mismatches;
            if (expected.call == whole_network)
                continue;
            verdict.layers[size_t(expected.call)].outputs += outputs;
            verdict.layers[size_t(expected.call)].mismatches += mismatches;
        }
    }

private:
    static constexpr int whole_network = -1;

    struct Expected {
        int call;
        const StoredTensor *stored;
        Bytes values;
        size_t read; ///< number of the script's read
    };

    /// The state before anything has run.
    void reset(const std::vector<Bytes> &inputs) {
        for (size_t i = 0; i < program_.arenas.size(); ++i)
            script_.fill({lower::Region::arena, int(i), 0, program_.arenas[i].bytes},
                         arena_pattern);
        for (size_t i = 0; i < inputs.size(); ++i)
            script_.write({lower::Region::input, int(i), 0, inputs[i].size()}, inputs[i].data());
        for (const int output : program_.outputs)
            script_.fill(place_of(program_.tensors[size_t(output)]), output_pattern);
    }

    void expect(int call, const StoredTensor &stored, const Bytes &values) {
        expected_.push_back({call, &stored, values, script_.read(place_of(stored))});
    }

    const Graph &graph_;
    const lower::Program &program_;
    Script script_;
    std::vector<Expected> expected_;
};

} // namespace

Verdict verify(const Graph &graph, const Compiled &compiled, int cases, uint32_t seed,
               const Progress &progress) {
    const std::unique_ptr<Executor> executor = make_executor(compiled);
    Verdict verdict;
    for (const lower::Call &call : compiled.program.calls)
        verdict.layers.push_back({call.name, std::string(name_of(call.op)), 0, 0});

    std::mt19937 random(seed);
    for (int done = 0; done < cases;) {
        Comparison comparison(graph, compiled.program);
        do {
            std::vector<Bytes> inputs;
            for (TensorId id : graph.inputs)
                inputs.push_back(random_input(graph.tensor(id), random));
            comparison.add_case(inputs);
        } while (++done < cases && comparison.script().traffic() < script_bytes);
        comparison.judge(executor->execute(comparison.script()), verdict);
        if (progress)
            progress(size_t(done), size_t(cases), "case " + std::to_string(done));
    }
    return verdict;
}

} // namespace octet
