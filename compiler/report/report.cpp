#include "compiler/report/report.h"

#include "compiler/report/memory_map.h"
#include "compiler/support/pending_file.h"

#include <fmt/format.h>

#include <numeric>

namespace octet {
namespace {

using report::escape;
using report::human_bytes;

constexpr const char *style = R"(
:root { color-scheme: light dark; --line: #8886; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; } tbody tr:hover { background: var(--soft); }
.wide { overflow-x: auto; } code { font-size: .85em; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.axis { stroke: currentColor; } .bound { stroke: currentColor; stroke-dasharray: 4 4; }
rect:hover { stroke: currentColor; stroke-width: 2; }
)";

std::string summary_row(const char *what, const std::string &value) {
    return fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", what, value);
}

std::string summary(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    int64_t macs = 0;
    for (const lower::Call &call : program.calls)
        macs += call.macs;
    const uint64_t code =
        std::accumulate(compiled.code_bytes.begin(), compiled.code_bytes.end(), uint64_t(0));
    const double over = program.arena_lower_bound()
                            ? 100.0 * double(program.arena_bytes() - program.arena_lower_bound()) /
                                  double(program.arena_lower_bound())
                            : 0;
    return "<table>\n" +
           summary_row("Target", fmt::format("{}: {}", escape(compiled.target.name),
                                             escape(compiled.target.description))) +
           summary_row("Rounding", std::string(name_of(program.rounding))) +
           summary_row("Work", fmt::format("{:.2f} million multiply-accumulates in {} calls of {} "
                                           "distinct kernels",
                                           double(macs) / 1e6, program.calls.size(),
                                           program.kernels.size())) +
           summary_row("Arena",
                       fmt::format("{} ({} bytes), {:.1f} % above the lower bound of {}",
                                   human_bytes(program.arena_bytes()), program.arena_bytes(), over,
                                   human_bytes(program.arena_lower_bound()))) +
           summary_row("Weights", human_bytes(program.weights.size())) +
           summary_row("Code", human_bytes(code)) + "</table>\n";
}

std::string tensor_rows(const lower::Program &program, const std::vector<int> &ids,
                        const char *direction) {
    std::string rows;
    for (int id : ids) {
        const lower::StoredTensor &tensor = program.tensors.at(size_t(id));
        const std::string scale =
            tensor.scale == 0 ? "" : fmt::format("{} (q - {})", tensor.scale, tensor.zero_point);
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                            direction, escape(tensor.name), name_of(tensor.dtype),
                            to_string(tensor.shape), scale);
    }
    return rows;
}

std::string layer_rows(const Compiled &compiled) {
    std::string rows;
    for (size_t i = 0; i < compiled.program.calls.size(); i++) {
        const lower::Call &call = compiled.program.calls[i];
        const size_t kernel = size_t(call.kernel);
        rows += fmt::format(
            "<tr><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td>"
            "<td class=\"n\">{}</td><td><code>{}</code></td></tr>\n",
            i, escape(call.name), name_of(call.op), to_string(call.shape), call.macs,
            kernel < compiled.code_bytes.size() ? human_bytes(compiled.code_bytes[kernel]) : "",
            escape(compiled.program.kernels.at(kernel).symbol));
    }
    return rows;
}

std::string notes(const lower::Program &program) {
    if (program.notes.empty())
        return {};
    std::string list = "<h2>What lowering did</h2>\n<ul>\n";
    for (const std::string &note : program.notes)
        list += "<li>" + escape(note) + "</li>\n";
    return list + "</ul>\n";
}

} // namespace

std::string report_page(const Compiled &compiled) {
    const lower::Program &program = compiled.program;
    const std::string name = escape(program.name);
    std::string page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
                       name + " for " + escape(program.target) + "</title>\n<style>" + style +
                       "</style>\n</head>\n<body>\n<h1>" + name + "</h1>\n";
    page += summary(compiled);
    page += "<h2>Inputs and outputs</h2>\n<table>\n<thead><tr><th></th><th>name</th><th>type</th>"
            "<th>shape</th><th>real value of q</th></tr></thead>\n<tbody>\n" +
            tensor_rows(program, program.inputs, "input") +
            tensor_rows(program, program.outputs, "output") + "</tbody></table>\n";
    page += "<h2>Memory map of the arena</h2>\n<p>Each rectangle is a tensor: calls from left to "
            "right, bytes from bottom to top. Hover for its name.</p>\n" +
            report::memory_map(program);
    page += "<h2>Layers</h2>\n<div class=\"wide\"><table>\n<thead><tr><th class=\"n\">call</th>"
            "<th>name</th><th>operator</th><th>output</th><th class=\"n\">MACs</th>"
            "<th class=\"n\">code</th><th>kernel</th></tr></thead>\n<tbody>\n" +
            layer_rows(compiled) + "</tbody></table></div>\n";
    return page + notes(program) + "</body>\n</html>\n";
}

void write_report(const Compiled &compiled, const std::filesystem::path &file) {
    write_text_file(file, report_page(compiled));
}

} // namespace octet
