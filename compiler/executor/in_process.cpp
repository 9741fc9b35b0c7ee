#include "compiler/executor/in_process.h"

#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"

#include <algorithm>
#include <cstring>

namespace octet {

namespace {

constexpr uint8_t paint_pattern = 0xc5;

/// Bytes up to the last one that no longer holds the pattern.
uint64_t high_water(const Bytes &memory) {
    size_t bytes = memory.size();
    while (bytes > 0 && memory[bytes - 1] == paint_pattern)
        --bytes;
    return bytes;
}

void require(octet_status status) {
    if (status != OCTET_OK)
        throw Error("{}", octet_last_error());
}

} // namespace

InProcess::InProcess(const Compiled &compiled, int threads) : session_(compiled, threads) {
    octet_tensor_info info;
    for (size_t i = 0; i < octet_model_input_count(session_.model()); ++i) {
        octet_model_input(session_.model(), i, &info);
        inputs_.emplace_back(info.bytes);
    }
    for (size_t i = 0; i < octet_model_output_count(session_.model()); ++i) {
        octet_model_output(session_.model(), i, &info);
        outputs_.emplace_back(info.bytes);
    }
    for (const Bytes &input : inputs_)
        in_.push_back(input.data());
    for (Bytes &output : outputs_)
        out_.push_back(output.data());
}

void InProcess::write(const Place &place, const uint8_t *bytes) {
    if (place.region == lower::Region::arena)
        require(octet_model_arena_write(session_.model(), place.offset, bytes, place.bytes));
    else
        std::copy_n(bytes, place.bytes, ports(place).data() + place.offset);
}

Bytes InProcess::read(const Place &place) {
    Bytes bytes(place.bytes);
    if (place.region == lower::Region::arena)
        require(octet_model_arena_read(session_.model(), place.offset, bytes.data(), place.bytes));
    else
        std::copy_n(ports(place).data() + place.offset, place.bytes, bytes.data());
    return bytes;
}

Bytes &InProcess::ports(const Place &place) {
    return (place.region == lower::Region::input ? inputs_ : outputs_).at(size_t(place.index));
}

void InProcess::run(uint32_t call) {
    octet_model *model = session_.model();
    require(call == Step::whole_network
                ? octet_model_run(model, in_.data(), out_.data())
                : octet_model_run_call(model, call, in_.data(), out_.data()));
}

Outcome InProcess::execute(const Script &script) {
    const Place arena{lower::Region::arena, 0, 0, octet_model_arena_bytes(session_.model())};
    Outcome outcome;
    for (const Step &step : script.steps())
        switch (step.kind) {
        case Step::Kind::fill:
            write(step.place, Bytes(step.place.bytes, step.value).data());
            break;
        case Step::Kind::write:
            write(step.place, script.data().data() + step.data_start);
            break;
        case Step::Kind::call:
            run(step.call);
            break;
        case Step::Kind::read:
            outcome.reads.push_back(read(step.place));
            break;
        case Step::Kind::paint:
            write(arena, Bytes(arena.bytes, paint_pattern).data());
            break;
        case Step::Kind::marks:
            outcome.marks.push_back({0, {high_water(read(arena))}});
            break;
        case Step::Kind::end:
            break;
        }
    return outcome;
}

} // namespace octet
