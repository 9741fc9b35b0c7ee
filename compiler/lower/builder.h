// Builder: what the lowering of each operator uses to append calls to the Program.
//
// It knows how every activation lies in memory. A tensor's working form is what kernels exchange in
// the arena: int8 stored as uint8 with 128 added where the target's dot product wants unsigned
// activations, the innermost dimension padded to the target's channel alignment. Model inputs and
// outputs are dense and as the network declares them. All zero points that kernels see are those of
// the stored form.
#pragma once

#include "compiler/lower/program.h"
#include "compiler/target/target.h"
#include "generators/kernel.h"
#include "schedules/family.h"
#include "schedules/tuned.h"

#include <map>
#include <string>

namespace octet::lower {

/// A kernel's arguments by the names in its signature.
using NamedArguments = std::map<std::string, Argument>;

class Builder {
public:
    Builder(const Graph &graph, const Target &target, const schedules::Tuned &tuned,
            Program &program);

    const Graph &graph() const { return graph_; }
    const Target &target() const { return target_; }
    const schedules::Family &family() const { return family_; }
    const StoredTensor &stored_tensor(int stored) const {
        return program_.tensors.at(size_t(stored));
    }

    /// True when `op` is a convolution that reads its input best as flattened rows of (column,
    /// channel), which then lies dense.
    bool prefers_rows(const Operator &op) const;

    /// Knobs for a kernel: tuned ones where there are, else the family's choice.
    nlohmann::json choose(generators::Conv2dSpec &spec) const;
    /// Empty where the chip does not multiply tiles of matrices, or not of such a layer.
    std::optional<nlohmann::json> choose(generators::ConvTilesSpec &spec) const;
    nlohmann::json choose(generators::DepthwiseConv2dSpec &spec) const;
    nlohmann::json choose(const generators::PointwiseShape &shape) const;
    nlohmann::json choose(generators::DecodeWeightsSpec &spec) const;

    /// The graph's tensor as it lies in memory now, in whatever form its producer left it.
    int stored(TensorId id) const;
    /// The graph's tensor in its working form; appends a converting copy the first time it is
    /// needed.
    int working(TensorId id);
    /// The same but for its bias, for operators that read int8 as well as re-biased values.
    int readable(TensorId id);
    /// A new tensor, the output of the operator being lowered: a model output where a kernel that
    /// writes all padded channels can write it, else in working form in the arena.
    int create(TensorId id);
    /// The same in working form always, for operators that need it to have their inputs' bias.
    int create_working(TensorId id);
    /// The same for operators that can write any layout: a model output is written directly, what
    /// is only reshaped, or read by convolutions that prefer few channels dense, is left dense.
    int create_any(TensorId id);
    /// `output` is another view of the stored tensor's elements, which must lie densely.
    void alias(TensorId output, int stored);
    /// The same when the bytes also mean `output` in that dtype's plain or re-biased form.
    void alias_as(TensorId output, int stored, bool rebiased);
    /// A tensor of the graph's values in another shape, in working form, not known to the graph.
    int create_view(TensorId id, const Shape &shape);
    /// A tensor of `id`'s type and quantization with values that no tensor of the graph has.
    int create_intermediate(TensorId id, const Shape &shape);
    /// What a call writes of `stored` when others write the rest; the last of them names `stored`.
    int create_part(int stored);
    /// Uninitialised memory for the duration of one call, or for what later calls read.
    int scratch(const std::string &name, int64_t bytes);
    /// Copies what is not yet where the caller wants it into the model's outputs.
    void finish();

    /// An activation's argument, `offset` bytes into it.
    Argument argument(int stored, int64_t offset = 0) const;
    /// A constant in the weights, 64-byte aligned; equal constants share their place.
    template <typename T>
    Argument constant(const std::vector<T> &values) {
        return constant_bytes(values.data(), values.size() * sizeof(T));
    }

    /// A kernel and its arguments. `generator` names the entry of compiler/emit/generate.cpp,
    /// `spec` and `knobs` are its description, `types` the part of the symbol that tells them
    /// (u8_u8_s8pc).
    struct Step {
        std::string generator, types;
        nlohmann::json spec, knobs;
        const generators::Signature *signature = nullptr;
        NamedArguments arguments;
        std::vector<int> inputs, outputs;
        bool in_place = false;
        int calls = 1; ///< that share the operator's multiplications
    };
    void call(const Operator &op, const Step &step);

    /// Whether the elements of a stored tensor follow one another without gaps.
    static bool dense(const StoredTensor &tensor);
    /// How a stored tensor's dtype is called in specifications: u8, s8, s32, f32.
    static std::string type_name(const StoredTensor &tensor);
    /// The stored zero point: the graph's, plus 128 when re-biased.
    int32_t zero_point(int stored) const;

    /// Narrows what is known of a stored tensor's values.
    void set_values(int stored, int32_t lo, int32_t hi);

    void note(const std::string &line) { program_.notes.push_back(line); }

private:
    schedules::Capabilities capabilities() const;
    StoredTensor describe(TensorId id) const;
    bool read_dense(TensorId id) const;
    bool final_output(TensorId id) const;
    int create_output(TensorId id);
    int add(StoredTensor tensor);
    void convert(const std::string &name, int from, int to);
    Argument constant_bytes(const void *data, size_t bytes);

    const Graph &graph_;
    const Target &target_;
    const schedules::Family &family_;
    const schedules::Tuned &tuned_;
    Program &program_;
    std::map<TensorId, int> stored_, working_;
    std::map<std::string, int> kernels_;
    std::map<uint64_t, std::vector<std::pair<uint64_t, size_t>>>
        constants_; ///< hash: (offset, bytes)
    std::vector<bool> model_output_, consumed_;
};

} // namespace octet::lower
