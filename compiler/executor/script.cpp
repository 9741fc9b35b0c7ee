#include "compiler/executor.h"

namespace octet {

void Script::fill(const Place &place, uint8_t value) {
    steps_.push_back({.kind = Step::Kind::fill, .place = place, .value = value});
}

void Script::write(const Place &place, const uint8_t *bytes) {
    steps_.push_back({.kind = Step::Kind::write, .place = place, .data_start = data_.size()});
    data_.insert(data_.end(), bytes, bytes + place.bytes);
}

void Script::call(size_t call) {
    steps_.push_back({.kind = Step::Kind::call, .call = uint32_t(call)});
    ++run_count_;
}

void Script::run() {
    call(Step::whole_network);
}

size_t Script::read(const Place &place) {
    steps_.push_back({.kind = Step::Kind::read, .place = place});
    read_bytes_ += place.bytes;
    return reads_++;
}

void Script::paint() {
    steps_.push_back({.kind = Step::Kind::paint});
}

void Script::marks() {
    steps_.push_back({.kind = Step::Kind::marks});
}

} // namespace octet
