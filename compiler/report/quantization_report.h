// quantization.html: one page, without anything outside it, that shows what a quantization did to a
// network: what it cost in accuracy, layer by layer, and what it saved.
//
// The page's first question is where the loss comes from, so every layer has three answers: its
// SQNR alone (float inputs, its own quantization), its SQNR in the running network (with what it
// inherits from the layers before it), and its sensitivity (what the network's output gains when
// this layer alone stays float). The second is why, which the distributions answer. What is not
// known is left out of the structure and shows as a dash. Charts are drawn when they come into
// view, so a page of a thousand layers opens as fast as one of ten.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace octet::quantize {
class Histogram;
}

namespace octet::report {

/// Counts of values in bars of equal width from lo to hi.
struct Distribution {
    double lo = 0, hi = 0;
    std::vector<double> counts; ///< empty: not known

    bool empty() const { return counts.empty(); }
};

/// The counts of some values, those outside in the outermost bars; values that are not finite are
/// left out. Two distributions to compare should have equal ends and bars.
Distribution distribution_of(std::span<const float> values, double lo, double hi, int bars = 128);

/// From min to max, a bin's count shared by the bars that it overlaps.
Distribution distribution_of(const quantize::Histogram &histogram, int bars = 128);

struct Interval {
    double lo = 0, hi = 0;
};

struct QuantizedLayer {
    std::string name;
    std::string op;                ///< "conv2d"
    std::string shapes;            ///< in words: "1x56x56x24 by 144x1x1x24 to 1x56x56x144"
    std::string weight_scheme;     ///< in words: "int4, per channel, symmetric"; empty: no weights
    std::string activation_scheme; ///< of the output: "int8, asymmetric, mse"
    std::optional<double> sqnr_alone, sqnr_running; ///< dB, of the output; infinite: exact
    std::optional<double>
        sensitivity; ///< dB that the network's output SQNR gains when this layer stays float
    std::optional<Interval> observed,
        chosen;                      ///< the output's values: all that were seen, represented
    std::optional<double> clipped;   ///< share of the float output values outside `chosen`, 0 to 1
    std::optional<double> saturated; ///< share of the quantized output at an outermost integer
    uint64_t bytes_before = 0, bytes_after = 0;      ///< of weights and biases
    Distribution weights, quantized_weights;         ///< real values, equal ends and bars
    Distribution activations, quantized_activations; ///< of the output, likewise
    std::vector<std::string> notes;
};

struct QuantizationReport {
    std::string network, source;
    /// The options in words, in order: {"weights", "per-channel,symmetric,8"}, ...
    std::vector<std::pair<std::string, std::string>> options;
    int64_t samples = 0;                                      ///< of calibration
    uint64_t bytes_before = 0, bytes_after = 0;               ///< of all constants
    std::optional<double> output_sqnr;                        ///< dB; infinite: exact
    std::string accuracy_name = "accuracy";                   ///< "top-1", ...
    std::optional<double> float_accuracy, quantized_accuracy; ///< 0 to 1
    std::vector<QuantizedLayer> layers;                       ///< in execution order
    std::vector<std::string> notes;
};

/// The page.
std::string quantization_page(const QuantizationReport &report);

/// Writes the page to `path`, complete or not at all. Throws Error.
void write_quantization_report(const QuantizationReport &report, const std::filesystem::path &path);

} // namespace octet::report
