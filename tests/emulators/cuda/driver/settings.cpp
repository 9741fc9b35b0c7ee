#include "settings.h"

#include "../ptx/text.h"

#include <stdexcept>

namespace octet::ptx {
namespace {

// "1G", "512M", "64K" or bytes.
uint64_t parse_size(const std::string &text) {
    size_t end = 0;
    const uint64_t number = std::stoull(text, &end);
    const std::string unit = text.substr(end);
    for (auto [name, shift] : {std::pair{"", 0}, {"K", 10}, {"M", 20}, {"G", 30}})
        if (unit == name)
            return number << shift;
    throw std::invalid_argument(text);
}

int parse_capability(const std::string &text) {
    const size_t dot = text.find('.');
    if (dot == text.npos)
        throw std::invalid_argument(text);
    return std::stoi(text.substr(0, dot)) * 10 + std::stoi(text.substr(dot + 1));
}

} // namespace

int Settings::shared_per_block() const {
    constexpr int kilobyte = 1024;
    switch (capability) {
    case 70:
        return 96 * kilobyte;
    case 75:
        return 64 * kilobyte;
    case 80:
    case 87:
        return 163 * kilobyte;
    case 86:
    case 89:
    case 120:
        return 99 * kilobyte;
    case 90:
    case 100:
        return 227 * kilobyte;
    }
    return 48 * kilobyte;
}

Settings parse_settings(const std::string &text) {
    Settings settings;
    for (const std::string &entry : split_list(text)) {
        const size_t equals = entry.find('=');
        const std::string name = entry.substr(0, equals);
        const std::string value = equals == entry.npos ? "" : entry.substr(equals + 1);
        try {
            if (name == "cc")
                settings.capability = parse_capability(value);
            else if (name == "memory")
                settings.memory = parse_size(value);
            else if (name == "driver")
                settings.driver = std::stoi(value);
            else if (name == "fail_after")
                settings.fail_after = std::stoull(value);
            else if (name == "workers")
                settings.workers = static_cast<unsigned>(std::stoul(value));
            else if (name == "limit")
                settings.instruction_limit = std::stoull(value);
            else if (name == "streams" && value == "late")
                settings.late_streams = true;
            else if (name == "uninitialized" && value == "off")
                settings.checks.uninitialized = false;
            else if (name == "races" && value == "off")
                settings.checks.races = false;
            else
                throw std::invalid_argument(entry);
        } catch (const std::exception &) {
            throw std::invalid_argument("OCTET_CUDA_EMULATOR: '" + entry + "' is not known");
        }
    }
    return settings;
}

} // namespace octet::ptx
