#include "compiler/report/quantization_tables.h"

#include "compiler/report/memory_map.h"

#include <fmt/format.h>

#include <cmath>

namespace octet::report {
namespace {

constexpr const char *dash = "\u2013";

std::string decibels(const std::optional<double> &value) {
    if (!value || std::isnan(*value))
        return dash;
    return std::isinf(*value) ? (*value > 0 ? "exact" : "no signal")
                              : fmt::format("{:.1f} dB", *value);
}

std::string percent(const std::optional<double> &share) {
    if (!share)
        return dash;
    return *share > 0 && *share < 0.00005 ? "< 0.01 %" : fmt::format("{:.2f} %", 100 * *share);
}

std::string interval(const std::optional<Interval> &interval) {
    return interval ? fmt::format("{:.4g} to {:.4g}", interval->lo, interval->hi) : dash;
}

std::string bytes(uint64_t bytes) {
    return bytes ? human_bytes(bytes) : dash;
}

std::string or_dash(const std::string &text) {
    return text.empty() ? dash : escape(text);
}

/// Enough of a scheme for a column: "int8" of "int8, per channel, symmetric".
std::string first_words(const std::string &scheme) {
    return scheme.substr(0, scheme.find(','));
}

/// What a script sorts by; empty where there is nothing.
std::string sort_key(const std::optional<double> &value) {
    if (!value || std::isnan(*value))
        return "";
    return std::isinf(*value) ? (*value > 0 ? "1e300" : "-1e300") : fmt::format("{:.9g}", *value);
}

std::string number_cell(const std::string &text, const std::optional<double> &value) {
    return fmt::format("<td class=\"n\" data-sort=\"{}\">{}</td>", sort_key(value), text);
}

std::string tile(const char *what, const std::string &value, const std::string &more) {
    return fmt::format("<div class=\"tile\"><div class=\"what\">{}</div><div class=\"value\">{}"
                       "</div><div class=\"more\">{}</div></div>\n",
                       what, value, more);
}

std::string fact(const char *what, const std::string &value) {
    return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", what, value);
}

std::string place(size_t layer, const char *chart, const char *title) {
    return fmt::format("<div class=\"chart\"><h3>{}</h3><div class=\"canvas\"><canvas "
                       "data-layer=\"{}\" data-chart=\"{}\" role=\"img\" aria-label=\"{}\">"
                       "</canvas></div></div>\n",
                       title, layer, chart, title);
}

std::string places(const QuantizedLayer &layer, size_t index) {
    std::string charts;
    if (!layer.weights.empty() || !layer.quantized_weights.empty())
        charts += place(index, "weights", "Weights");
    if (!layer.activations.empty() || !layer.quantized_activations.empty())
        charts +=
            place(index, "activations",
                  layer.chosen ? "Output, between dashed lines what is represented" : "Output");
    return charts.empty() ? "" : "<div class=\"charts\">\n" + charts + "</div>\n";
}

std::string facts(const QuantizedLayer &layer) {
    return "<div class=\"facts\"><table>\n" + fact("Shapes", or_dash(layer.shapes)) +
           fact("Weights", or_dash(layer.weight_scheme)) +
           fact("Output", or_dash(layer.activation_scheme)) +
           fact("Bytes", bytes(layer.bytes_before) + " to " + bytes(layer.bytes_after)) +
           fact("Range seen", interval(layer.observed)) +
           fact("Range represented", interval(layer.chosen)) + "</table>\n<table>\n" +
           fact("SQNR alone", decibels(layer.sqnr_alone)) +
           fact("SQNR running", decibels(layer.sqnr_running)) +
           fact("Sensitivity", decibels(layer.sensitivity)) +
           fact("Clipped", percent(layer.clipped)) + fact("Saturated", percent(layer.saturated)) +
           "</table></div>\n";
}

} // namespace

std::string tiles(const QuantizationReport &report) {
    std::string all = "<div class=\"tiles\">\n";
    if (report.quantized_accuracy) {
        const std::string change =
            report.float_accuracy
                ? fmt::format("float {:.2f} %, {:+.2f} points", 100 * *report.float_accuracy,
                              100 * (*report.quantized_accuracy - *report.float_accuracy))
                : "";
        all += tile(escape(report.accuracy_name).c_str(),
                    fmt::format("{:.2f} %", 100 * *report.quantized_accuracy), change);
    }
    all += tile("SQNR of the output", decibels(report.output_sqnr), "quantized against float");
    all +=
        tile("Constants", human_bytes(report.bytes_after),
             report.bytes_after > 0
                 ? fmt::format("float {}, {:.2f} times smaller", human_bytes(report.bytes_before),
                               double(report.bytes_before) / double(report.bytes_after))
                 : "");
    all += tile("Layers", std::to_string(report.layers.size()), "in execution order");
    all += tile("Samples", std::to_string(report.samples), "of calibration");
    return all + "</div>\n";
}

std::string layer_table(const QuantizationReport &report) {
    std::string table = "<div class=\"wide\"><table class=\"layers\">\n<thead><tr>";
    const auto column = [&](const char *key, const char *title, const char *style,
                            const char *first) {
        table += fmt::format("<th scope=\"col\" data-key=\"{}\" class=\"{}\" data-first=\"{}\">"
                             "<button type=\"button\">{}</button></th>",
                             key, style, first, title);
    };
    column("index", "#", "n", "ascending");
    column("name", "layer", "", "ascending");
    column("op", "operator", "", "ascending");
    column("weights", "weights", "", "ascending");
    column("sensitivity", "sensitivity", "n", "descending");
    column("alone", "SQNR alone", "n", "ascending");
    column("running", "SQNR running", "n", "ascending");
    column("clipped", "clipped", "n", "descending");
    column("saturated", "saturated", "n", "descending");
    column("before", "before", "n", "descending");
    column("after", "after", "n", "descending");
    table += "</tr></thead>\n<tbody>\n";
    for (size_t i = 0; i < report.layers.size(); i++) {
        const QuantizedLayer &layer = report.layers[i];
        table += fmt::format("<tr data-layer=\"{}\"><td class=\"n\">{}</td><td><a "
                             "href=\"#layer-{}\">{}</a></td><td>{}</td><td>{}</td>",
                             i, i + 1, i + 1, or_dash(layer.name), or_dash(layer.op),
                             or_dash(first_words(layer.weight_scheme)));
        table += number_cell(decibels(layer.sensitivity), layer.sensitivity) +
                 number_cell(decibels(layer.sqnr_alone), layer.sqnr_alone) +
                 number_cell(decibels(layer.sqnr_running), layer.sqnr_running) +
                 number_cell(percent(layer.clipped), layer.clipped) +
                 number_cell(percent(layer.saturated), layer.saturated) +
                 number_cell(bytes(layer.bytes_before), double(layer.bytes_before)) +
                 number_cell(bytes(layer.bytes_after), double(layer.bytes_after)) + "</tr>\n";
    }
    return table + "</tbody></table></div>\n";
}

std::string layer_sections(const QuantizationReport &report, bool charts) {
    std::string sections;
    for (size_t i = 0; i < report.layers.size(); i++) {
        const QuantizedLayer &layer = report.layers[i];
        sections += fmt::format(
            "<details id=\"layer-{}\" data-layer=\"{}\"><summary><span class=\"key\">{}</span>{} "
            "{}<span class=\"op\">{}</span></summary>\n<div class=\"body\">\n",
            i + 1, i, decibels(layer.sqnr_running), i + 1, or_dash(layer.name), escape(layer.op));
        sections += facts(layer) + (charts ? places(layer, i) : "") + note_list(layer.notes) +
                    "</div></details>\n";
    }
    return sections;
}

std::string note_list(const std::vector<std::string> &notes) {
    if (notes.empty())
        return {};
    std::string list = "<ul class=\"notes\">\n";
    for (const std::string &note : notes)
        list += "<li>" + escape(note) + "</li>\n";
    return list + "</ul>\n";
}

} // namespace octet::report
