#include "compiler/emit/select_mve.h"

#include "compiler/emit/ir_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

constexpr int dot_elements = 16, tile_channels = 4;

/// acc[index] += the dot product of two runs of sixteen bytes.
struct Dot {
    const Store *store = nullptr;
    int64_t index = 0;
    const Load *a = nullptr, *b = nullptr;
};

std::optional<Dot> match_dot(const Stmt &statement) {
    const Store *store = statement.as<Store>();
    const Add *add = store ? store->value.as<Add>() : nullptr;
    if (!add || !(add->type == Int(32)))
        return {};
    for (const bool swapped : {false, true}) {
        const VectorReduce *reduce = (swapped ? add->b : add->a).as<VectorReduce>();
        const Load *acc = (swapped ? add->a : add->b).as<Load>();
        Dot dot{store};
        Products products;
        if (!reduce || reduce->op != VectorReduce::Add || !acc || acc->name != store->name ||
            !equal(acc->index, store->index) || !as_constant(store->index, dot.index) ||
            !match_products(reduce->value, products))
            continue;
        dot.a = dense_load(products.a, Int(8, dot_elements));
        dot.b = dense_load(products.b, Int(8, dot_elements));
        if (dot.a && dot.b)
            return dot;
    }
    return {};
}

/// The distance in elements between what two loads load, when it is a constant.
bool distance(const Load *from, const Load *to, int64_t &elements) {
    return from->name == to->name && as_constant(first_index(to) - first_index(from), elements);
}

/// A tile of dot products: `pixels` runs of activations by four runs of weights.
struct Tile {
    const Load *x = nullptr, *w = nullptr;
    int pixels = 0;
    int64_t apart = 0; ///< of the pixels' runs
    Expr acc;          ///< the first accumulator
};

std::optional<Tile> match_tile(std::vector<Dot> dots, bool swapped) {
    std::sort(dots.begin(), dots.end(),
              [](const Dot &a, const Dot &b) { return a.index < b.index; });
    const auto x = [&](const Dot &dot) { return swapped ? dot.b : dot.a; };
    const auto w = [&](const Dot &dot) { return swapped ? dot.a : dot.b; };
    const Dot &first = dots.front();
    Tile tile{x(first), w(first), int(dots.size()) / tile_channels, 0, address(first.store)};
    for (size_t i = 0; i < dots.size(); ++i) {
        const int64_t pixel = int64_t(i) / tile_channels, channel = int64_t(i) % tile_channels;
        int64_t of_x = 0, of_w = 0;
        if (dots[i].store->name != first.store->name || dots[i].index != first.index + int64_t(i) ||
            !distance(x(first), x(dots[i]), of_x) || !distance(w(first), w(dots[i]), of_w))
            return {};
        if (pixel == 1 && channel == 0)
            tile.apart = of_x;
        if (of_x != pixel * tile.apart || of_w != channel * dot_elements)
            return {};
    }
    return tile;
}

/// As many of the `count` statements from `begin` on as form a tile, or none.
std::optional<Tile> match_tile(const std::vector<Stmt> &body, size_t begin, size_t count) {
    if (begin + count > body.size())
        return {};
    std::vector<Dot> dots;
    for (size_t i = begin; i < begin + count; ++i) {
        const std::optional<Dot> dot = match_dot(body[i]);
        if (!dot)
            return {};
        dots.push_back(*dot);
    }
    for (const bool swapped : {false, true})
        if (std::optional<Tile> tile = match_tile(dots, swapped))
            return tile;
    return {};
}

/// The constants and shifts of an epilogue over up to four accumulators. The constants are vectors,
/// or all of them those of one channel.
struct Requantization {
    const Load *acc = nullptr;
    Expr r, m, d;
    int64_t left = 0, shift = 0, lo = -128, hi = 127;
};

/// -1 where acc is negative, else 0.
bool is_sign(const Expr &e, const Expr &acc) {
    int64_t bits = 0;
    if (const Select *select = e.as<Select>()) {
        const LT *negative = select->condition.as<LT>();
        return negative && equal(negative->a, acc) && is_const_zero(negative->b) &&
               is_const(select->true_value, -1) && is_const_zero(select->false_value);
    }
    const Call *call = e.as<Call>();
    return call && call->is_intrinsic(Call::shift_right) && equal(call->args[0], acc) &&
           as_constant(call->args[1], bits) && bits == 31;
}

/// Adjacent constants, or one for all lanes.
bool is_constants(const Expr &e) {
    return e.as<Broadcast>() || dense_load(e, e.type());
}

/// rdmulh(acc << left, m)
bool match_high_product(const Expr &e, Requantization &match) {
    const Call *product = e.as<Call>();
    int64_t bits = 0;
    if (!product || !product->is_intrinsic(Call::rounding_mul_shift_right) ||
        !as_constant(product->args[2], bits) || bits != 31)
        return false;
    for (const bool swapped : {false, true}) {
        Expr acc = product->args[swapped ? 1 : 0];
        match.left = 0;
        if (const Call *shift = acc.as<Call>(); shift && shift->is_intrinsic(Call::shift_left) &&
                                                as_constant(shift->args[1], match.left))
            acc = shift->args[0];
        match.acc = dense_load(acc, product->type);
        match.m = product->args[swapped ? 0 : 1];
        if (match.acc && is_constants(match.m) && !match.acc->param.defined())
            return true;
    }
    return false;
}

std::optional<Requantization> match_requantization(const Expr &value) {
    Requantization match;
    Expr e = value;
    for (;;) {
        if (const Max *max = e.as<Max>(); max && as_constant(max->b, match.lo))
            e = max->a;
        else if (const Min *min = e.as<Min>(); min && as_constant(min->b, match.hi))
            e = min->a;
        else
            break;
    }
    const Call *narrow = e.as<Call>();
    if (!narrow || !narrow->is_intrinsic(Call::saturating_cast) ||
        !(narrow->type.element_of() == Int(8)) || narrow->type.lanes() > 4 ||
        !(narrow->args[0].type().element_of() == Int(32)))
        return {};
    Expr sum = narrow->args[0];
    // A sum that is shifted by 1 is an intrinsic of its own.
    if (const Call *shift = sum.as<Call>(); shift && shift->is_intrinsic(Call::halving_add)) {
        match.shift = 1;
        sum = shift->args[0] + shift->args[1];
    } else if (shift && shift->is_intrinsic(Call::halving_sub)) {
        match.shift = 1;
        sum = shift->args[0] - shift->args[1];
    } else if (shift && shift->is_intrinsic(Call::shift_right) &&
               as_constant(shift->args[1], match.shift)) {
        sum = shift->args[0];
    }
    Expr tie;
    for (const Sum &term : terms(sum)) {
        const Call *call = term.e.as<Call>();
        if (term.negative && call && call->is_intrinsic(Call::bitwise_and))
            tie = term.e;
        else if (!term.negative && call && match_high_product(term.e, match))
            continue;
        else if (!term.negative && !match.r.defined() && is_constants(term.e))
            match.r = term.e;
        else
            return {};
    }
    if (!match.acc || !match.r.defined())
        return {};
    if (!tie.defined())
        return match;
    for (const bool swapped : {false, true}) {
        const Call *both = tie.as<Call>();
        if (is_sign(both->args[swapped ? 1 : 0], match.acc))
            match.d = both->args[swapped ? 0 : 1];
    }
    return match.d.defined() && is_constants(match.d) ? std::optional(match) : std::nullopt;
}

/// Dot products of 4 x 4 bytes for four pixels, equally far apart, with the same weights.
struct Columns {
    const Load *x = nullptr, *w = nullptr;
    int64_t pixels = 0;  ///< distance of the pixels
    std::string columns; ///< of the columns
};

/// A call of a function of one pixel for a vector of them.
std::optional<Columns> match_columns(const Expr &e) {
    const std::string name = "octet_dot4x4_s8<";
    const Call *dots = e.as<Call>();
    if (!dots || !(dots->type == Int(32, 4)) || dots->name.rfind(name, 0) != 0)
        return {};
    const Broadcast *w = dots->args[1].as<Broadcast>();
    Columns match{dots->args[0].as<Load>(), w ? w->value.as<Load>() : nullptr, 0,
                  dots->name.substr(name.size(), dots->name.size() - name.size() - 1)};
    const Ramp *pixels = match.x ? match.x->index.as<Ramp>() : nullptr;
    if (!pixels || !match.w || !as_constant(pixels->stride, match.pixels))
        return {};
    return match;
}

class MveSelector : public IRMutator {
public:
    MveSelector(const std::set<std::string> &available, std::set<std::string> &selected)
        : available_(available), selected_(selected) {}

private:
    using IRMutator::visit;

    bool has(const std::string &name) const { return available_.count(name) != 0; }
    Stmt call(const std::string &name, const std::string &constants,
              const std::vector<Expr> &arguments) {
        selected_.insert(name);
        return Evaluate::make(Call::make(Int(32), fmt::format("octet_{}<{}>", name, constants),
                                         arguments, Call::Extern));
    }

    Stmt dot(const Tile &tile, int64_t steps, const Expr &x, const Expr &w) {
        // The input as it lies in memory may end within the last step, its weights are 0 from
        // there.
        int64_t extent = 0, tail = dot_elements;
        if (tile.x->param.defined() && as_constant(tile.x->param.extent_constraint(0), extent) &&
            extent < steps * dot_elements)
            tail = extent - (steps - 1) * dot_elements;
        return call("dot16_s8", fmt::format("{}, {}, {}, {}", tile.pixels, steps, tile.apart, tail),
                    {tile.acc, x, w});
    }

    /// A loop over the steps of a tile.
    Stmt visit(const For *loop) override {
        int64_t steps = 0;
        if (has("dot16_s8") && loop->for_type == ForType::Serial && is_const_zero(loop->min) &&
            as_constant(loop->extent, steps)) {
            const std::vector<Stmt> body = statements(substitute_in_all_lets(loop->body));
            const std::optional<Tile> tile = match_tile(body, 0, body.size());
            const bool whole =
                tile && body.size() == size_t(tile->pixels) * tile_channels && tile->pixels <= 2;
            if (whole && advances(tile->x, loop->name, dot_elements) &&
                advances(tile->w, loop->name, dot_elements * tile_channels))
                return dot(*tile, steps, substitute(loop->name, 0, address(tile->x)),
                           substitute(loop->name, 0, address(tile->w)));
        }
        return IRMutator::visit(loop);
    }

    /// Tiles of one step have no loop.
    Stmt visit(const Block *block) override {
        const std::vector<Stmt> body = statements(block);
        std::vector<Stmt> result;
        for (size_t i = 0; i < body.size();) {
            size_t taken = 0;
            for (const size_t pixels : {2, 1}) {
                const std::optional<Tile> tile = has("dot16_s8") && !taken
                                                     ? match_tile(body, i, pixels * tile_channels)
                                                     : std::nullopt;
                if (!tile)
                    continue;
                result.push_back(dot(*tile, 1, address(tile->x), address(tile->w)));
                taken = pixels * tile_channels;
            }
            if (taken == 0) {
                result.push_back(mutate(body[i]));
                taken = 1;
            }
            i += taken;
        }
        return Block::make(result);
    }

    /// Vectors that are named for their second use hide the shapes; they come from loads.
    Stmt visit(const LetStmt *let) override {
        if (!let->value.type().is_vector())
            return IRMutator::visit(let);
        return mutate(substitute(let->name, let->value, let->body));
    }

    Stmt requantize(const Requantization &match, int lanes, const Expr &to, int64_t apart) {
        const bool sign = match.d.defined();
        const Expr &d = sign ? match.d : match.r;
        const std::string shifts =
            fmt::format("{}, {}, {}, {}, {}", match.left, match.shift, sign, match.lo, match.hi);
        const Load *const vectors[] = {dense_load(match.r, Int(32, 4)),
                                       dense_load(match.m, Int(32, 4)), dense_load(d, Int(32, 4))};
        if (vectors[0] && vectors[1] && vectors[2] && apart == 1)
            return call("requantize4", shifts,
                        {to, address(match.acc), address(vectors[0]), address(vectors[1]),
                         address(vectors[2])});
        const Expr channel[] = {one_lane(match.r), one_lane(match.m), one_lane(d)};
        for (const Expr &constant : channel)
            if (!constant.defined())
                return {};
        return call("requantize4_apart", fmt::format("{}, {}, {}", shifts, apart, lanes),
                    {to, address(match.acc), channel[0], channel[1], channel[2]});
    }

    /// Functions of the formulation `interleaved` that give one value write, for a vector, all of
    /// it.
    Stmt depthwise(const Expr &value, const Expr &to) {
        const Broadcast *filled = value.as<Broadcast>();
        if (const Call *rows = filled ? filled->value.as<Call>() : nullptr;
            rows && rows->name.rfind("octet_interleave_rows", 0) == 0) {
            std::vector<Expr> arguments = {to, address(rows->args[0].as<Load>())};
            arguments.insert(arguments.end(), rows->args.begin() + 1, rows->args.end());
            selected_.insert("depthwise");
            return Evaluate::make(Call::make(Int(32), rows->name, arguments, Call::Extern));
        }
        std::vector<Stmt> result;
        Expr bias;
        for (const Sum &term : terms(value)) {
            if (term.negative)
                return {};
            if (const std::optional<Columns> columns = match_columns(term.e))
                result.push_back(call("dots4x4_s8",
                                      fmt::format("{}, {}", columns->pixels, columns->columns),
                                      {to, address(columns->x), address(columns->w)}));
            else if (bias.defined() || !(bias = one_lane(term.e)).defined())
                return {};
        }
        if (result.empty() || !bias.defined())
            return {};
        result.insert(result.begin(), call("fill4_s32", "0", {to, bias}));
        return Block::make(result);
    }

    Stmt visit(const Store *store) override {
        const Ramp *ramp = store->index.as<Ramp>();
        if (!ramp || !is_const_one(store->predicate))
            return IRMutator::visit(store);
        const Type type = store->value.type();
        const Expr value = substitute_in_all_lets(store->value);
        const Expr to = address(store);
        int64_t apart = 0;
        if (has("requantize4") && as_constant(ramp->stride, apart))
            if (const auto match = match_requantization(value))
                if (const Stmt result = requantize(*match, type.lanes(), to, apart);
                    result.defined())
                    return result;
        if (!is_const_one(ramp->stride))
            return IRMutator::visit(store);
        if (has("depthwise"))
            if (const Stmt result = depthwise(value, to); result.defined())
                return result;
        const std::string bytes = std::to_string(type.lanes() * type.bytes());
        if (const Load *load = dense_load(value, type); load && has("copy"))
            return call("copy", bytes, {to, address(load)});
        if (const Broadcast *fill = value.as<Broadcast>(); fill && type.bits() == 8 && has("fill"))
            return call("fill", bytes, {to, cast<int32_t>(fill->value)});
        // One choice for all lanes is a branch.
        if (const Select *select = value.as<Select>())
            if (const Expr condition = one_lane(select->condition); condition.defined()) {
                const auto branch = [&](const Expr &e) {
                    return mutate(Store::make(store->name, e, store->index, store->param,
                                              store->predicate, store->alignment));
                };
                return IfThenElse::make(condition, branch(select->true_value),
                                        branch(select->false_value));
            }
        return IRMutator::visit(store);
    }

    const std::set<std::string> &available_;
    std::set<std::string> &selected_;
};

} // namespace

const std::set<std::string> &mve_instructions() {
    static const std::set<std::string> names = {"dot16_s8", "requantize4", "depthwise", "copy",
                                                "fill"};
    return names;
}

Stmt select_mve(const Stmt &body, const std::set<std::string> &available,
                std::set<std::string> &selected) {
    return MveSelector(available, selected).mutate(body);
}

} // namespace octet::emit
