// The files through which a command and this process talk: what the runner firmware reads and
// writes.
//
// All numbers are little-endian and 32 bits wide. A script is the magic "OCTS", then its steps: a
// code (the value of Step::Kind) and
//
//     fill   region index offset bytes value
//     write  region index offset bytes data, padded to 4 bytes
//     call   number of the call, 0xffffffff for the whole network
//     read   region index offset bytes
//     paint, marks, end (of the script)
//
// with regions as in the model file (0 arena, 2 input, 3 output). To the result, call appends an
// octet_status, read its bytes padded to 4, marks the bytes of stack used and of each arena.
#pragma once

#include "compiler/executor.h"

namespace octet {

Bytes encode_script(const Script &script);

/// What a result file says. Throws Error, naming the call, when a status is not OCTET_OK, and when
/// the file ends too early.
Outcome decode_result(const Script &script, const lower::Program &program, const Bytes &result);

/// The decimal lines of a file of counts, one per call, up to one that starts with "total". Throws
/// Error when there is not one for each of the script's.
std::vector<uint64_t> decode_counts(const Script &script, const std::string &text);

} // namespace octet
