// Attributes as JSON text, for the .octet file of a network.
//
// A struct without "Attributes" is the key, its fields are the value:
//     {"AddAttributes": {"activation": "relu"}}
// A new field of a struct is one more word in its line of attributes_json.cpp.
#pragma once

#include "compiler/graph/attributes.h"

#include <string>

namespace octet::network {

/// Empty for operators without attributes.
std::string to_json(const Attributes &attributes);

/// The inverse, of a text that anybody may have written: what it says must be exactly what
/// to_json says of the result, every field present and in its range. Throws Error else.
Attributes from_json(const std::string &text);

} // namespace octet::network
