#include "compiler/emit/ir_shapes.h"

namespace octet::emit {

using namespace Halide;
using namespace Halide::Internal;

const char *const address_of = "octet_address_of";

namespace {

Expr first_of(Type type, const std::string &name, const Expr &index, const Buffer<> &image,
              const Parameter &param) {
    const Ramp *ramp = index.as<Ramp>();
    const Expr load = Load::make(type.element_of(), name, ramp ? ramp->base : index, image, param,
                                 const_true(), ModulusRemainder());
    return Call::make(type_of<void *>(), address_of, {load}, Call::PureExtern);
}

void collect_terms(const Expr &e, bool negative, std::vector<Sum> &result) {
    if (const Add *add = e.as<Add>()) {
        collect_terms(add->a, negative, result);
        collect_terms(add->b, negative, result);
    } else if (const Sub *sub = e.as<Sub>()) {
        collect_terms(sub->a, negative, result);
        collect_terms(sub->b, !negative, result);
    } else {
        result.push_back({e, negative});
    }
}

void collect_statements(const Stmt &body, std::vector<Stmt> &result) {
    if (const Block *block = body.as<Block>()) {
        collect_statements(block->first, result);
        collect_statements(block->rest, result);
    } else {
        result.push_back(body);
    }
}

/// What a vector expression widens from: the operand of the casts around it.
Expr narrowest(Expr e) {
    while (const Cast *cast = e.as<Cast>())
        e = cast->value;
    return e;
}

/// Takes the first lane of operations on vectors of equal lanes.
class OneLane : public IRMutator {
public:
    bool failed = false;

private:
    using IRMutator::visit;
    Expr visit(const Broadcast *broadcast) override {
        return broadcast->value.type().is_scalar() ? broadcast->value : mutate(broadcast->value);
    }
    Expr visit(const Ramp *ramp) override { return fail(ramp); }
    Expr visit(const Load *load) override { return load->type.is_scalar() ? load : fail(load); }
    Expr visit(const Shuffle *shuffle) override { return fail(shuffle); }
    Expr visit(const VectorReduce *reduce) override { return fail(reduce); }
    Expr visit(const Cast *cast) override {
        return Cast::make(cast->type.element_of(), mutate(cast->value));
    }
    Expr visit(const Call *call) override { return call->type.is_scalar() ? call : fail(call); }
    Expr visit(const Variable *variable) override {
        return variable->type.is_scalar() ? variable : fail(variable);
    }
    Expr fail(const Expr &e) {
        failed = true;
        return make_zero(e.type().element_of());
    }
};

} // namespace

bool as_constant(const Expr &e, int64_t &value) {
    const Expr simple = simplify(e);
    const Broadcast *broadcast = simple.as<Broadcast>();
    const Expr lane = broadcast ? broadcast->value : simple;
    if (const auto constant = as_const_int(lane)) {
        value = *constant;
        return true;
    }
    if (const auto constant = as_const_uint(lane)) {
        value = int64_t(*constant);
        return true;
    }
    return false;
}

const Load *dense_load(const Expr &e, Type type) {
    const Load *load = e.as<Load>();
    const Ramp *ramp = load ? load->index.as<Ramp>() : nullptr;
    return ramp && is_const_one(ramp->stride) && is_const_one(load->predicate) && load->type == type
               ? load
               : nullptr;
}

std::vector<Stmt> statements(const Stmt &body) {
    std::vector<Stmt> result;
    collect_statements(body, result);
    return result;
}

Expr first_index(const Load *load) {
    const Ramp *ramp = load->index.as<Ramp>();
    return ramp ? ramp->base : load->index;
}

Expr address(const Load *load) {
    return first_of(load->type, load->name, load->index, load->image, load->param);
}

Expr address(const Store *store) {
    return first_of(store->value.type(), store->name, store->index, Buffer<>(), store->param);
}

bool advances(const Load *load, const std::string &loop, int64_t elements) {
    const Expr index = first_index(load);
    const Expr next = substitute(loop, Variable::make(Int(32), loop) + 1, index);
    int64_t step = 0;
    return as_constant(next - index, step) && step == elements;
}

bool match_products(const Expr &e, Products &products) {
    if (const Cast *cast = e.as<Cast>())
        return match_products(cast->value, products);
    if (const Mul *mul = e.as<Mul>()) {
        products = {narrowest(mul->a), narrowest(mul->b)};
        return true;
    }
    const Call *call = e.as<Call>();
    if (!call || !call->is_intrinsic(Call::widening_mul))
        return false;
    products = {narrowest(call->args[0]), narrowest(call->args[1])};
    return true;
}

std::vector<Sum> terms(const Expr &e) {
    std::vector<Sum> result;
    collect_terms(e, false, result);
    return result;
}

Expr one_lane(const Expr &e) {
    if (e.type().is_scalar())
        return e;
    OneLane lane;
    const Expr result = lane.mutate(e);
    return lane.failed ? Expr() : result;
}

} // namespace octet::emit
