// report.html: one page, without anything outside it, that shows what a model was compiled to.
#pragma once

#include "compiler/compile.h"

#include <filesystem>
#include <string>

namespace octet {

/// The page: summary, inputs and outputs, memory map, one line per layer, what lowering noted.
std::string report_page(const Compiled &compiled);

/// Writes the page to `file`, complete or not at all. Throws Error.
void write_report(const Compiled &compiled, const std::filesystem::path &file);

} // namespace octet
