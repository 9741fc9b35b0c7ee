#include "compiler/quantize/options.h"

#include "compiler/graph/check_operator.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace octet::quantize {

namespace {

std::vector<std::string> words_of(const std::string &text) {
    std::vector<std::string> words;
    size_t begin = 0;
    while (true) {
        const size_t end = text.find(',', begin);
        words.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
        if (end == std::string::npos)
            return words;
        begin = end + 1;
    }
}

/// The whole of `text` as a number.
template <typename T>
std::optional<T> number(const std::string &text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<Mode> mode_named(const std::string &word) {
    if (word == "symmetric")
        return Mode::symmetric;
    if (word == "asymmetric")
        return Mode::asymmetric;
    if (word == "pow2")
        return Mode::power_of_two;
    return std::nullopt;
}

std::string_view name_of(Mode mode) {
    static constexpr std::string_view names[] = {"symmetric", "asymmetric", "pow2"};
    return names[size_t(mode)];
}

/// "codebook:16", "codebook:16/channel" or "codebook:16/4" (channels that share one).
void parse_codebook(const std::string &word, const std::string &text, WeightScheme &scheme) {
    const std::string rest = word.substr(std::string("codebook:").size());
    const size_t slash = rest.find('/');
    const auto centroids = number<int>(rest.substr(0, slash));
    if (!centroids || *centroids < 2 || *centroids > 256)
        throw UsageError("weights '{}': a codebook has 2 to 256 centroids; write codebook:16",
                         text);
    scheme.centroids = *centroids;
    if (slash == std::string::npos)
        return;
    const std::string group = rest.substr(slash + 1);
    const auto channels = number<int>(group);
    if (group == "tensor")
        scheme.codebook_channels = 0;
    else if (group == "channel")
        scheme.codebook_channels = 1;
    else if (channels && *channels > 0)
        scheme.codebook_channels = *channels;
    else
        throw UsageError("weights '{}': '{}' does not say who shares a codebook; write "
                         "codebook:16/tensor, /channel or a number of channels",
                         text, group);
}

} // namespace

WeightScheme weight_scheme(const std::string &text) {
    WeightScheme scheme;
    for (const std::string &word : words_of(text)) {
        const auto mode = mode_named(word);
        const auto bits = number<int>(word);
        if (word == "per-channel")
            scheme.per_channel = true;
        else if (word == "per-tensor")
            scheme.per_channel = false;
        else if (mode)
            scheme.mode = *mode;
        else if (bits && (*bits == 2 || *bits == 3 || *bits == 4 || *bits == 8))
            scheme.bits = *bits;
        else if (word.starts_with("codebook:"))
            parse_codebook(word, text, scheme);
        else
            throw UsageError("weights '{}': '{}' is not known; use per-channel or per-tensor, then "
                             "symmetric, asymmetric or pow2, then 2, 3, 4, 8 bits or codebook:N",
                             text, word);
    }
    if (scheme.mode == Mode::asymmetric && scheme.per_channel)
        throw UsageError("weights '{}': per channel they must be symmetric, as in all engines; use "
                         "per-channel,symmetric or per-tensor,asymmetric",
                         text);
    if (scheme.centroids && scheme.bits != 8)
        throw UsageError("weights '{}': the centroids of a codebook have 8 bits; leave {} away",
                         text, scheme.bits);
    return scheme;
}

ActivationScheme activation_scheme(const std::string &text) {
    ActivationScheme scheme;
    bool asymmetric = false;
    for (const std::string &word : words_of(text)) {
        const auto mode = mode_named(word);
        const auto bits = number<int>(word);
        asymmetric = asymmetric || mode == Mode::asymmetric;
        if (mode)
            scheme.mode = *mode;
        else if (bits && (*bits == 8 || *bits == 16))
            scheme.bits = *bits;
        else if (word == "signed" || word == "unsigned")
            scheme.is_unsigned = word == "unsigned";
        else
            throw UsageError("activations '{}': '{}' is not known; use asymmetric, symmetric or "
                             "pow2, then 8 or 16 bits, then signed or unsigned",
                             text, word);
    }
    if (scheme.bits == 16 && (asymmetric || scheme.is_unsigned))
        throw UsageError(
            "activations '{}': of 16 bits they are signed and their zero point is 0, as "
            "in all engines; use symmetric,16 or pow2,16",
            text);
    if (scheme.bits == 16 && scheme.mode == Mode::asymmetric)
        scheme.mode = Mode::symmetric;
    return scheme;
}

Calibration calibration(const std::string &text) {
    Calibration result;
    result.search = text == "search";
    if (text == "search")
        return result;
    if (text == "minmax")
        result.method = Method::minmax;
    else if (text == "average")
        result.method = Method::average;
    else if (text == "mse")
        result.method = Method::mse;
    else if (text == "entropy")
        result.method = Method::entropy;
    else if (text == "percentile")
        result.method = Method::percentile;
    else if (text.starts_with("percentile:")) {
        const auto percentile = number<double>(text.substr(std::string("percentile:").size()));
        if (!percentile || !(*percentile > 50 && *percentile <= 100))
            throw UsageError("calibration '{}': the percentile lies above 50 and at most at 100; "
                             "write percentile:99.99",
                             text);
        result.method = Method::percentile;
        result.percentile = *percentile;
    } else
        throw UsageError("calibration '{}' is not known; use minmax, average, percentile:P, mse, "
                         "entropy or search",
                         text);
    return result;
}

Corrections corrections(const std::string &text) {
    if (text == "all")
        return {};
    Corrections result{.equalize = false, .bias = false, .round = false};
    if (text == "none")
        return result;
    for (const std::string &word : words_of(text)) {
        if (word == "equalize")
            result.equalize = true;
        else if (word == "bias")
            result.bias = true;
        else if (word == "round")
            result.round = result.bias = true; // Rounding is learned for the bias that fits.
        else if (word == "blocks")
            result.blocks = result.round = result.bias = true; // It starts from the layers' levels.
        else if (word == "analytic-bias")
            result.analytic = true;
        else
            throw UsageError("correct '{}': '{}' is not known; use none, all or a list of "
                             "equalize, bias, analytic-bias, round and blocks",
                             text, word);
    }
    return result;
}

Compute compute(const std::string &text) {
    for (Compute candidate :
         {Compute::integer, Compute::float32, Compute::weight_only, Compute::dynamic})
        if (to_text(candidate) == text)
            return candidate;
    throw UsageError("compute '{}' is not known; use integer, float, weight-only or dynamic", text);
}

std::string to_text(const WeightScheme &scheme) {
    std::string text = fmt::format("{},{}", scheme.per_channel ? "per-channel" : "per-tensor",
                                   name_of(scheme.mode));
    if (!scheme.centroids)
        return text + fmt::format(",{}", scheme.bits);
    text += fmt::format(",codebook:{}", scheme.centroids);
    if (scheme.codebook_channels == 1)
        return text + "/channel";
    return scheme.codebook_channels ? text + fmt::format("/{}", scheme.codebook_channels) : text;
}

std::string to_text(const ActivationScheme &scheme) {
    return fmt::format("{},{},{}", name_of(scheme.mode), scheme.bits,
                       scheme.is_unsigned ? "unsigned" : "signed");
}

std::string to_text(const Calibration &calibration) {
    if (calibration.search)
        return "search";
    return calibration.method == Method::percentile
               ? fmt::format("percentile:{:g}", calibration.percentile)
               : std::string(name_of(calibration.method));
}

std::string to_text(const Corrections &corrections) {
    std::vector<std::string> words;
    if (corrections.equalize)
        words.push_back("equalize");
    if (corrections.bias)
        words.push_back("bias");
    if (corrections.analytic)
        words.push_back("analytic-bias");
    if (corrections.round)
        words.push_back("round");
    if (corrections.blocks)
        words.push_back("blocks");
    return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ","));
}

std::string_view to_text(Compute compute) {
    static constexpr std::string_view names[] = {"integer", "float", "weight-only", "dynamic"};
    return names[size_t(compute)];
}

} // namespace octet::quantize
