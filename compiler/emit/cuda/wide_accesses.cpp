#include "compiler/emit/cuda/wide_accesses.h"

#include <algorithm>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

constexpr int widest = 16; ///< bytes

class WideAccesses : public IRMutator {
    using IRMutator::visit;

    static void align(Parameter argument) {
        if (argument.defined())
            argument.set_host_alignment(std::max(widest, argument.host_alignment()));
    }

    /// The index of the first of four words where the 16 bytes at `index` are an aligned run of an
    /// argument; else undefined.
    static Expr words(const Type &type, const Expr &index, const Expr &predicate,
                      const Parameter &argument, const ModulusRemainder &alignment) {
        const auto *ramp = index.as<Ramp>();
        const bool bytes = type.bits() == 8 && type.lanes() == widest;
        const bool aligned = alignment.modulus % widest == 0 && alignment.remainder % widest == 0;
        if (!argument.defined() || !bytes || !aligned || !ramp || !is_const_one(ramp->stride) ||
            !is_const_one(predicate))
            return {};
        return Ramp::make(simplify(ramp->base / 4), 1, 4);
    }
    static ModulusRemainder in_words(const ModulusRemainder &alignment) {
        return {alignment.modulus / 4, alignment.remainder / 4};
    }

    Expr visit(const Load *op) override {
        align(op->param);
        const Expr at = words(op->type, op->index, op->predicate, op->param, op->alignment);
        if (!at.defined())
            return IRMutator::visit(op);
        return reinterpret(op->type, Load::make(Int(32, 4), op->name, at, op->image, op->param,
                                                const_true(4), in_words(op->alignment)));
    }
    Stmt visit(const Store *op) override {
        align(op->param);
        const Expr at = words(op->value.type(), op->index, op->predicate, op->param, op->alignment);
        if (!at.defined())
            return IRMutator::visit(op);
        return Store::make(op->name, reinterpret(Int(32, 4), mutate(op->value)), at, op->param,
                           const_true(4), in_words(op->alignment));
    }
};

} // namespace

Stmt widen_accesses(const Stmt &kernel) {
    return WideAccesses().mutate(kernel);
}

} // namespace octet::emit
