// Plan: which tensors become integers, on which grids.
//
// Operators that move or compare stored values (pools, reshapes, concatenations) have one grid for
// all their tensors; softmax, logistic and tanh have the grids that all engines expect. All other
// activations get theirs from what calibration saw.
#pragma once

#include "compiler/quantize/observe.h"
#include "compiler/quantize/options.h"

namespace octet::quantize {

struct ActivationPlan {
    bool integer = false;
    Grid grid;
    Affine affine;
    Range range;        ///< as chosen, before the grid
    TensorId group = 0; ///< tensors of one group share a grid; the group's is that of this tensor
    bool adjustable = false; ///< neither the user nor the operator has fixed the range
};

struct Plan {
    std::vector<LayerScheme> layers;     ///< by operator
    std::vector<ActivationPlan> tensors; ///< by tensor; constants have none
    std::vector<std::string> notes;

    const ActivationPlan &of(TensorId id) const { return tensors.at(size_t(id)); }
};

/// Input and output of the kind must have one grid.
bool shares_grid(OpKind kind);

/// A range that the user gives for one tensor holds for its whole group. Throws UsageError for one
/// that names no tensor or one that stays float, contradicts another of the group, or is given
/// where the operator fixes the grid.
Plan make_plan(const Graph &graph, const Statistics &statistics, const Options &options);

/// Gives all tensors of a group another range.
void set_range(Plan &plan, TensorId group, const Range &range);

/// How an operator that writes `output` reads `input`: on its grid or, where the two differ in
/// type, on one of the output's type for the same range.
ActivationPlan operand_plan(const Plan &plan, TensorId input, TensorId output);

/// The type of a grid's integers.
DType dtype_of(const Grid &grid);

/// Replaces each value by the real value of the integer that would stand for it.
void fake_quantize(std::span<float> values, const ActivationPlan &plan);

/// The share of values outside of what the grid represents, by more than half a step.
double saturated_share(std::span<const float> values, const ActivationPlan &plan);

} // namespace octet::quantize
