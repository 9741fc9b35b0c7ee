#include "compiler/emit/select_tiles.h"

#include "compiler/emit/ir_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

/// acc[index] += a * b, bytes that both move on by one with each turn of the loop.
struct Product {
    const Store *store = nullptr;
    int64_t index = 0;
    const Load *a = nullptr, *b = nullptr;
};

bool is_byte(const Load *load, const std::string &loop) {
    return load && load->type == Int(8) && advances(load, loop, 1);
}

std::optional<Product> match_product(const Stmt &statement, const std::string &loop) {
    const Store *store = statement.as<Store>();
    const Add *add = store ? store->value.as<Add>() : nullptr;
    if (!add || !(add->type == Int(32)))
        return {};
    for (const bool swapped : {false, true}) {
        const Load *acc = (swapped ? add->b : add->a).as<Load>();
        Product product{store};
        Products factors;
        if (!acc || acc->name != store->name || !equal(acc->index, store->index) ||
            !as_constant(store->index, product.index) ||
            !match_products(swapped ? add->a : add->b, factors))
            continue;
        product.a = factors.a.as<Load>();
        product.b = factors.b.as<Load>();
        if (is_byte(product.a, loop) && is_byte(product.b, loop))
            return product;
    }
    return {};
}

bool same(const Load *a, const Load *b) {
    return a->name == b->name && equal(a->index, b->index);
}

struct Tile {
    std::vector<const Load *> outer, inner;
    Expr acc; ///< the first accumulator
};

/// The products, in the order of their accumulators, as a tile in which `a` is the outer factor.
std::optional<Tile> match_tile(const std::vector<Product> &products, bool swapped) {
    const auto outer = [&](size_t i) { return swapped ? products[i].b : products[i].a; };
    const auto inner = [&](size_t i) { return swapped ? products[i].a : products[i].b; };
    size_t columns = 1;
    while (columns < products.size() && same(outer(0), outer(columns)))
        ++columns;
    if (products.size() % columns != 0)
        return {};
    Tile tile;
    tile.acc = address(products[0].store);
    for (size_t i = 0; i < products.size(); ++i) {
        if (i % columns == 0)
            tile.outer.push_back(outer(i));
        if (i < columns)
            tile.inner.push_back(inner(i));
        if (!same(outer(i), tile.outer.back()) || !same(inner(i), tile.inner[i % columns]) ||
            products[i].index != products[0].index + int64_t(i) ||
            products[i].store->name != products[0].store->name)
            return {};
    }
    return tile;
}

std::optional<Tile> match_tile(const Stmt &body, const std::string &loop) {
    std::vector<Product> products;
    Stmt rest = substitute_in_all_lets(body);
    while (rest.defined()) {
        const Block *block = rest.as<Block>();
        const auto product = match_product(block ? block->first : rest, loop);
        if (!product)
            return {};
        products.push_back(*product);
        rest = block ? block->rest : Stmt();
    }
    std::sort(products.begin(), products.end(),
              [](const Product &a, const Product &b) { return a.index < b.index; });
    for (const bool swapped : {false, true}) {
        const auto tile = match_tile(products, swapped);
        if (tile && tile->outer.size() + tile->inner.size() == 5)
            return tile;
    }
    return {};
}

class Selector : public IRMutator {
public:
    explicit Selector(std::set<std::string> &selected) : selected_(selected) {}

private:
    using IRMutator::visit;

    Stmt visit(const For *loop) override {
        int64_t steps = 0;
        if (loop->for_type != ForType::Serial || !is_const_zero(loop->min) ||
            !as_constant(loop->extent, steps))
            return IRMutator::visit(loop);
        const auto tile = match_tile(loop->body, loop->name);
        if (!tile)
            return IRMutator::visit(loop);
        std::vector<Expr> arguments = {tile->acc};
        for (const auto &loads : {tile->outer, tile->inner})
            for (const Load *load : loads)
                arguments.push_back(substitute(loop->name, 0, address(load)));
        selected_.insert("dot_tile");
        return Evaluate::make(Call::make(Int(32),
                                         fmt::format("octet_dot_tile<{}, {}, {}>",
                                                     tile->outer.size(), tile->inner.size(), steps),
                                         arguments, Call::Extern));
    }

    std::set<std::string> &selected_;
};

} // namespace

const std::set<std::string> &tile_instructions() {
    static const std::set<std::string> names = {"dot_tile"};
    return names;
}

Stmt select_tiles(const Stmt &body, const std::set<std::string> &available,
                  std::set<std::string> &selected) {
    return available.count("dot_tile") != 0 ? Selector(selected).mutate(body) : body;
}

} // namespace octet::emit
