// One operator of a .tflite file while it is being translated.
//
// The frame (kind, name, inputs and outputs with sound indices) is filled in before; import_<kind>
// sets the attributes from the options table, turns inputs that only parametrize the operator
// (axes, pads, a permutation) into attributes, and leaves the data inputs. What it does not read it
// leaves to check_<kind>.
#pragma once

#include "compiler/graph/check_operator.h"
#include "compiler/import/tflite/tflite_generated.h"

namespace octet::tflite {

class OperatorReader : public OperatorCheck {
public:
    OperatorReader(const schema::Operator &source, Graph &graph, Operator &op)
        : OperatorCheck(graph, op), source_(source), graph_(graph), op_(op) {}

    /// The options table of type T, or nothing when the file has none.
    template <typename T>
    const T *optional_options() const {
        return source_.builtin_options_as<T>();
    }
    /// The options table of type T, without which the operator means nothing.
    template <typename T>
    const T &options() const {
        if (const T *found = optional_options<T>())
            return *found;
        fail("it has no options of its kind; convert the network again");
    }

    void set(Attributes attributes) { op_.attributes = std::move(attributes); }
    /// Keeps the first `count` inputs; those behind parametrize the operator and have been read.
    void keep_inputs(size_t count) { op_.inputs.resize(count, no_tensor); }
    void note(std::string text) { graph_.notes.push_back(std::move(text)); }
    Tensor &mutable_input(size_t i) { return graph_.tensor(op_.inputs.at(i)); }

    /// The fused activation; throws for those that Octet does not have.
    Activation activation(schema::ActivationFunctionType type) const;

    /// What SAME or VALID means for a window of these extents over the input, by TFLite's formula.
    Padding padding(schema::Padding scheme, int kernel_h, int kernel_w, int stride_h, int stride_w,
                    int dilation_h = 1, int dilation_w = 1) const;

    /// Elements of input i, a constant of int32 or int64; `role` names it in messages.
    std::vector<int64_t> integers(size_t i, const char *role) const;

    /// `axis`, counted from the end when negative, of a tensor with `rank` dimensions.
    int axis(int64_t axis, size_t rank) const;

private:
    const schema::Operator &source_;
    Graph &graph_;
    Operator &op_;
};

#define OCTET_OPERATOR(kind, tflite, code) void import_##kind(OperatorReader &reader);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) void import_##kind(OperatorReader &reader);
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

} // namespace octet::tflite
