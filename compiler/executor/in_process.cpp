#include "compiler/executor/in_process.h"

#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"

#include <algorithm>
#include <cstring>

namespace octet {

namespace {

constexpr uint8_t paint_pattern = 0xc5;

/// Bytes up to the last one that no longer holds the pattern.
uint64_t high_water(const uint8_t *memory, uint64_t bytes) {
    while (bytes > 0 && memory[bytes - 1] == paint_pattern)
        --bytes;
    return bytes;
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

uint8_t *InProcess::memory(const Place &place) {
    switch (place.region) {
    case lower::Region::input:
        return inputs_.at(size_t(place.index)).data() + place.offset;
    case lower::Region::output:
        return outputs_.at(size_t(place.index)).data() + place.offset;
    default:
        return static_cast<uint8_t *>(octet_model_arena(session_.model())) + place.offset;
    }
}

void InProcess::run(uint32_t call) {
    octet_model *model = session_.model();
    if ((call == Step::whole_network
             ? octet_model_run(model, in_.data(), out_.data())
             : octet_model_run_call(model, call, in_.data(), out_.data())) != OCTET_OK)
        throw Error("{}", octet_last_error());
}

Outcome InProcess::execute(const Script &script) {
    auto *arena = static_cast<uint8_t *>(octet_model_arena(session_.model()));
    const size_t arena_bytes = octet_model_arena_bytes(session_.model());
    Outcome outcome;
    for (const Step &step : script.steps())
        switch (step.kind) {
        case Step::Kind::fill:
            std::fill_n(memory(step.place), step.place.bytes, step.value);
            break;
        case Step::Kind::write:
            std::copy_n(script.data().data() + step.data_start, step.place.bytes,
                        memory(step.place));
            break;
        case Step::Kind::call:
            run(step.call);
            break;
        case Step::Kind::read: {
            const uint8_t *start = memory(step.place);
            outcome.reads.emplace_back(start, start + step.place.bytes);
            break;
        }
        case Step::Kind::paint:
            std::fill_n(arena, arena_bytes, paint_pattern);
            break;
        case Step::Kind::marks:
            outcome.marks.push_back({0, {high_water(arena, arena_bytes)}});
            break;
        case Step::Kind::end:
            break;
        }
    return outcome;
}

} // namespace octet
