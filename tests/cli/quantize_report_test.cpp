// The page on a quantization: its text, and in a headless browser what its script makes of it.
#include "compiler/quantize/histogram.h"
#include "compiler/report/quantization_assets.h"
#include "compiler/support/pending_file.h"
#include "tests/cli/quantize_report_page.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <numeric>

#include <unistd.h>

using namespace octet;
using namespace octet::report;

namespace {

size_t count(const std::string &text, const std::string &what) {
    size_t found = 0;
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1))
        found++;
    return found;
}

std::string without(std::string text, std::string_view part) {
    const size_t at = part.empty() ? text.npos : text.find(part);
    return at == text.npos ? text : text.erase(at, part.size());
}

double sum_of(const Distribution &distribution) {
    return std::accumulate(distribution.counts.begin(), distribution.counts.end(), 0.0);
}

/// A folder that goes with the test.
struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("octet_page_" + std::to_string(getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
        std::error_code ignored; // The browser may still be leaving.
        std::filesystem::remove_all(path, ignored);
    }
};

bool has_browser() {
    return std::system("command -v chromium >/dev/null 2>&1") == 0;
}

struct Rendered {
    std::string page, console;
};

/// The page as it is after its scripts have run, and what they wrote to the console.
Rendered render(const QuantizationReport &report, const std::string &fragment) {
    const Folder folder;
    const auto page = folder.path / "page.html", dom = folder.path / "dom",
               log = folder.path / "log";
    write_quantization_report(report, page);
    const std::string command =
        "timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
        "--user-data-dir=" +
        (folder.path / "profile").string() + " --enable-logging=stderr --dump-dom 'file://" +
        page.string() + fragment + "' >" + dom.string() + " 2>" + log.string() + " </dev/null";
    // On a machine that is busy with other things a browser sometimes never starts.
    int status = std::system(command.c_str());
    for (int again = 0; again < 2 && status != 0; again++)
        status = std::system(command.c_str());
    REQUIRE(status == 0);
    return {read_text_file(dom), read_text_file(log)};
}

} // namespace

TEST_CASE("Distributions keep every count", "[quantize_report]") {
    const std::vector<float> values{0, 0.1f, 0.9f, 1, 5, -3, std::nanf("")};
    const Distribution four = distribution_of(values, 0, 1, 4);
    CHECK(four.counts == std::vector<double>{3, 0, 0, 3}); // What is outside is at the ends.

    quantize::Histogram histogram(64);
    histogram.add(std::vector<float>{0, 0, 0, 0, 1, 2, 3.5f, 8});
    const Distribution two = distribution_of(histogram, 2);
    CHECK(two.lo == 0);
    CHECK(two.hi == 8);
    CHECK(two.counts[0] == Approx(7));
    CHECK(two.counts[1] == Approx(1));
    CHECK(sum_of(distribution_of(histogram, 7)) == Approx(8));
    CHECK(sum_of(distribution_of(histogram, 128)) == Approx(8));

    quantize::Histogram constant;
    constant.add(std::vector<float>(3, -2.0f));
    const Distribution around = distribution_of(constant, 4);
    CHECK((around.lo < -2 && around.hi > -2));
    CHECK(sum_of(around) == 3);
    CHECK(distribution_of(quantize::Histogram()).empty());
}

TEST_CASE("The page has a row and a section for every layer and escapes names",
          "[quantize_report]") {
    const std::string page =
        without(quantization_page(test::sample_quantization_report(12)), chart_library);
    CHECK(count(page, "<tr data-layer=") == 12);
    CHECK(count(page, "<details id=\"layer-") == 12);
    CHECK(count(page, "&lt;/script&gt;&lt;script&gt;throw 1") == 2);
    CHECK(count(page, "<script>throw") == 0);
    CHECK(count(page, "<!-- ") == 0);
    CHECK(count(page, "</script>") == (chart_library.empty() ? 2 : 3));
    CHECK(count(page, "mobilenet_v2 &lt;float&gt;") == 2);
    CHECK(count(page, "71.35 %") == 1);
    CHECK(count(page, "-0.45 points") == 1);
    CHECK(count(page, "exact") > 0);
    CHECK(count(page, "computed in 16 bits &amp; rounded once") == 1);
    CHECK(count(page, "layer &lt;3&gt; stays in 8 bits") == 1);
    CHECK(count(page, "http") == 0); // It refers to nothing outside.
    CHECK(count(page, " src=") == 0);
    CHECK(count(page, "libjs-chart.js") == (chart_library.empty() ? 1 : 0));
}

TEST_CASE("A report in which little is known is a page, too", "[quantize_report]") {
    QuantizationReport report;
    report.layers.resize(2);
    const std::string page = quantization_page(report);
    CHECK(count(page, "<tr data-layer=") == 2);
    CHECK(count(page, "data-chart=\"sqnr\"") == 0);
    CHECK(count(page, "data-chart=\"weights\"") == 0);
    CHECK_THROWS_WITH(write_quantization_report(report, "no/such/page.html"),
                      Catch::Contains("no/such/page.html: cannot be written"));
}

TEST_CASE("A browser draws the page without errors", "[quantize_report]") {
    if (!has_browser()) {
        WARN("skipped: no chromium on this machine");
        return;
    }
    const bool charts = !chart_library.empty();
    const auto check = [](const Rendered &rendered, size_t drawn, size_t rows) {
        INFO(rendered.console);
        CHECK(count(rendered.console, "CONSOLE") == 0);
        CHECK(count(rendered.page, "data-drawn=\"yes\"") == drawn);
        CHECK(count(rendered.page, "<tr data-layer=") == rows);
    };
    const QuantizationReport report = test::sample_quantization_report(30);
    check(render(report, ""), charts ? 3 : 0, 30);
    // A link to a layer opens its section and draws its two distributions.
    const Rendered opened = render(report, "#layer-3");
    check(opened, charts ? 5 : 0, 30);
    CHECK(count(opened.page, "data-layer=\"2\" open=\"\"") == 1);

    // The table begins with the most sensitive layer.
    size_t first = 0;
    for (size_t i = 0; i < report.layers.size(); i++)
        if (report.layers[i].sensitivity.value_or(0) > *report.layers[first].sensitivity)
            first = i;
    const std::string row = "<tr data-layer=\"" + std::to_string(first) + "\"";
    CHECK(opened.page.find(row) == opened.page.find("<tr data-layer="));

    QuantizationReport bare;
    bare.layers.resize(1);
    check(render(bare, "#layer-1"), charts ? 1 : 0, 1);
    check(render(test::sample_quantization_report(1000), "#layer-900"), charts ? 5 : 0, 1000);
}
