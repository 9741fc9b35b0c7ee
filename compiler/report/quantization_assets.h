// What the quantization's page is drawn with, compiled in so that a page needs nothing beside it.
#pragma once

#include <string_view>

namespace octet::report {

extern const std::string_view quantization_style;
extern const std::string_view quantization_script;
/// Chart.js with its licence; empty where the build did not find it.
extern const std::string_view chart_library;

} // namespace octet::report
