#include "compiler/emit/select_instructions.h"

#include "compiler/emit/ir_shapes.h"
#include "compiler/emit/select_mve.h"
#include "compiler/emit/select_scalar.h"
#include "compiler/emit/select_tiles.h"
#include "compiler/emit/share_loads.h"

#include "compiler/support/error.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

/// A load of four adjacent bytes in the order 0, 2, 1, 3, or null.
const Load *even_odd_load(const Expr &e) {
    const Shuffle *shuffle = e.as<Shuffle>();
    if (!shuffle || shuffle->vectors.size() != 1 ||
        shuffle->indices != std::vector<int>{0, 2, 1, 3})
        return nullptr;
    return dense_load(shuffle->vectors[0], Int(8, 4));
}

/// Bytes by which what begins at `first`, in elements of `type`, is known to be aligned, 1 to 8,
/// when its buffer is.
int alignment_of(const Type &type, const Expr &first) {
    const ModulusRemainder index = modulus_remainder(first);
    const int64_t bytes = type.bytes();
    for (const int alignment : {8, 4, 2})
        if (alignment >= bytes && index.modulus % (alignment / bytes) == 0 &&
            index.remainder % (alignment / bytes) == 0)
            return alignment;
    return 1;
}

/// The elements of `load` as one word.
Expr load_word(const Load *load) {
    const int bits = load->type.bits() * load->type.lanes();
    std::string name = "octet_load" + std::to_string(bits);
    // Arena and scratch are aligned; arguments that the caller owns need not be.
    if (bits == 64 && alignment_of(load->type, first_index(load)) >= 4 && !load->param.defined())
        name += "_a4";
    return Call::make(UInt(bits), name, {address(load)}, Call::PureExtern);
}

/// Four weights as one word. Where neighbouring words are loaded together, each is half of a load
/// of 64 bits, which the compiler makes once; constants are aligned as their indices are.
Expr load_weights(const Load *load) {
    const Expr index = first_index(load);
    const ModulusRemainder place = modulus_remainder(index);
    if (place.modulus % 8 != 0 || place.remainder % 4 != 0)
        return load_word(load);
    const bool high = place.remainder % 8 != 0;
    const Expr pair =
        Load::make(load->type.element_of(), load->name, high ? simplify(index - 4) : index,
                   load->image, load->param, const_true(), ModulusRemainder());
    const Expr words =
        Call::make(UInt(64), "octet_load64_a4", {address(pair.as<Load>())}, Call::PureExtern);
    return cast(UInt(32), high ? words >> 32 : words);
}

class Selector : public IRMutator {
public:
    explicit Selector(const std::vector<std::string> &names) : names_(names.begin(), names.end()) {}

    std::set<std::string> selected;

private:
    using IRMutator::visit;

    bool has(const std::string &name) const { return names_.count(name) != 0; }
    Expr call(Type type, const std::string &name, const std::vector<Expr> &arguments) {
        selected.insert(name);
        return Call::make(type, "octet_" + name, arguments, Call::PureExtern);
    }

    /// Generators can only name a value where a function on memory wants its address.
    Expr visit(const Call *call) override {
        const bool on_memory = call->name.rfind("octet_load", 0) == 0 && call->args.size() == 1;
        const Load *load = on_memory ? call->args[0].as<Load>() : nullptr;
        return load ? Call::make(call->type, call->name, {address(load)}, call->call_type)
                    : IRMutator::visit(call);
    }

    Expr visit(const Add *add) override {
        for (const bool swapped : {false, true}) {
            const Expr &sum = swapped ? add->b : add->a, &acc = swapped ? add->a : add->b;
            const VectorReduce *reduce = sum.as<VectorReduce>();
            Products products;
            if (!reduce || reduce->op != VectorReduce::Add || !(add->type == Int(32)) ||
                !match_products(reduce->value, products))
                continue;
            if (const Expr dot = select_dot(acc, products); dot.defined())
                return dot;
        }
        return IRMutator::visit(add);
    }

    Expr select_dot(const Expr &acc, const Products &products) {
        if (has("dot4_s16_s8"))
            for (const auto &[a, b] : {products, Products{products.b, products.a}}) {
                const Load *left = dense_load(a, Int(16, 4)), *right = even_odd_load(b);
                if (left && right)
                    return call(Int(32), "dot4_s16_s8",
                                {mutate(acc), load_word(left), load_weights(right)});
            }
        if (has("dot4_s8_s8")) {
            const Load *left = dense_load(products.a, Int(8, 4));
            const Load *right = dense_load(products.b, Int(8, 4));
            if (left && right)
                return call(Int(32), "dot4_s8_s8",
                            {mutate(acc), load_word(left), load_weights(right)});
        }
        return {};
    }

    Stmt visit(const Store *store) override {
        const Ramp *to = store->index.as<Ramp>();
        const bool four = store->value.type() == Int(16, 4) && to && is_const_one(to->stride) &&
                          is_const_one(store->predicate);
        if (!four)
            return IRMutator::visit(store);
        const Cast *cast = store->value.as<Cast>();
        const Load *load = cast ? dense_load(cast->value, Int(8, 4)) : nullptr;
        const Broadcast *splat = store->value.as<Broadcast>();
        if (has("widen4_s8") && load)
            return store_word(store, call(UInt(64), "widen4_s8", {load_word(load)}));
        if (has("splat4_s16") && splat)
            return store_word(store, call(UInt(64), "splat4_s16", {mutate(splat->value)}));
        return IRMutator::visit(store);
    }

    /// Stores a word of 64 bits where `store` stores its elements.
    Stmt store_word(const Store *store, const Expr &word) {
        const Ramp *to = store->index.as<Ramp>();
        const bool aligned = alignment_of(store->value.type(), to->base) >= 4;
        return Evaluate::make(Call::make(Int(32), aligned ? "octet_store64_a4" : "octet_store64",
                                         {address(store), word}, Call::Extern));
    }

    std::set<std::string> names_;
};

} // namespace

Selection select_instructions(const Stmt &body, const octet::Target &target) {
    Selector selector(target.instructions);
    Selection result;
    const std::set<std::string> available(target.instructions.begin(), target.instructions.end());
    for (const std::string &name : available)
        if (!known_instructions().count(name))
            throw Error("target {}: instruction {} is not known; use {}", target.name, name,
                        fmt::join(known_instructions(), ", "));
    result.body = body;
    for (const auto &select : {select_mve, select_tiles, select_scalar})
        result.body = select(result.body, available, result.instructions);
    result.body = share_loads(selector.mutate(result.body));
    result.instructions.merge(selector.selected);
    return result;
}

bool adds_products(const std::string &instruction) {
    return instruction.rfind("dot", 0) == 0 || instruction == "depthwise";
}

const std::set<std::string> &known_instructions() {
    static const std::set<std::string> names = [] {
        std::set<std::string> names = mve_instructions();
        names.insert({"dot4_s16_s8", "dot4_s8_s8", "splat4_s16", "widen4_s8"});
        names.insert(scalar_instructions().begin(), scalar_instructions().end());
        names.insert(tile_instructions().begin(), tile_instructions().end());
        return names;
    }();
    return names;
}

} // namespace octet::emit
