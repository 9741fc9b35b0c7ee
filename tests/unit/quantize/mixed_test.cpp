// Budgets: words, candidates, what layers cost, and choices that keep what they promise.
#include "compiler/export/export.h"
#include "compiler/quantize/mixed.h"
#include "compiler/quantize/quantize.h"
#include "tests/support/expect_error.h"
#include "tests/unit/quantize/float_networks.h"

using namespace octet;
using namespace octet::quantize;
using octet::test::check_message;
using octet::test::error_of;
using octet::test::random_samples;
using octet::test::RandomGraph;

namespace {

Graph float_network() {
    RandomGraph g(11, "net");
    TensorId x = g.input({1, 8, 8, 4}, DType::f32);
    x = g.conv2d(x, {.channels_out = 16, .same = true, .activation = Activation::relu});
    x = g.depthwise_conv2d(x, {.same = true, .activation = Activation::relu});
    x = g.conv2d(x, {.channels_out = 24, .kernel_h = 1, .kernel_w = 1});
    return g.finish({g.fully_connected(g.reshape(x, {1, 8 * 8 * 24}), {.channels_out = 10})});
}

Options with_budgets(const std::vector<std::string> &texts) {
    Options options;
    options.scheme.calibration = calibration("minmax");
    options.correct = corrections("round");
    options.rounding = Rounding::float32;
    for (const std::string &text : texts)
        options.budgets.push_back(budget(text));
    return options;
}

double total(const LayerCosts &costs) {
    double sum = 0;
    for (const auto &[name, cost] : costs)
        sum += cost;
    return sum;
}

/// A chip on which a weight takes one instruction, and half of one more to be decoded.
CostModel decoding() {
    return {Budget::Unit::instructions, [](const Graph &graph) {
                LayerCosts costs = {{"", 1000}};
                for (const Operator &op : graph.operators)
                    if (op.inputs.size() > 1 && graph.tensor(op.inputs[1]).constant()) {
                        const Tensor &weights = graph.tensor(op.inputs[1]);
                        costs[op.name] =
                            double(weights.elements()) * (weights.storage.plain() ? 1.0 : 1.5);
                    }
                return costs;
            }};
}

struct Case {
    Graph graph = float_network();
    Samples samples = random_samples(graph, 24);

    Mixed choose(const Options &options, bool bytes_only = false,
                 const CostModel &latency = {}) const {
        return choose_schemes(graph, samples, options, {}, bytes_only, latency);
    }
    Quantized quantized(Options options, const std::vector<Rule> &rules = {}) const {
        options.rules.insert(options.rules.begin(), rules.begin(), rules.end());
        return quantize::quantize(graph, samples, options);
    }
};

std::vector<std::string> texts_of(const std::vector<WeightScheme> &schemes) {
    std::vector<std::string> texts;
    for (const WeightScheme &scheme : schemes)
        texts.push_back(to_text(scheme));
    return texts;
}

} // namespace

TEST_CASE("Budgets are said in bytes, times, instructions and percent", "[mixed]") {
    CHECK(budget("size=1000").amount == 1000);
    CHECK(budget("size=1.5K").amount == 1536);
    CHECK(budget("size=2M").amount == 2 << 20);
    CHECK(budget("size=2M").unit == Budget::Unit::bytes);
    CHECK(budget("latency=62%").unit == Budget::Unit::percent);
    CHECK(budget("latency=62%").amount == 62);
    CHECK(budget("latency=250us").amount == Approx(250e-6));
    CHECK(budget("latency=1.5ms").unit == Budget::Unit::seconds);
    CHECK(budget("latency=14.8M").amount == Approx(14.8e6));
    CHECK(budget("latency=14.8M").unit == Budget::Unit::instructions);
    for (const char *wrong : {"50%", "flash=50%", ""})
        check_message(error_of([&] { budget(wrong); }), {"does not say of what", "size=..."});
    for (const char *wrong :
         {"size=", "size=-3K", "size=0", "size=half", "latency=nan", "size=1e3"})
        CHECK_THROWS_AS(budget(wrong), UsageError);
    check_message(error_of([] { budget("size=3ms"); }), {"the unit 'ms'", "bytes, K, M or %"});
    check_message(error_of([] { budget("latency=3KB"); }), {"the unit 'KB'", "us, ms, s"});
}

TEST_CASE("Candidates are what the target runs, up to the bits that the user allows", "[mixed]") {
    const std::vector<std::string> all = texts_of(candidates({}, {}, false));
    CHECK(all.front() == "per-channel,symmetric,8");
    for (const char *scheme : {"codebook:64", "codebook:16", "4", "3", "2", "codebook:4"})
        CHECK(std::ranges::count(all, std::string("per-channel,symmetric,") + scheme) == 1);
    CHECK(candidates({}, {}, true).size() == 1);
    QuantizationLimits limits;
    limits.codebooks = false;
    limits.weight_bits = {8, 4};
    CHECK(texts_of(candidates(weight_scheme("per-tensor,pow2"), limits, false)) ==
          std::vector<std::string>{"per-tensor,pow2,8", "per-tensor,pow2,4"});
    CHECK(texts_of(candidates(weight_scheme("4"), limits, false)) ==
          std::vector<std::string>{"per-channel,symmetric,4"});
    const auto books = texts_of(candidates(weight_scheme("codebook:16/channel"), {}, false));
    CHECK(books.front() == "per-channel,symmetric,codebook:16/channel");
    CHECK(std::ranges::count(books, "per-channel,symmetric,4") == 1);
    for (const WeightScheme &scheme : candidates(weight_scheme("per-tensor,asymmetric"), {}, false))
        CHECK(scheme.centroids == 0);
}

TEST_CASE("Stored bytes are what the file gets smaller by", "[mixed]") {
    const Case c;
    Options options = with_budgets({});
    const Graph bytes = c.quantized(options).graph;
    for (const char *scheme : {"4", "3", "codebook:16", "codebook:4/channel"}) {
        options.scheme.weights = weight_scheme(scheme);
        const Graph narrow = c.quantized(options).graph;
        const double files = double(to_octet(bytes).size()) - double(to_octet(narrow).size());
        const double counted = total(stored_bytes(bytes)) - total(stored_bytes(narrow));
        INFO(scheme);
        CHECK(counted > 1000);
        // Codebooks bring a field to the file, and every array is aligned.
        CHECK(std::abs(files - counted) < 32 * 4);
    }
}

TEST_CASE("A budget of size is kept by the network that the rules give", "[mixed]") {
    const Case c;
    const double whole = total(stored_bytes(c.quantized(with_budgets({})).graph));
    double noisier = 0;
    for (const double percent : {90, 60, 45}) {
        const Options options = with_budgets({fmt::format("size={}%", percent)});
        const Mixed mixed = c.choose(options);
        REQUIRE(mixed.rules.size() == 4);
        REQUIRE(mixed.choices.size() == 4);
        const Quantized result = c.quantized(options, mixed.rules);
        const double bytes = total(stored_bytes(result.graph));
        INFO(percent << " %: " << bytes << " of " << whole);
        CHECK(bytes <= percent / 100 * whole);
        CHECK(bytes > (percent - 15) / 100 * whole); // and used
        check_message(mixed.notes.at(0),
                      {options.budgets[0].text, amount_text(Budget::Unit::bytes, bytes)});
        for (size_t i = 0; i < 4; ++i) // The choice is what the layer got.
            for (size_t k = 0; k < result.prepared.operators.size(); ++k)
                if (result.prepared.operators[k].name == mixed.choices[i].layer)
                    CHECK(result.plan.layers[k].weights == mixed.choices[i].scheme);
        const double noise = -result.outcome.output_sqnr;
        CHECK((noisier == 0 || noise > noisier - 1)); // less room, not less noise
        noisier = noise;
    }
}

TEST_CASE("At equal size the mixture is less noisy than one scheme for all", "[mixed]") {
    const Case c;
    Options uniform = with_budgets({});
    uniform.scheme.weights = weight_scheme("3");
    const Quantized plain = c.quantized(uniform);
    const double size = total(stored_bytes(plain.graph));
    const Options options = with_budgets({fmt::format("size={:.0f}", size)});
    const Quantized mixed = c.quantized(options, c.choose(options).rules);
    CHECK(total(stored_bytes(mixed.graph)) <= size);
    CHECK(mixed.outcome.output_sqnr > plain.outcome.output_sqnr + 1);
}

TEST_CASE("Layers with a rule for their weights stay as they are", "[mixed]") {
    const Case c;
    Options options = with_budgets({"size=70%"});
    options.rules.emplace_back().op = "fully_connected";
    options.rules[0].weights = weight_scheme("8");
    check_message(error_of([&] { c.choose(options); }), {"budget size=70%: the least possible"});
    options.budgets = {budget("size=97%")};
    const Mixed mixed = c.choose(options);
    CHECK(mixed.rules.size() == 3);
    const Quantized result = c.quantized(options, mixed.rules);
    CHECK(result.plan.layers.back().weights.bits == 8);
    const double whole = total(stored_bytes(c.quantized(with_budgets({})).graph));
    CHECK(total(stored_bytes(result.graph)) <= 0.97 * whole);

    options.rules[0].op = "";
    check_message(error_of([&] { c.choose(options); }), {"no layer's weights are left to choose"});
}

TEST_CASE("What fits with eight bits stays; what nothing fits is refused", "[mixed]") {
    const Case c;
    const Mixed roomy = c.choose(with_budgets({"size=100%", "size=1M"}));
    CHECK(roomy.rules.empty());
    check_message(roomy.notes.at(0), {"all layers keep per-channel,symmetric,8"});
    const std::string tiny = error_of([&] { c.choose(with_budgets({"size=1K"})); });
    check_message(tiny, {"budget size=1K: the least possible", "bytes", "allow more"});
    check_message(error_of([&] { c.choose(with_budgets({"size=60%"}), true); }),
                  {"the least possible", "(100.0 %)", "write a .octet file"});
    CHECK(c.choose(with_budgets({"size=100%"}), true).rules.empty());
}

TEST_CASE("Latency limits how much may be decoded", "[mixed]") {
    const Case c;
    const CostModel model = decoding();
    const Options both = with_budgets({"size=60%", "latency=145%"});
    const Mixed mixed = c.choose(both, false, model);
    const Graph result = c.quantized(both, mixed.rules).graph;
    const Graph bytes = c.quantized(with_budgets({})).graph;
    CHECK(total(stored_bytes(result)) <= 0.6 * total(stored_bytes(bytes)));
    CHECK(total(model.measure(result)) <= 1.45 * total(model.measure(bytes)));
    check_message(mixed.notes.at(0), {"take", "and run for", "instructions"});
    check_message(error_of([&] { c.choose(with_budgets({"latency=2ms"}), false, model); }),
                  {"budget 'latency=2ms'", "measured in instructions"});
    check_message(error_of([&] { c.choose(with_budgets({"latency=10"}), false, model); }),
                  {"the least possible run for"});
    CHECK(c.choose(with_budgets({"latency=100%"}), false, model).rules.empty());
    check_message(error_of([&] {
                      c.choose(with_budgets({"size=60%", "latency=101%"}), false, model);
                  }),
                  {"cannot hold together"});
}
