// Appending operators that work element by element.
#pragma once

#include "compiler/import/onnx/node.h"

namespace octet::onnx {

/// Appends an operator of two operands, broadcast as numpy does, in the order of axes in which the
/// larger one lies in memory; constants are permuted to it.
Value binary(const Node &node, OpKind kind, const std::string &suffix, const Value &left,
             const Value &right, Attributes attributes);

/// Appends an operator of an activation and one number.
Value with_constant(const Node &node, OpKind kind, const std::string &suffix, const Value &value,
                    float constant, Attributes attributes);

/// Appends an operator of one operand, whose view the result has.
Value unary(const Node &node, OpKind kind, const std::string &suffix, const Value &value,
            Attributes attributes = {});

} // namespace octet::onnx
