#include "compiler/quantize/budget.h"

#include "compiler/support/error.h"

#include <charconv>
#include <cmath>
#include <map>

namespace octet::quantize {

namespace {

using Unit = Budget::Unit;

/// What stands behind the number: the unit and its multiple.
using Suffixes = std::map<std::string, std::pair<Unit, double>>;

const Suffixes &suffixes_of(Budget::Resource resource) {
    static const Suffixes size = {{"", {Unit::bytes, 1}},
                                  {"K", {Unit::bytes, 1024}},
                                  {"M", {Unit::bytes, 1024 * 1024}},
                                  {"%", {Unit::percent, 1}}};
    static const Suffixes latency = {
        {"us", {Unit::seconds, 1e-6}},    {"ms", {Unit::seconds, 1e-3}},
        {"s", {Unit::seconds, 1}},        {"", {Unit::instructions, 1}},
        {"K", {Unit::instructions, 1e3}}, {"M", {Unit::instructions, 1e6}},
        {"G", {Unit::instructions, 1e9}}, {"%", {Unit::percent, 1}}};
    return resource == Budget::Resource::size ? size : latency;
}

/// 1234567 as "1,234,567".
std::string grouped(double whole) {
    const std::string plain = fmt::format("{:.0f}", whole);
    std::string digits;
    for (size_t i = 0; i < plain.size(); ++i) {
        if (i > 0 && (plain.size() - i) % 3 == 0)
            digits += ',';
        digits += plain[i];
    }
    return digits;
}

} // namespace

Budget budget(const std::string &text) {
    Budget result;
    result.text = text;
    const size_t equals = text.find('=');
    const std::string resource = text.substr(0, equals);
    if (equals == std::string::npos || (resource != "size" && resource != "latency"))
        throw UsageError("budget '{}': it does not say of what; write size=... or latency=...",
                         text);
    result.resource = resource == "size" ? Budget::Resource::size : Budget::Resource::latency;
    const char *begin = text.data() + equals + 1, *end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(begin, end, result.amount, std::chars_format::fixed);
    if (error != std::errc() || !(result.amount > 0) || !std::isfinite(result.amount))
        throw UsageError("budget '{}': '{}' does not start with a number above 0; write {}", text,
                         std::string(begin, end), resource == "size" ? "size=50K" : "latency=2ms");
    const Suffixes &known = suffixes_of(result.resource);
    const auto suffix = known.find(std::string(rest, end));
    if (suffix == known.end())
        throw UsageError("budget '{}': the unit '{}' is not known; use {}", text,
                         std::string(rest, end),
                         resource == "size" ? "bytes, K, M or %"
                                            : "us, ms, s, a number of instructions (K, M, G) or %");
    result.unit = suffix->second.first;
    result.amount *= suffix->second.second;
    return result;
}

std::string amount_text(Unit unit, double amount) {
    switch (unit) {
    case Unit::percent:
        return fmt::format("{:.4g} %", amount);
    case Unit::bytes:
        return grouped(amount) + " bytes";
    case Unit::seconds:
        return fmt::format("{:.1f} us", amount * 1e6);
    case Unit::instructions:
        return grouped(amount) + " instructions";
    }
    return {};
}

} // namespace octet::quantize
