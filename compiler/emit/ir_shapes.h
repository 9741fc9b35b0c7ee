// Questions about Halide's IR that instruction selection asks.
#pragma once

#include <Halide.h>

#include <string>
#include <vector>

namespace octet::emit {

/// The value of an integer expression, or of every lane, when it is a constant.
bool as_constant(const Halide::Expr &e, int64_t &value);

/// A load of adjacent elements of that type, or null.
const Halide::Internal::Load *dense_load(const Halide::Expr &e, Halide::Type type);

/// The statements of a body in order.
std::vector<Halide::Internal::Stmt> statements(const Halide::Internal::Stmt &body);

/// Where a vector load or store begins.
Halide::Expr first_index(const Halide::Internal::Load *load);

/// The address of what is loaded or stored, as an argument of a function on memory. IR has no
/// addresses: it is a call of `address_of` on a load of the first element.
Halide::Expr address(const Halide::Internal::Load *load);
Halide::Expr address(const Halide::Internal::Store *store);
extern const char *const address_of;

/// Whether a load moves on by so many elements with each turn of a loop.
bool advances(const Halide::Internal::Load *load, const std::string &loop, int64_t elements);

/// The operands of products, in the narrowest types that they come from.
struct Products {
    Halide::Expr a, b;
};
bool match_products(const Halide::Expr &e, Products &products);

/// A sum's terms.
struct Sum {
    Halide::Expr e;
    bool negative = false;
};
std::vector<Sum> terms(const Halide::Expr &e);

/// A vector of equal lanes as one of them; undefined when they may differ.
Halide::Expr one_lane(const Halide::Expr &e);

} // namespace octet::emit
