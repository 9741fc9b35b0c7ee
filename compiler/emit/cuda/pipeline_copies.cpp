#include "compiler/emit/cuda/pipeline_copies.h"

#include <map>
#include <vector>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

bool is_barrier(const Stmt &statement) {
    const auto *evaluate = statement.as<Evaluate>();
    const auto *call = evaluate ? evaluate->value.as<Call>() : nullptr;
    return call && call->is_intrinsic(Call::gpu_thread_barrier);
}

Stmt barrier() {
    // As after writes to shared memory.
    return Evaluate::make(Call::make(
        Int(32), Call::gpu_thread_barrier,
        {IntImm::make(Int(32), CodeGen_GPU_Dev::MemoryFenceType::Shared)}, Call::Intrinsic));
}

Stmt call(const std::string &function, const std::vector<Expr> &arguments = {}) {
    return Evaluate::make(Call::make(Int(32), function, arguments, Call::Extern));
}

/// The base of a run of four neighbouring words; undefined for other indices.
Expr run_of_four(const Expr &index) {
    const auto *ramp = index.as<Ramp>();
    return ramp && ramp->lanes == 4 && is_const_one(ramp->stride) ? ramp->base : Expr();
}

/// Whether a statement writes one of these memories.
class Writes : public IRVisitor {
public:
    explicit Writes(const std::map<std::string, Expr> &memories) : memories_(memories) {}
    bool found = false;

private:
    using IRVisitor::visit;
    void visit(const Store *op) override {
        found |= memories_.contains(op->name);
        IRVisitor::visit(op);
    }
    const std::map<std::string, Expr> &memories_;
};

/// Moves all accesses to shared memory into the place of a stage.
class InPlace : public IRMutator {
public:
    InPlace(const std::map<std::string, Expr> &sizes, Expr stage)
        : sizes_(sizes), stage_(std::move(stage)) {}

private:
    using IRMutator::visit;

    Expr moved(const std::string &memory, const Expr &index) const {
        const auto size = sizes_.find(memory);
        if (size == sizes_.end())
            return index;
        const Expr offset = stage_ * size->second;
        if (const auto *ramp = index.as<Ramp>())
            return Ramp::make(simplify(ramp->base + offset), ramp->stride, ramp->lanes);
        if (index.type().is_vector())
            return index + Broadcast::make(offset, index.type().lanes());
        return simplify(index + offset);
    }
    Expr visit(const Load *op) override {
        return Load::make(op->type, op->name, moved(op->name, mutate(op->index)), op->image,
                          op->param, op->predicate, op->alignment);
    }
    Stmt visit(const Store *op) override {
        return Store::make(op->name, mutate(op->value), moved(op->name, mutate(op->index)),
                           op->param, op->predicate, op->alignment);
    }

    const std::map<std::string, Expr> &sizes_;
    const Expr stage_;
};

/// Turns copies of four words into shared memory into asynchronous ones.
class Asynchronous : public IRMutator {
public:
    explicit Asynchronous(const std::map<std::string, Expr> &sizes) : sizes_(sizes) {}

private:
    using IRMutator::visit;

    static Expr pointer(const std::string &memory) {
        return Variable::make(type_of<int32_t *>(), memory);
    }

    Stmt visit(const Store *op) override {
        const Expr to = run_of_four(op->index);
        if (!sizes_.contains(op->name) || !to.defined() || !is_const_one(op->predicate))
            return op;
        const auto *load = op->value.as<Load>();
        const auto *choice = op->value.as<Select>();
        const auto *condition = choice ? choice->condition.as<Broadcast>() : nullptr;
        const Load *other = nullptr;
        if (condition) {
            load = choice->true_value.as<Load>();
            other = choice->false_value.as<Load>();
            // The other place's first word is meant.
            if (!other || !is_const_zero(simplify(run_of_four(other->index))))
                return op;
        }
        const Expr from = load ? run_of_four(load->index) : Expr();
        if (!from.defined() || load->type != Int(32, 4))
            return op;
        if (!other)
            return call("octet_cp_async16", {pointer(op->name), to, pointer(load->name), from});
        return call("octet_cp_async16_or", {pointer(op->name), to, pointer(load->name), from,
                                            pointer(other->name), select(condition->value, 1, 0)});
    }

    const std::map<std::string, Expr> &sizes_;
};

class Pipeliner : public IRMutator {
public:
    Pipeliner(int stages, PipelinedCopies &result) : stages_(stages), result_(result) {}

private:
    using IRMutator::visit;

    Stmt visit(const Allocate *op) override {
        if (op->memory_type != MemoryType::GPUShared)
            return IRMutator::visit(op);
        sizes_[op->name] = IntImm::make(Int(32), op->constant_allocation_size());
        const int before = result_.loops;
        const Stmt body = mutate(op->body);
        std::vector<Expr> extents = op->extents;
        if (result_.loops > before)
            extents = {IntImm::make(Int(32), op->constant_allocation_size() * stages_)};
        return Allocate::make(op->name, op->type, op->memory_type, extents, op->condition, body,
                              op->new_expr, op->free_function, op->padding);
    }

    Stmt visit(const For *op) override {
        Parts parts;
        if (op->for_type == ForType::Serial && !sizes_.empty() && split(op->body, parts))
            return pipelined(op, parts);
        return IRMutator::visit(op);
    }

    /// A loop's body: what copies, what computes, and the definitions that both may use.
    struct Parts {
        std::vector<std::pair<std::string, Expr>> lets;
        std::vector<Stmt> copies, computes;
    };

    bool split(Stmt body, Parts &parts) const {
        while (const auto *let = body.as<LetStmt>()) {
            parts.lets.emplace_back(let->name, let->value);
            body = let->body;
        }
        bool computing = false, in_order = true;
        std::vector<Stmt> rest = {body};
        while (!rest.empty()) {
            const Stmt statement = rest.back();
            rest.pop_back();
            if (const auto *block = statement.as<Block>()) {
                rest.push_back(block->rest);
                rest.push_back(block->first);
            } else if (!is_barrier(statement)) {
                Writes writes(sizes_);
                statement.accept(&writes);
                (writes.found ? parts.copies : parts.computes).push_back(statement);
                in_order &= !(writes.found && computing);
                computing |= !writes.found;
            }
        }
        return in_order && !parts.copies.empty() && !parts.computes.empty();
    }

    /// The statements for iteration `chunk`, in the place of its stage.
    Stmt at(const For *loop, const Parts &parts, const std::vector<Stmt> &statements,
            const Expr &chunk, const Expr &stage) const {
        Stmt body = Block::make(statements);
        for (auto let = parts.lets.rbegin(); let != parts.lets.rend(); ++let)
            body = LetStmt::make(let->first, let->second, body);
        return simplify(InPlace(sizes_, stage).mutate(substitute(loop->name, chunk, body)));
    }

    Stmt pipelined(const For *loop, const Parts &parts) {
        ++result_.loops;
        Asynchronous asynchronous(sizes_);
        const auto copies = [&](const Expr &chunk, const Expr &number) {
            return asynchronous.mutate(at(loop, parts, parts.copies, chunk, number % stages_));
        };
        const Stmt commit = call("octet_cp_async_commit");
        std::vector<Stmt> before;
        for (int stage = 0; stage + 1 < stages_; ++stage) {
            const Expr chunk = simplify(loop->min + stage);
            before.push_back(
                IfThenElse::make(simplify(stage < loop->extent), copies(chunk, stage)));
            before.push_back(commit);
        }
        const Expr chunk = Variable::make(Int(32), loop->name);
        const Expr number = chunk - loop->min, next = number + (stages_ - 1);
        const Stmt body =
            Block::make({call("octet_cp_async_wait" + std::to_string(stages_ - 2)), barrier(),
                         IfThenElse::make(next < loop->extent, copies(chunk + (stages_ - 1), next)),
                         commit, at(loop, parts, parts.computes, chunk, number % stages_)});
        before.push_back(For::make(loop->name, loop->min, loop->extent, loop->for_type,
                                   loop->partition_policy, loop->device_api, body));
        return Block::make(before);
    }

    const int stages_;
    PipelinedCopies &result_;
    std::map<std::string, Expr> sizes_; ///< of shared memories, in elements
};

} // namespace

PipelinedCopies pipeline_copies(const Stmt &kernel, int stages) {
    PipelinedCopies result;
    result.kernel = kernel;
    if (stages > 1)
        result.kernel = Pipeliner(stages, result).mutate(kernel);
    return result;
}

} // namespace octet::emit
