// The manifest and the report of a small program that is written out by hand.
#include "compiler/report/manifest.h"
#include "compiler/report/memory_map.h"
#include "compiler/report/report.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace octet;
using lower::Region;

namespace {

lower::StoredTensor tensor(const char *name, Region region, uint64_t bytes, uint64_t offset) {
    lower::StoredTensor tensor;
    tensor.name = name;
    tensor.shape = {1, int(bytes)};
    tensor.bytes = bytes;
    tensor.region = region;
    tensor.offset = offset;
    return tensor;
}

/// in -> a -> b -> out, and a is read once more by the last call: a add.
Compiled example() {
    Compiled compiled;
    compiled.target.name = "chip";
    compiled.code_bytes = {100, 50};
    lower::Program &program = compiled.program;
    program.name = "tiny";
    program.target = "chip";
    program.tensors = {tensor("in<0>", Region::input, 64, 0), tensor("a&b", Region::arena, 64, 0),
                       tensor("b", Region::arena, 128, 64), tensor("out", Region::output, 64, 0)};
    program.inputs = {0};
    program.outputs = {3};
    program.kernels = {{"octet_conv2d_1", "{}"}, {"octet_add_2", "{}"}};
    const auto call = [](int kernel, OpKind op, std::vector<int> in, std::vector<int> out) {
        lower::Call call;
        call.kernel = kernel;
        call.name = std::string(name_of(op)) + "<x>";
        call.op = op;
        call.shape = {1, 64};
        call.macs = op == OpKind::conv2d ? 1000 : 0;
        call.inputs = std::move(in);
        call.outputs = std::move(out);
        return call;
    };
    program.calls = {call(0, OpKind::conv2d, {0}, {1}), call(0, OpKind::conv2d, {1}, {2}),
                     call(1, OpKind::add, {1, 2}, {3})};
    program.weights = Bytes(32);
    program.arenas = {{"sram", 192, 150}};
    return compiled;
}

} // namespace

TEST_CASE("The manifest carries the keys that scripts read", "[report]") {
    const auto json = nlohmann::json::parse(manifest(example()));
    CHECK(json["name"] == "tiny");
    CHECK(json["target"] == "chip");
    CHECK(json["rounding"] == "reference");
    CHECK(json["files"][2] == "tiny.octet");
    CHECK(json["inputs"][0]["shape"] == nlohmann::json({1, 64}));
    CHECK(json["outputs"][0]["dtype"] == "int8");
    CHECK(json["arena_bytes"] == 192);
    CHECK(json["arena_lower_bound"] == 150);
    CHECK(json["weight_bytes"] == 32);
    CHECK(json["code_bytes"] == 150);
    REQUIRE(json["layers"].size() == 3);
    CHECK(json["layers"][1]["macs"] == 1000);
    CHECK(json["layers"][2]["op"] == "add");
    CHECK(json["layers"][2]["kernel"] == "octet_add_2");
}

TEST_CASE("A tensor lives from the call that writes it to the last that reads it", "[report]") {
    const auto lives = report::lifetimes(example().program);
    CHECK((lives[1].first == 0 && lives[1].last == 2));
    CHECK((lives[2].first == 1 && lives[2].last == 2));
}

TEST_CASE("The memory map draws the tensors of the arena and nothing else", "[report]") {
    const std::string svg = report::memory_map(example().program);
    const auto count = [&](const std::string &what) {
        size_t found = 0;
        for (size_t at = svg.find(what); at != svg.npos; at = svg.find(what, at + 1))
            found++;
        return found;
    };
    CHECK(count("<rect ") == 2);
    CHECK(count("a&amp;b: int8 1x64, 64 bytes at 0, calls 0 to 2") == 1);
    // b takes the upper two thirds of 300 units, from one third of the width on.
    CHECK(count("<rect x=\"370.00\" y=\"10.00\" width=\"600.00\" height=\"200.00\"") == 1);
    CHECK(count("class=\"bound\"") == 1);
}

TEST_CASE("The page escapes names and refers to nothing outside", "[report]") {
    const std::string page = report_page(example());
    CHECK(page.find("in&lt;0&gt;") != page.npos);
    CHECK(page.find("<x>") == page.npos);
    CHECK(page.find("http") == page.npos);
    CHECK(page.find("28.0 % above the lower bound") != page.npos);
    CHECK_THROWS_WITH(write_report(example(), "/dev/full"), Catch::Contains("No space left"));
    CHECK_THROWS_WITH(write_report(example(), "no/such/report.html"),
                      Catch::Contains("no/such/report.html: cannot be written"));
}

TEST_CASE("Bytes read as people say them", "[report]") {
    CHECK(report::human_bytes(0) == "0 B");
    CHECK(report::human_bytes(999) == "999 B");
    CHECK(report::human_bytes(1000) == "1.00 kB");
    CHECK(report::human_bytes(25'344) == "25.3 kB");
    CHECK(report::human_bytes(999'600) == "1.00 MB");
    CHECK(report::human_bytes(3'400'000'000) == "3.40 GB");
}
