#include "compiler/emit/select_scalar.h"

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

/// `e` is an int32 made wider: that int32, else undefined.
Expr widened(const Expr &e) {
    const Cast *cast = e.as<Cast>();
    return cast && e.type() == Int(64) && cast->value.type() == Int(32) ? cast->value : Expr();
}

/// What a shift to the right by a constant shifts, else undefined; sets `bits`. Halide divides
/// towards minus infinity, so a division by a power of two is a shift as well.
Expr shifted_right(const Expr &e, int64_t &bits) {
    if (const Div *div = e.as<Div>()) {
        const auto divisor = as_const_int(div->b);
        if (!divisor || *divisor < 1 || (*divisor & (*divisor - 1)) != 0)
            return {};
        for (bits = 0; int64_t{1} << bits < *divisor;)
            ++bits;
        return div->a;
    }
    const Call *call = e.as<Call>();
    if (!call || !call->is_intrinsic(Call::shift_right))
        return {};
    if (const auto constant = as_const_int(call->args[1]))
        bits = *constant;
    else if (const auto constant = as_const_uint(call->args[1]))
        bits = int64_t(*constant);
    else
        return {};
    return call->args[0];
}

class Selector : public IRMutator {
public:
    Selector(const std::set<std::string> &available, std::set<std::string> &selected)
        : available_(available), selected_(selected) {}

private:
    using IRMutator::visit;

    Expr select(const std::string &name, const std::string &function,
                const std::vector<Expr> &arguments) {
        selected_.insert(name);
        return Call::make(Int(32), function, arguments, Call::PureExtern);
    }

    /// The factors of (i32)((i64)a * (i64)b >> 32), or undefined ones.
    static std::pair<Expr, Expr> high_product(const Expr &e) {
        const Cast *cast = e.as<Cast>();
        int64_t bits = 0;
        const Expr wide = cast && e.type() == Int(32) ? shifted_right(cast->value, bits) : Expr();
        const Mul *mul = wide.defined() && bits == 32 ? wide.as<Mul>() : nullptr;
        return mul ? std::pair(widened(mul->a), widened(mul->b)) : std::pair<Expr, Expr>();
    }

    Expr visit(const Add *add) override {
        const char *const name = available_.count("smmla") != 0 ? "smmla" : "mulh";
        if (available_.count(name) != 0)
            for (const bool swapped : {false, true}) {
                const auto [a, b] = high_product(swapped ? add->b : add->a);
                if (a.defined() && b.defined())
                    return select(name, "octet_smmla",
                                  {mutate(a), mutate(b), mutate(swapped ? add->a : add->b)});
            }
        return IRMutator::visit(add);
    }

    Expr visit(const Call *call) override {
        int64_t bits = 0;
        const bool saturates = available_.count("ssat") != 0 && call->type == Int(8) &&
                               call->is_intrinsic(Call::saturating_cast);
        const Expr value = saturates ? shifted_right(call->args[0], bits) : Expr();
        if (!value.defined() || !(value.type() == Int(32)) || bits < 1 || bits > 31)
            return IRMutator::visit(call);
        return cast(Int(8), select("ssat", "octet_ssat8", {mutate(value), int(bits)}));
    }

    const std::set<std::string> &available_;
    std::set<std::string> &selected_;
};

} // namespace

const std::set<std::string> &scalar_instructions() {
    static const std::set<std::string> names = {"mulh", "smlal", "smmla", "ssat"};
    return names;
}

Stmt select_scalar(const Stmt &body, const std::set<std::string> &available,
                   std::set<std::string> &selected) {
    return Selector(available, selected).mutate(body);
}

} // namespace octet::emit
