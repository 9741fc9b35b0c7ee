// One operator of a .tflite file while it is being translated.
//
// The frame (kind, name, inputs and outputs with sound indices) is filled in before; import_<kind>
// sets the attributes from the options table, turns inputs that only parametrize the operator
// (axes, pads, a permutation) into attributes, and leaves the data inputs. What it does not read it
// leaves to check_<kind>. A builtin that Graph says in other words becomes an operator of another
// kind (STRIDED_SLICE of data) or several (SPLIT).
#pragma once

#include "compiler/graph/check_operator.h"
#include "compiler/import/tflite/tflite_generated.h"

namespace octet::tflite {

class OperatorReader : public OperatorCheck {
public:
    OperatorReader(const schema::Operator &source, Graph &graph, Operator &op)
        : OperatorCheck(graph, op), source_(source), graph_(graph), op_(op) {}

    /// Operators that follow the one being read and belong to it; their names are still to be made.
    std::vector<Operator> &following() { return following_; }

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
    /// Puts the inputs with these indices in place of all.
    void select_inputs(std::initializer_list<size_t> indices);
    void become(OpKind kind) { op_.kind = kind; }
    /// Takes all outputs but the first away from the operator and returns all.
    std::vector<TensorId> take_outputs();
    using OperatorCheck::output_shape;
    /// The same of an output that has been taken.
    void output_shape(TensorId output, const Shape &expected) const;
    /// The operator writes a new tensor like its output, of this shape; a RESHAPE behind it writes
    /// the output.
    void reshape_output(Shape shape);
    void note(std::string text) { graph_.notes.push_back(std::move(text)); }
    Tensor &mutable_input(size_t i) { return graph_.tensor(op_.inputs.at(i)); }

    /// The fused activation; throws for those that Octet does not have.
    Activation activation(schema::ActivationFunctionType type) const;

    /// What SAME or VALID means for a window of these extents over `image`, by TFLite's formula.
    Padding padding(schema::Padding scheme, const Tensor &image, int kernel_h, int kernel_w,
                    int stride_h, int stride_w, int dilation_h = 1, int dilation_w = 1) const;

    /// Elements of input i, a constant of int32 or int64; `role` names it in messages.
    std::vector<int64_t> integers(size_t i, const char *role) const;

    /// `axis`, counted from the end when negative, of a tensor with `rank` dimensions.
    int axis(int64_t axis, size_t rank) const;

private:
    const schema::Operator &source_;
    Graph &graph_;
    Operator &op_;
    std::vector<Operator> following_;
};

/// SPLIT has no kind of its own: it becomes one slice per output.
void import_split(OperatorReader &reader);

#define OCTET_OPERATOR(kind, tflite, code) void import_##kind(OperatorReader &reader);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) void import_##kind(OperatorReader &reader);
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

} // namespace octet::tflite
