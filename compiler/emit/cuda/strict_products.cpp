#include "compiler/emit/cuda/strict_products.h"

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

class StrictProducts : public IRMutator {
    using IRMutator::visit;

    Expr visit(const Call *op) override {
        const Expr mutated = IRMutator::visit(op);
        const auto *call = mutated.as<Call>();
        if (!call || !call->is_intrinsic(Call::strict_mul) || call->type.element_of() != Float(32))
            return mutated;
        // The name of LLVM's intrinsic; a function of scalars is called lane by lane.
        return Call::make(call->type, "llvm.nvvm.mul.rn.f", call->args, Call::PureExtern);
    }
};

} // namespace

Stmt keep_strict_products(const Stmt &kernel) {
    return StrictProducts().mutate(kernel);
}

} // namespace octet::emit
