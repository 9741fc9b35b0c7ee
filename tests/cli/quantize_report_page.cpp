#include "tests/cli/quantize_report_page.h"

#include "compiler/quantize/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace octet::test {
namespace {

using namespace report;

/// Values rounded to `levels` steps of [lo, hi] and clipped to it.
std::vector<float> quantized(std::vector<float> values, double lo, double hi, int levels) {
    const double scale = (hi - lo) / (levels - 1);
    for (float &value : values)
        value = float(lo + scale * std::round((std::clamp(double(value), lo, hi) - lo) / scale));
    return values;
}

QuantizedLayer layer(int index, std::mt19937 &random) {
    std::normal_distribution<float> normal;
    const bool depthwise = index % 3 == 1, adds = index % 7 == 6;
    QuantizedLayer layer;
    layer.name = "features/block_" + std::to_string(index) + (depthwise ? "/depthwise" : "/conv");
    if (index == 2)
        layer.name = "</script><script>throw 1</script><!-- \"'& \xff";
    layer.op = adds ? "add" : depthwise ? "depthwise_conv2d" : "conv2d";
    layer.shapes = "1x56x56x24 by 144x1x1x24 to 1x56x56x144";
    layer.activation_scheme = "int8, asymmetric, mse";
    layer.sqnr_alone = 38 + 3 * double(normal(random)) - (depthwise ? 6 : 0);
    layer.sqnr_running = 40 - 12 * (1 - std::exp(-index / 15.0)) + double(normal(random));
    layer.sensitivity = std::exp(double(normal(random)) - (depthwise ? 1 : 3));

    std::vector<float> outputs(20'000);
    for (float &value : outputs)
        value = std::max(0.0f, 2 * normal(random) + 0.3f * float(index % 5));
    quantize::Histogram histogram;
    histogram.add(outputs);
    layer.activations = distribution_of(histogram);
    layer.observed = Interval{0, double(histogram.max())};
    layer.chosen = Interval{0, double(histogram.max()) * 0.8};
    layer.clipped = double(std::count_if(outputs.begin(), outputs.end(),
                                         [&](float value) { return value > layer.chosen->hi; })) /
                    double(outputs.size());
    layer.saturated = *layer.clipped * 1.2;
    layer.quantized_activations = distribution_of(quantized(outputs, 0, layer.chosen->hi, 256),
                                                  layer.activations.lo, layer.activations.hi);
    if (adds) {
        layer.sqnr_alone = std::numeric_limits<double>::infinity();
        layer.sensitivity.reset();
        layer.notes = {"computed in 16 bits & rounded once"};
        return layer;
    }
    layer.weight_scheme =
        depthwise ? "int8, per channel, symmetric" : "int4, per channel, symmetric";
    std::vector<float> weights(depthwise ? 1296 : 20'736);
    for (float &value : weights)
        value = 0.1f * normal(random);
    const auto [lo, hi] = std::minmax_element(weights.begin(), weights.end());
    layer.weights = distribution_of(weights, double(*lo), double(*hi));
    layer.quantized_weights = distribution_of(quantized(weights, -0.35, 0.35, depthwise ? 255 : 15),
                                              double(*lo), double(*hi));
    layer.bytes_before = weights.size() * 4;
    layer.bytes_after = depthwise ? weights.size() : weights.size() / 2;
    return layer;
}

} // namespace

QuantizationReport sample_quantization_report(int layers) {
    std::mt19937 random(11);
    QuantizationReport report;
    report.network = "mobilenet_v2 <float>";
    report.source = "mobilenet_v2_1.0_224.tflite";
    report.options = {{"weights", "per-channel,symmetric,4"},
                      {"activations", "asymmetric,8"},
                      {"calibration", "mse"},
                      {"correct", "equalize, bias, round"}};
    report.samples = 200;
    report.output_sqnr = 27.4;
    report.accuracy_name = "top-1";
    report.float_accuracy = 0.718;
    report.quantized_accuracy = 0.7135;
    report.notes = {"layer <3> stays in 8 bits"};
    for (int i = 0; i < layers; i++) {
        report.layers.push_back(layer(i, random));
        report.bytes_before += report.layers.back().bytes_before;
        report.bytes_after += report.layers.back().bytes_after;
    }
    return report;
}

} // namespace octet::test
