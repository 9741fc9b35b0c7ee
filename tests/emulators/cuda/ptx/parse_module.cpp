#include "parse_module.h"

#include "control_flow.h"
#include "declarations.h"
#include "decoder.h"
#include "initialized.h"

#include "../instructions/instructions.h"

#include <cstdlib>

namespace octet::ptx {
namespace {

class Parser {
public:
    Parser(Text text, const PlaceVariable &place) : text_(std::move(text)), place_(place) {}

    Module parse() {
        while (at_ < text_.statements.size()) {
            const Statement &s = text_.statements[at_++];
            if (s.ends == Statement::Ends::Line)
                line_directive(s);
            else if (s.ends == Statement::Ends::Open && s.text.find(".entry") != s.text.npos)
                kernel(s);
            else if (s.ends == Statement::Ends::Open)
                skip_body(s);
            else if (s.ends == Statement::Ends::Semicolon)
                variable(s);
            else
                refuse(s.line, "'" + s.text + "' outside of a kernel");
        }
        if (module_.target.empty())
            throw PtxError("PTX: there is no .target directive");
        return std::move(module_);
    }

private:
    void line_directive(const Statement &s) {
        if (!s.text.starts_with(".target"))
            return;
        module_.target = split_list(std::string_view(s.text).substr(7))[0];
        module_.capability = std::atoi(module_.target.c_str() + 3);
        if (!module_.target.starts_with("sm_") || module_.capability <= 0)
            refuse(s.line, "target '" + module_.target + "' is not known");
    }

    // Device functions are read over: a kernel that calls one is refused at the call.
    void skip_body(const Statement &s) {
        if (s.text.find(".func") == s.text.npos)
            refuse(s.line, "'" + s.text + "' is not supported");
        for (int depth = 1; depth > 0 && at_ < text_.statements.size(); at_++) {
            depth += text_.statements[at_].ends == Statement::Ends::Open;
            depth -= text_.statements[at_].ends == Statement::Ends::Close;
        }
    }

    void variable(const Statement &s) {
        if (s.text.find(".func") != s.text.npos || s.text.starts_with(".pragma"))
            return;
        Declaration d = parse_declaration(s.text, s.line);
        if (d.space == Space::Shared) {
            Symbol symbol{Space::Shared, 0, d.is_open};
            if (!d.is_open)
                symbol.address = reserve(module_shared_, d);
            symbols_[d.name] = symbol;
            return;
        }
        if (d.space != Space::Global && d.space != Space::Const)
            refuse(s.line, "'" + s.text + "' is not supported outside of a kernel");
        Variable v{d.name, d.space, d.align, initial_bytes(d, s.line), 0};
        v.address = place_(v);
        symbols_[d.name] = {d.space, v.address, false};
        module_.variables.push_back(std::move(v));
    }

    static uint64_t reserve(int &bytes, const Declaration &d) {
        uint64_t address = (bytes + d.align - 1) / d.align * d.align;
        bytes = static_cast<int>(address + d.bytes);
        return address;
    }

    void kernel(const Statement &head) {
        auto kernel = std::make_unique<Kernel>();
        kernel->line = head.line;
        kernel->source = text_.lines;
        std::map<std::string, Symbol> symbols = symbols_;
        parse_head(*kernel, head, symbols);

        size_t end = at_;
        for (int depth = 1; depth > 0; end++) {
            if (end >= text_.statements.size())
                refuse(head.line, "kernel " + kernel->name + " has no end");
            depth += text_.statements[end].ends == Statement::Ends::Open;
            depth -= text_.statements[end].ends == Statement::Ends::Close;
        }
        declare_memory(*kernel, end, symbols);
        decode_body(*kernel, end, symbols);
        at_ = end;
        module_.kernels.push_back(std::move(kernel));
    }

    void parse_head(Kernel &kernel, const Statement &head, std::map<std::string, Symbol> &symbols) {
        std::string_view text = head.text;
        text = trim(text.substr(text.find(".entry") + 6));
        size_t open = text.find('(');
        kernel.name = trim(text.substr(0, std::min(open, text.find_first_of(" \t\n."))));
        size_t close = text.find(')');
        if (open != text.npos && close == text.npos)
            refuse(head.line, "the parameters of " + kernel.name + " have no end");
        if (open != text.npos)
            for (const std::string &text_of : split_list(text.substr(open + 1, close - open - 1))) {
                Declaration d = parse_declaration(text_of, head.line);
                Parameter p{d.name, 0, d.bytes};
                p.offset = static_cast<int>(reserve(kernel.parameter_bytes, d));
                symbols[d.name] = {Space::Param, static_cast<uint64_t>(p.offset), false};
                kernel.parameters.push_back(p);
            }
        kernel.max_threads = max_threads(open == text.npos ? text : text.substr(close + 1));
    }

    // Static shared memory comes first, so that the open array of dynamic shared memory may follow.
    void declare_memory(Kernel &kernel, size_t end, std::map<std::string, Symbol> &symbols) {
        kernel.shared_bytes = module_shared_;
        for (size_t n = at_; n < end; n++) {
            const Statement &s = text_.statements[n];
            if (!s.text.starts_with(".shared") && !s.text.starts_with(".local"))
                continue;
            Declaration d = parse_declaration(s.text, s.line);
            int &bytes = d.space == Space::Shared ? kernel.shared_bytes : kernel.local_bytes;
            symbols[d.name] = {d.space, reserve(bytes, d), false};
        }
        for (auto &[name, symbol] : symbols)
            if (symbol.dynamic)
                symbol.address = (kernel.shared_bytes + 15) / 16 * 16;
    }

    void decode_body(Kernel &kernel, size_t end, const std::map<std::string, Symbol> &symbols) {
        Registers registers;
        std::vector<RegisterUse> uses;
        std::map<std::string, int> labels;
        std::map<int, std::string> branches;
        auto add = [&](Decoder &d) {
            kernel.code.push_back(d.instruction);
            uses.push_back(d.use);
        };
        for (; at_ < end; at_++) {
            const Statement &s = text_.statements[at_];
            if (s.ends == Statement::Ends::Label) {
                if (!labels.emplace(s.text, kernel.code.size()).second)
                    refuse(s.line, "label " + s.text + " is there twice");
            } else if (s.ends == Statement::Ends::Open) {
                registers.open_scope();
            } else if (s.ends == Statement::Ends::Close) {
                registers.close_scope();
            } else if (s.text.starts_with(".reg")) {
                for (const auto &[name, bits] : parse_registers(s.text, s.line))
                    registers.declare(name, bits);
            } else if (s.text.starts_with(".implicit")) {
                Decoder d(registers, symbols, "implicit " + s.text.substr(9), s.line);
                if (const auto *r = registers.find(d.operand(0))) {
                    d.use.writes.push_back(r->slot);
                    d.instruction.run = run_nothing;
                    add(d);
                }
            } else if (!s.text.starts_with('.')) {
                Decoder d(registers, symbols, s.text, s.line);
                std::string label = decode(d);
                if (!label.empty())
                    branches[static_cast<int>(kernel.code.size())] = label;
                add(d);
            } else if (s.ends != Statement::Ends::Line && !s.text.starts_with(".shared") &&
                       !s.text.starts_with(".local") && !s.text.starts_with(".pragma")) {
                refuse(s.line, "'" + s.text + "' is not supported");
            }
        }
        append_exit(kernel, uses);
        for (const auto &[index, label] : branches) {
            auto found = labels.find(label);
            if (found == labels.end())
                refuse(kernel.code[index].line, "there is no label " + label);
            kernel.code[index].target = found->second;
        }
        registers.finish(kernel);
        find_meeting_points(kernel.code);
        find_uninitialized_registers(kernel, uses);
    }

    // Whatever falls off the end returns, so a label at the end needs no special case.
    static void append_exit(Kernel &kernel, std::vector<RegisterUse> &uses) {
        Instruction exit;
        exit.run = run_exit;
        exit.line = kernel.code.empty() ? kernel.line : kernel.code.back().line;
        exit.counted_as = Class::Branch;
        kernel.code.push_back(exit);
        uses.emplace_back();
    }

    // Decodes an instruction; returns the label if it is a branch.
    static std::string decode(Decoder &d) {
        const InstructionTable &table = instruction_table();
        auto found = table.find(d.opcode.name());
        if (found == table.end())
            d.fail("opcode " + d.opcode.text() + " is not supported");
        if (d.opcode.name() == "bra") {
            found->second(d);
            return d.operand(0);
        }
        found->second(d);
        d.finish();
        return {};
    }

    Text text_;
    const PlaceVariable &place_;
    size_t at_ = 0;
    int module_shared_ = 0;
    std::map<std::string, Symbol> symbols_;
    Module module_;
};

} // namespace

Module parse_module(std::string_view ptx, const PlaceVariable &place) {
    return Parser(split_text(ptx), place).parse();
}

} // namespace octet::ptx
