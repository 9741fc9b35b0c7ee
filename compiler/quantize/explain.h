// Explanation: what a quantization did to each layer, for the report page.
#pragma once

#include "compiler/quantize/quantize.h"
#include "compiler/report/quantization_report.h"

namespace octet::quantize {

/// The quantized network of `result`, in float arithmetic with every value on its grid.
class Simulation {
public:
    explicit Simulation(const Quantized &result);

    /// The outputs for some samples. `visit` sees every tensor after it was put on its grid; with
    /// `but` an operator's index, that operator alone computes in float.
    std::vector<Values> run(const Samples &samples, const FloatExecutor::Visitor &visit = {},
                            int but = -1);

private:
    void set(size_t index, bool quantized);

    const Quantized &result_;
    FloatExecutor executor_;
};

/// Fills the page from calibration data. Sensitivity, which runs the network once for each layer,
/// is measured on few samples.
report::QuantizationReport explain(const Graph &source, const Quantized &result,
                                   const Samples &samples, const Options &options,
                                   const Progress &progress = {});

} // namespace octet::quantize
