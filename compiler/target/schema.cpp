#include "compiler/target/schema.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <stdexcept>

namespace octet {
namespace {

using nlohmann::json;

class Validator {
public:
    explicit Validator(const json &root) : root_(root) {}

    std::optional<SchemaViolation> check(const json &schema, const json &value,
                                         const std::string &at) const {
        require_known_keywords(schema);
        if (schema.contains("if")) {
            const bool met = !check(schema["if"], value, at);
            const char *branch = met ? "then" : "else";
            if (schema.contains(branch))
                if (auto violation = check(schema[branch], value, at))
                    return violation;
        }
        if (schema.contains("$ref"))
            if (auto violation = check(resolve(schema["$ref"]), value, at)) {
                // The description beside a reference says more than the shared definition's.
                if (violation->pointer == at && schema.contains("description"))
                    violation->remedy = remedy(schema);
                return violation;
            }
        for (auto test : {&Validator::check_type, &Validator::check_scalar, &Validator::check_array,
                          &Validator::check_object})
            if (auto violation = (this->*test)(schema, value, at))
                return violation;
        return std::nullopt;
    }

private:
    using Result = std::optional<SchemaViolation>;

    static void require_known_keywords(const json &schema) {
        static const std::set<std::string> known = {"$schema",
                                                    "title",
                                                    "description",
                                                    "$defs",
                                                    "type",
                                                    "enum",
                                                    "minimum",
                                                    "maximum",
                                                    "multipleOf",
                                                    "minItems",
                                                    "items",
                                                    "properties",
                                                    "$ref",
                                                    "minLength",
                                                    "required",
                                                    "if",
                                                    "then",
                                                    "else",
                                                    "additionalProperties"};
        for (const auto &[keyword, value] : schema.items())
            if (!known.contains(keyword))
                throw std::logic_error("schema keyword not supported: " + keyword);
    }

    const json &resolve(const json &reference) const {
        return root_.at(json::json_pointer(reference.get<std::string>().substr(1)));
    }

    static std::string remedy(const json &schema) {
        return schema.contains("description") ? "give " + schema["description"].get<std::string>()
                                              : std::string("see docs/targets.md");
    }

    template <typename... Args>
    static Result violation(const json &schema, const std::string &at,
                            fmt::format_string<Args...> format, Args &&...args) {
        return SchemaViolation{at, fmt::format(format, std::forward<Args>(args)...),
                               remedy(schema)};
    }

    static bool has_type(const json &value, const std::string &type) {
        return type == "object"    ? value.is_object()
               : type == "array"   ? value.is_array()
               : type == "string"  ? value.is_string()
               : type == "integer" ? value.is_number_integer()
               : type == "number"  ? value.is_number()
                                   : type == "boolean" && value.is_boolean();
    }

    Result check_type(const json &schema, const json &value, const std::string &at) const {
        if (schema.contains("type") && !has_type(value, schema["type"]))
            return violation(schema, at, "is of type {}, not {}", value.type_name(),
                             schema["type"].get<std::string>());
        return std::nullopt;
    }

    Result check_scalar(const json &schema, const json &value, const std::string &at) const {
        if (schema.contains("enum")) {
            std::string allowed;
            for (const json &choice : schema["enum"]) {
                if (choice == value)
                    return std::nullopt;
                allowed += (allowed.empty() ? "" : ", ") + choice.dump();
            }
            return violation(schema, at, "is {}, not one of {}", value.dump(), allowed);
        }
        if (value.is_number()) {
            const double number = value;
            if (schema.contains("minimum") && number < schema["minimum"].get<double>())
                return violation(schema, at, "is {}, below {}", value.dump(),
                                 schema["minimum"].dump());
            if (schema.contains("maximum") && number > schema["maximum"].get<double>())
                return violation(schema, at, "is {}, above {}", value.dump(),
                                 schema["maximum"].dump());
            if (schema.contains("multipleOf") &&
                std::fmod(number, schema["multipleOf"].get<double>()) != 0)
                return violation(schema, at, "is {}, not a multiple of {}", value.dump(),
                                 schema["multipleOf"].dump());
        }
        if (value.is_string() && schema.contains("minLength") &&
            value.get_ref<const std::string &>().size() < schema["minLength"].get<size_t>())
            return violation(schema, at, "is an empty string");
        return std::nullopt;
    }

    Result check_array(const json &schema, const json &value, const std::string &at) const {
        if (!value.is_array())
            return std::nullopt;
        if (schema.contains("minItems") && value.size() < schema["minItems"].get<size_t>())
            return violation(schema, at, "has {} elements, fewer than {}", value.size(),
                             schema["minItems"].dump());
        if (schema.contains("items"))
            for (size_t i = 0; i < value.size(); i++)
                if (auto result = check(schema["items"], value[i], fmt::format("{}/{}", at, i)))
                    return result;
        return std::nullopt;
    }

    Result check_object(const json &schema, const json &value, const std::string &at) const {
        if (!value.is_object())
            return std::nullopt;
        const json properties = schema.value("properties", json::object());
        if (schema.contains("additionalProperties") && schema["additionalProperties"] == false)
            for (const auto &[key, member] : value.items())
                if (!properties.contains(key))
                    return SchemaViolation{at + "/" + key, "is not a field of a target description",
                                           "use one of " + join_keys(properties)};
        for (const json &key : schema.value("required", json::array()))
            if (!value.contains(key))
                return violation(properties.value(key.get<std::string>(), json::object()),
                                 at + "/" + key.get<std::string>(), "is missing");
        for (const auto &[key, member] : properties.items())
            if (value.contains(key))
                if (auto result = check(member, value[key], at + "/" + key))
                    return result;
        return std::nullopt;
    }

    static std::string join_keys(const json &object) {
        std::string keys;
        for (const auto &[key, member] : object.items())
            if (key != "$schema")
                keys += (keys.empty() ? "" : ", ") + key;
        return keys;
    }

    const json &root_;
};

} // namespace

std::optional<SchemaViolation> validate(const nlohmann::json &schema,
                                        const nlohmann::json &document) {
    return Validator(schema).check(schema, document, "");
}

} // namespace octet
