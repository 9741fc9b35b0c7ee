// A report of a quantization that is written out by a formula, for the tests of its page.
#pragma once

#include "compiler/report/quantization_report.h"

namespace octet::test {

/// `layers` layers with real distributions and names that HTML would misread.
report::QuantizationReport sample_quantization_report(int layers);

} // namespace octet::test
