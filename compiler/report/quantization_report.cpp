#include "compiler/report/quantization_report.h"

#include "compiler/report/memory_map.h"
#include "compiler/report/quantization_assets.h"
#include "compiler/report/quantization_tables.h"
#include "compiler/support/pending_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace octet::report {
namespace {

/// Counts and ends with the digits that a chart can show.
double rounded(double value) {
    return std::stod(fmt::format("{:.6g}", value));
}

nlohmann::json to_json(const Distribution &distribution) {
    if (distribution.empty())
        return nullptr;
    nlohmann::json counts;
    for (double count : distribution.counts)
        counts.push_back(rounded(count));
    return {{"lo", distribution.lo}, {"hi", distribution.hi}, {"counts", counts}};
}

/// JSON has no infinities: nlohmann writes null for them, which charts leave out.
nlohmann::json to_json(const std::optional<double> &value) {
    return value ? nlohmann::json(*value) : nullptr;
}

nlohmann::json to_json(const QuantizedLayer &layer) {
    return {{"name", layer.name},
            {"op", layer.op},
            {"sqnr_alone", to_json(layer.sqnr_alone)},
            {"sqnr_running", to_json(layer.sqnr_running)},
            {"sensitivity", to_json(layer.sensitivity)},
            {"bytes_before", layer.bytes_before},
            {"bytes_after", layer.bytes_after},
            {"chosen", layer.chosen ? nlohmann::json{layer.chosen->lo, layer.chosen->hi} : nullptr},
            {"weights", to_json(layer.weights)},
            {"quantized_weights", to_json(layer.quantized_weights)},
            {"activations", to_json(layer.activations)},
            {"quantized_activations", to_json(layer.quantized_activations)}};
}

/// The charts' data. A name could contain "</script>" or "<!--", so that no < is written as such.
std::string data(const QuantizationReport &report) {
    nlohmann::json layers = nlohmann::json::array();
    for (const QuantizedLayer &layer : report.layers)
        layers.push_back(to_json(layer));
    const nlohmann::json json = {{"layers", layers}};
    std::string text = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    for (size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1))
        text.replace(at, 1, "\\u003c");
    return text;
}

std::string option_list(const QuantizationReport &report) {
    std::string list = "<dl class=\"options\">\n";
    for (const auto &[what, value] : report.options)
        list += "<dt>" + escape(what) + "</dt><dd>" + escape(value) + "</dd>\n";
    return list + "</dl>\n";
}

std::string overview_chart(const char *chart, const char *title, const char *style) {
    return fmt::format("<div class=\"chart{}\"><h3>{}</h3><div class=\"canvas\"><canvas "
                       "data-chart=\"{}\" role=\"img\" aria-label=\"{}\"></canvas></div></div>\n",
                       style, title, chart, title);
}

std::string overview_charts(const QuantizationReport &report) {
    bool sqnr = false, sensitivity = false;
    for (const QuantizedLayer &layer : report.layers) {
        sqnr |= layer.sqnr_alone || layer.sqnr_running;
        sensitivity |= layer.sensitivity.has_value();
    }
    std::string charts = "<h2>Where accuracy and bytes go</h2>\n<div class=\"charts\">\n";
    if (sqnr)
        charts += overview_chart("sqnr", "Signal to quantization noise, layer by layer", " whole");
    if (sensitivity)
        charts += overview_chart("sensitivity", "Most sensitive layers", "");
    return charts + overview_chart("size", "Bytes of weights", "") + "</div>\n";
}

constexpr const char *no_charts =
    "<p class=\"hint\">This build of Octet draws no charts: Chart.js was not found when it was "
    "built. Install the package libjs-chart.js and build again.</p>\n";

} // namespace

std::string quantization_page(const QuantizationReport &report) {
    const std::string network = escape(report.network);
    const bool charts = !chart_library.empty();
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>{} quantized</title>\n<style>\n{}</style>\n</head>\n<body>\n<h1>{}</h1>\n"
        "<p class=\"source\">{}</p>\n",
        network, quantization_style, network, escape(report.source));
    page += tiles(report) + (charts ? overview_charts(report) : no_charts);
    page += "<h2>Layers</h2>\n<p class=\"hint\">Sensitivity is the SQNR that the network's output "
            "gains when this layer alone stays float. Clipped values lie outside the range that "
            "the output "
            "represents; saturated ones are at its ends. Click a column to sort.</p>\n"
            "<div class=\"tools\"><input type=\"search\" placeholder=\"Filter by name or "
            "operator\" aria-label=\"Filter layers\"></div>\n" +
            layer_table(report);
    page += "<h2>Layer by layer</h2>\n<p class=\"hint\">The number at the right is the SQNR in the "
            "running network.</p>\n" +
            layer_sections(report, charts);
    if (!report.options.empty())
        page += "<h2>Options</h2>\n" + option_list(report);
    if (!report.notes.empty())
        page += "<h2>Notes</h2>\n" + note_list(report.notes);
    page += "<script type=\"application/json\" id=\"report\">" + data(report) + "</script>\n";
    if (charts)
        page += fmt::format("<script>\n{}\n</script>\n", chart_library);
    return page + fmt::format("<script>\n{}</script>\n</body>\n</html>\n", quantization_script);
}

void write_quantization_report(const QuantizationReport &report,
                               const std::filesystem::path &path) {
    write_text_file(path, quantization_page(report));
}

} // namespace octet::report
