// A validator for the part of JSON Schema that targets/target.schema.json uses.
//
// A target description is written by hand, so the first thing that is wrong is reported with its
// place and with what the field means, taken from the schema's own description. Keywords: type,
// enum, minimum, maximum, multipleOf, minLength, minItems, items, properties, required,
// additionalProperties: false, $ref into #/$defs, if/then/else. Others are an error in the schema,
// never ignored.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace octet {

struct SchemaViolation {
    std::string pointer; ///< JSON pointer of the value at fault: "/caches/0/bytes"
    std::string reason;  ///< "is 7, which is not a multiple of 32"
    std::string remedy;  ///< "give: width of a vector register in bits"
};

/// The first violation of `schema` by `document`, or nothing. Throws std::logic_error when the
/// schema uses a keyword that is not supported.
std::optional<SchemaViolation> validate(const nlohmann::json &schema,
                                        const nlohmann::json &document);

} // namespace octet
