// The parts of the quantization's page that are HTML: tiles, the table of layers, a section per
// layer.
#pragma once

#include "compiler/report/quantization_report.h"

#include <string>

namespace octet::report {

/// The network's numbers at a glance.
std::string tiles(const QuantizationReport &report);

/// One row per layer, linked to its section. Cells carry the number to sort by in data-sort.
std::string layer_table(const QuantizationReport &report);

/// One foldable section per layer: facts, notes and, with `charts`, places for its distributions.
std::string layer_sections(const QuantizationReport &report, bool charts);

/// Notes as a list; empty without notes.
std::string note_list(const std::vector<std::string> &notes);

} // namespace octet::report
