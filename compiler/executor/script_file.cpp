#include "compiler/executor/script_file.h"

#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"

#include <charconv>
#include <sstream>

namespace octet {

namespace {

constexpr uint32_t magic = 0x5354434f; // "OCTS"

void append(Bytes &bytes, uint32_t word) {
    for (int shift = 0; shift < 32; shift += 8)
        bytes.push_back(uint8_t(word >> shift));
}

size_t padded(size_t bytes) {
    return (bytes + 3) / 4 * 4;
}

void append(Bytes &bytes, const Place &place) {
    append(bytes, uint32_t(place.region));
    append(bytes, uint32_t(place.index));
    append(bytes, uint32_t(place.offset));
    append(bytes, uint32_t(place.bytes));
}

/// Takes a result file apart from its start.
class Reader {
public:
    explicit Reader(const Bytes &bytes) : bytes_(bytes) {}

    const uint8_t *take(size_t bytes) {
        if (bytes_.size() - at_ < bytes)
            throw Error("result of the run: ends after {} bytes; see that the runner's command "
                        "lets the program finish",
                        bytes_.size());
        at_ += bytes;
        return bytes_.data() + at_ - bytes;
    }
    uint32_t word() {
        const uint8_t *bytes = take(4);
        return bytes[0] | uint32_t(bytes[1]) << 8 | uint32_t(bytes[2]) << 16 |
               uint32_t(bytes[3]) << 24;
    }

private:
    const Bytes &bytes_;
    size_t at_ = 0;
};

void check_status(uint32_t status, uint32_t call, const lower::Program &program) {
    if (status == OCTET_OK)
        return;
    const std::string &what =
        call == Step::whole_network ? program.name : program.calls.at(call).name;
    throw Error("{}: {} (status {}) on target {}; compile the network again", what,
                octet_status_string(octet_status(status)), status, program.target);
}

} // namespace

Bytes encode_script(const Script &script) {
    Bytes bytes;
    append(bytes, magic);
    for (const Step &step : script.steps()) {
        append(bytes, uint32_t(step.kind));
        switch (step.kind) {
        case Step::Kind::fill:
            append(bytes, step.place);
            append(bytes, uint32_t(step.value));
            break;
        case Step::Kind::write: {
            append(bytes, step.place);
            const auto data = script.data().begin() + ptrdiff_t(step.data_start);
            bytes.insert(bytes.end(), data, data + ptrdiff_t(step.place.bytes));
            bytes.resize(padded(bytes.size()));
            break;
        }
        case Step::Kind::call:
            append(bytes, step.call);
            break;
        case Step::Kind::read:
            append(bytes, step.place);
            break;
        default:
            break;
        }
    }
    append(bytes, uint32_t(Step::Kind::end));
    return bytes;
}

Outcome decode_result(const Script &script, const lower::Program &program, const Bytes &result) {
    Reader reader(result);
    Outcome outcome;
    for (const Step &step : script.steps()) {
        if (step.kind == Step::Kind::call) {
            check_status(reader.word(), step.call, program);
        } else if (step.kind == Step::Kind::read) {
            const uint8_t *start = reader.take(padded(step.place.bytes));
            outcome.reads.emplace_back(start, start + step.place.bytes);
        } else if (step.kind == Step::Kind::marks) {
            const uint32_t stack = reader.word();
            outcome.marks.push_back({stack, {}});
            for (size_t i = 0; i < program.arenas.size(); ++i)
                outcome.marks.back().arenas.push_back(reader.word());
        }
    }
    return outcome;
}

std::vector<uint64_t> decode_counts(const Script &script, const std::string &text) {
    std::vector<uint64_t> counts;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && !line.starts_with("total");) {
        uint64_t count = 0;
        const char *end = line.data() + line.size();
        const auto [stop, error] = std::from_chars(line.data(), end, count);
        if (error != std::errc() || stop != end)
            throw Error(
                "counts of the run: \"{}\" is no number; the runner's command must write one "
                "for each call to {{counts}}",
                line);
        counts.push_back(count);
    }
    if (counts.size() != script.run_count())
        throw Error("counts of the run: {} numbers for {} calls; the runner's command must write "
                    "one for each to {{counts}}",
                    counts.size(), script.run_count());
    return counts;
}

} // namespace octet
