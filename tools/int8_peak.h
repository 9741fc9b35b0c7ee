// The yardstick of `octet bench`: how fast one core of this machine multiplies int8 at all.
#pragma once

namespace octet::tools {

/// 10^9 int8 multiply-accumulates a second of the thread that calls, operands in registers, with
/// the best instruction this machine has; 0 on an architecture that is not measured. Takes a few
/// milliseconds.
double measure_int8_peak();

} // namespace octet::tools
