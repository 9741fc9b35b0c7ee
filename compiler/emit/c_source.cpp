#include "compiler/emit/c_source.h"

#include "compiler/emit/ir_shapes.h"
#include "compiler/emit/select_instructions.h"
#include "compiler/support/error.h"

#include <Halide.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

constexpr int64_t scratch_alignment = 16;
constexpr int64_t largest_on_stack = 4096; ///< bytes of one allocation

/// Arguments are raw pointers: what reads them out of halide_buffer_t goes.
class DropBufferReads : public IRMutator {
    using IRMutator::visit;
    Stmt visit(const LetStmt *let) override {
        const Call *call = let->value.as<Call>();
        if (call && call->name == Call::buffer_get_host)
            return mutate(let->body);
        return IRMutator::visit(let);
    }
};

class VectorTypes : public IRGraphVisitor {
public:
    std::set<Type> types;

    void include(const Expr &e) override {
        if (e.type().is_vector()) {
            types.insert(e.type().is_bool() ? UInt(8, e.type().lanes()) : e.type());
            // Indices of gathers and scatters.
            types.insert(Int(32, e.type().lanes()));
        }
        IRGraphVisitor::include(e);
    }

private:
    using IRGraphVisitor::visit;
};

/// Halide's printer of statements without what it prints around them.
class KernelPrinter : public CodeGen_C {
public:
    KernelPrinter(std::ostringstream &stream, const Halide::Target &target)
        : CodeGen_C(stream, target, CPlusPlusImplementation), text_(stream) {
        text_.str({}); // Halide's own prologue; the family's header stands in for it.
    }

    void print_types(const std::set<Type> &types) {
        if (!types.empty())
            add_vector_typedefs(types);
    }
    void print_kernel(const LoweredFunc &function, const std::string &symbol, const Stmt &body,
                      int64_t scratch_bytes) {
        scratch_bytes_ = scratch_bytes;
        text_ << "extern \"C\" int " << symbol << "(void **arguments);\n"
              << "extern \"C\" int " << symbol << "(void **arguments) {\n";
        for (size_t i = 0; i < function.args.size(); ++i) {
            const LoweredArgument &argument = function.args[i];
            // A call may work in place: 8-bit inputs may be where the output is.
            const bool alone = !argument.is_output() && argument.type.bits() > 8;
            const std::string type = (alone ? "const " : "") + print_type(argument.type);
            text_ << " " << type << " *" << (alone ? "__restrict " : "") << "const "
                  << print_name(argument.name) << " = (" << type << " *)arguments[" << i
                  << "];\n halide_maybe_unused(" << print_name(argument.name) << ");\n";
        }
        print_stmt(body);
        text_ << " return 0;\n}\n";
    }

private:
    using CodeGen_C::visit;

    void visit(const Allocate *allocate) override {
        const int64_t bytes = int64_t(allocate->constant_allocation_size()) *
                              allocate->type.lanes() * allocate->type.bytes();
        if (allocate->memory_type != MemoryType::Heap) {
            if (bytes == 0 || bytes > largest_on_stack)
                throw Error("the schedule leaves {} bytes of {} on the stack; store it in scratch",
                            bytes, allocate->name);
            CodeGen_C::visit(allocate);
            return;
        }
        const std::string type = print_type(allocate->type.element_of());
        if (bytes == 0 || used_ + bytes > scratch_bytes_)
            throw Error("{} needs {} bytes of scratch beyond {}, the specification has {}",
                        allocate->name, bytes, used_, scratch_bytes_);
        open_scope();
        stream << get_indent() << type << " *const " << print_name(allocate->name) << " = (" << type
               << " *)(_scratch + " << used_ << ");\n";
        const int64_t before = used_;
        used_ += (bytes + scratch_alignment - 1) / scratch_alignment * scratch_alignment;
        print_stmt(allocate->body);
        close_scope("alloc " + print_name(allocate->name));
        used_ = before;
    }

    void visit(const Free *) override {}

    /// Functions without a result are statements.
    void visit(const Evaluate *evaluate) override {
        const Call *call = evaluate->value.as<Call>();
        if (!call || call->call_type != Call::Extern)
            return CodeGen_C::visit(evaluate);
        const std::string text = print_extern_call(call);
        stream << get_indent() << text << ";\n";
    }

    /// Functions on memory take the address of what their argument loads.
    std::string print_extern_call(const Call *call) override {
        const auto loaded = [](const Expr &argument) {
            const Call *call = argument.as<Call>();
            return call && call->name == address_of ? call->args[0].as<Load>() : nullptr;
        };
        if (std::ranges::none_of(call->args, loaded))
            return CodeGen_C::print_extern_call(call);
        std::vector<std::string> arguments;
        for (const Expr &argument : call->args) {
            const Load *at = loaded(argument);
            arguments.push_back(at ? print_name(at->name) + " + " + print_expr(at->index)
                                   : print_expr(argument));
        }
        return fmt::format("{}({})", call->name, fmt::join(arguments, ", "));
    }

    std::ostringstream &text_;
    int64_t scratch_bytes_ = 0, used_ = 0;
};

} // namespace

CSource c_source(const generators::Signature &signature, const std::string &symbol,
                 const octet::Target &target, const Halide::Target &halide) {
    const Module module =
        Pipeline(signature.outputs).compile_to_module(signature.inputs, symbol, halide);
    const LoweredFunc function = module.get_function_by_name(symbol);
    Selection selection = select_instructions(DropBufferReads().mutate(function.body), target);
    std::ostringstream stream;
    KernelPrinter printer(stream, halide);
    stream << "#include \"" << target.family << "/instructions.h\"\n\n";
    VectorTypes vectors;
    selection.body.accept(&vectors);
    printer.print_types(vectors.types);
    printer.print_kernel(function, symbol, selection.body, signature.scratch_bytes);
    return {stream.str(), {selection.instructions.begin(), selection.instructions.end()}};
}

} // namespace octet::emit
