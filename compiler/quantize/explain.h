// Explanation: what a quantization did to each layer, for the report page.
#pragma once

#include "compiler/quantize/quantize.h"
#include "compiler/report/quantization_report.h"

namespace octet::quantize {

/// Fills the page from calibration data. Sensitivity, which runs the network once for each layer,
/// is measured on few samples.
report::QuantizationReport explain(const Graph &source, const Quantized &result,
                                   const Samples &samples, const Options &options,
                                   const Progress &progress = {});

} // namespace octet::quantize
