// Arrays as real numbers, for the verbs that quantize and judge networks of any type.
//
// A network computes with reals, whatever types its inputs have. Numbers of an array mean
// themselves, but for one case: an array of a quantized input's own type holds stored values, which
// mean scale (stored - zero_point). Images may come as NHWC or NCHW, of which Octet makes NHWC;
// where both shapes fit the array is taken as NHWC.
#pragma once

#include "compiler/quantize/samples.h"

#include <optional>
#include <string>
#include <vector>

namespace octet::tools {

/// real = scale (number - zero_point), for arrays of a quantized type and a float network.
struct DataScale {
    float scale = 1;
    float zero_point = 0;
};

/// "SCALE" or "SCALE,ZERO_POINT". Throws UsageError.
DataScale data_scale(const std::string &text);

/// The files' arrays for the network's inputs, in order. Throws UsageError naming file, input and
/// both shapes where they do not fit, and where there are no samples.
quantize::Samples read_samples(const Graph &graph, const std::vector<std::string> &files,
                               const std::optional<DataScale> &scale = {});

/// Labels, one integer per sample. Throws UsageError when their number is another.
std::vector<int64_t> read_labels(const std::string &file, int64_t samples);

} // namespace octet::tools
