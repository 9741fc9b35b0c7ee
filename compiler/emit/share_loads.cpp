#include "compiler/emit/share_loads.h"

#include "compiler/emit/ir_shapes.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

/// A load that was found, how often, and in which statement first.
struct Found {
    Expr load;
    int count = 0;
    size_t first = 0;
};

const Load *word_load(const Call *call) {
    const bool load = call->name.rfind("octet_load", 0) == 0 && call->args.size() == 1;
    const Call *address = load ? call->args[0].as<Call>() : nullptr;
    return address && address->name == address_of ? address->args[0].as<Load>() : nullptr;
}

class FindLoads : public IRVisitor {
public:
    std::vector<Found> found;
    size_t statement = 0;

private:
    using IRVisitor::visit;
    void visit(const Call *call) override {
        if (word_load(call)) {
            const auto same = std::find_if(found.begin(), found.end(), [&](const Found &other) {
                return equal(other.load, Expr(call));
            });
            if (same == found.end())
                found.push_back({call, 1, statement});
            else
                ++same->count;
        }
        IRVisitor::visit(call);
    }
};

class Replace : public IRMutator {
public:
    Replace(const Expr &load, const Expr &variable) : load_(load), variable_(variable) {}

private:
    using IRMutator::visit;
    Expr visit(const Call *call) override {
        return equal(load_, Expr(call)) ? variable_ : IRMutator::visit(call);
    }
    const Expr load_, variable_;
};

class ShareLoads : public IRMutator {
    using IRMutator::visit;

    Stmt visit(const Block *block) override {
        const std::vector<Stmt> body = statements(block);
        std::set<std::string> stored;
        FindLoads loads;
        for (const Stmt &statement : body) {
            const Store *store = statement.as<Store>();
            if (!store) // Loops or calls: nothing is known of what they write.
                return IRMutator::visit(block);
            stored.insert(store->name);
            statement.accept(&loads);
            ++loads.statement;
        }
        std::vector<Found> shared;
        for (const Found &found : loads.found)
            if (found.count > 1 && !stored.count(word_load(found.load.as<Call>())->name))
                shared.push_back(found);
        // From the last to the first, so that each variable spans what follows its first use.
        Stmt result;
        std::vector<Expr> variables;
        for (const Found &found : shared)
            variables.push_back(Variable::make(found.load.type(), unique_name("word")));
        for (size_t i = body.size(); i-- > 0;) {
            Stmt statement = body[i];
            for (size_t j = 0; j < shared.size(); ++j)
                statement = Replace(shared[j].load, variables[j]).mutate(statement);
            result = result.defined() ? Block::make(statement, result) : statement;
            for (size_t j = shared.size(); j-- > 0;)
                if (shared[j].first == i)
                    result =
                        LetStmt::make(variables[j].as<Variable>()->name, shared[j].load, result);
        }
        return result;
    }
};

} // namespace

Stmt share_loads(const Stmt &body) {
    return ShareLoads().mutate(body);
}

} // namespace octet::emit
