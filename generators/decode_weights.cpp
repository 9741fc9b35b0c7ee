#include "generators/decode_weights.h"

#include <algorithm>

namespace octet::generators {

using namespace Halide;
using Internal::make_const;
using Internal::make_zero;

namespace {

int ceil_div(int64_t a, int64_t b) {
    return int((a + b - 1) / b);
}

} // namespace

std::vector<DecodeWeightsSpec::Field> DecodeWeightsSpec::fields() const {
    std::vector<Field> result;
    int position = 0, row = 0;
    for (const int size : {4, 2, 1})
        if (bits & size) {
            result.push_back({size, position, row});
            position += size;
            row += parts() * size / 8;
        }
    return result;
}

int DecodeWeightsSpec::codebook_at(int64_t offset) const {
    if (codebooks < 2)
        return 0;
    const int64_t in_block = offset % block_bytes;
    const int64_t number = offset / block_bytes * lanes + in_block / group % lanes;
    return std::min(int(number / channels_per_codebook), codebooks - 1);
}

std::vector<uint8_t> DecodeWeightsSpec::store(const std::vector<uint8_t> &elements) const {
    std::vector<uint8_t> stored(size_t(stored_bytes()), 0);
    for (int b = 0; b < blocks; ++b)
        for (int p = 0; p < parts(); ++p)
            for (int i = 0; i < part_bytes(); ++i) {
                const int in_block = p * part_bytes() + i;
                const size_t from = size_t(b) * size_t(block_bytes) + size_t(in_block);
                if (in_block >= block_bytes || from >= elements.size())
                    continue;
                for (const Field &field : fields()) {
                    const int value = elements[from] >> field.position & ((1 << field.bits) - 1);
                    const int row = b * stored_rows() + field.row + p / field.per_byte();
                    stored[size_t(row) * size_t(part_bytes()) + size_t(i)] |=
                        uint8_t(value << field.bits * (p % field.per_byte()));
                }
            }
    return stored;
}

void cut_into_parts(DecodeWeightsSpec &spec, int part, int multiple) {
    const int parts = spec.parts();
    if (spec.codebooks < 2) {
        const int64_t bytes = int64_t(spec.blocks) * spec.block_bytes;
        spec.block_bytes = part * parts;
        spec.blocks = ceil_div(bytes, spec.block_bytes);
        spec.lanes = spec.runs = 1;
        spec.group = part;
    } else if (spec.channels_per_codebook % spec.lanes == 0) {
        // One codebook serves whole blocks, which become one.
        const int joined = spec.channels_per_codebook / spec.lanes;
        spec.block_bytes *= joined;
        spec.blocks = ceil_div(spec.blocks, joined);
        spec.channels_per_codebook = spec.lanes = spec.runs = 1;
        spec.group = ceil_div(ceil_div(spec.block_bytes, parts), multiple) * multiple;
    } else {
        spec.runs = ceil_div(ceil_div(spec.block_bytes, spec.group * spec.lanes), parts);
    }
}

Expr DecodeWeights::element_at(int shift, uint32_t repeated_one) const {
    Expr element;
    for (const DecodeWeightsSpec::Field &field : spec.fields()) {
        const Expr down = cast(type_, field.bits * (part % field.per_byte()) + shift);
        const uint32_t mask = repeated_one * ((1u << field.bits) - 1);
        const Expr bits =
            loaded(place, lane, run, field.row + part / field.per_byte(), block) >> down &
            make_const(type_, mask);
        element = element.defined() ? element | bits << cast(type_, field.position) : bits;
    }
    return element;
}

Expr DecodeWeights::value() const {
    const uint32_t half = 1u << (spec.bits - 1), bytes = spec.words ? 0x01010101 : 1;
    const Expr element = element_at(0, bytes);
    if (!spec.words)
        return element - make_const(type_, half);
    // For each byte without a borrow from its neighbour.
    return (element + make_const(type_, bytes * (0x80 - half))) ^ make_const(type_, bytes * 0x80);
}

Expr DecodeWeights::codebook() const {
    if (spec.codebooks == 1)
        return 0;
    return min((block * spec.lanes + lane) / spec.channels_per_codebook, spec.codebooks - 1);
}

Expr DecodeWeights::looked_up(const Expr &element) const {
    const Expr index = cast<int32_t>(cast<uint8_t>(element));
    return reinterpret<uint8_t>(
        codebooks_(unsafe_promise_clamped(index, 0, (1 << spec.bits) - 1), codebook()));
}

Expr DecodeWeights::selected(const Expr &element, int first, int count) const {
    if (count == 1)
        return entries_vary ? Expr(entries(first, place, lane, block))
                            : codebooks_(first, codebook());
    const int half = count / 2;
    return select((element & make_const(type_, half)) != make_zero(type_),
                  selected(element, first + half, half), selected(element, first, half));
}

void DecodeWeights::expand_codebook() {
    const Type word = UInt(8 * spec.parts());
    Var byte("byte");
    Expr entry = make_zero(word);
    for (int i = 0; i < spec.parts(); ++i) {
        const Expr element = byte >> (spec.bits * i) & ((1 << spec.bits) - 1);
        entry = entry | cast(word, looked_up(element)) << make_const(word, 8 * i);
    }
    expanded(byte) = entry;
    bound_output(expanded, {256});
    signature.outputs.push_back(expanded);
}

DecodeWeights::DecodeWeights(const DecodeWeightsSpec &spec)
    : spec(spec), type_(UInt(spec.words ? 32 : 8)) {
    // Elements of the output's type, and parts that are loops.
    const int unit = spec.expand ? spec.parts() : type_.bytes();
    const int group = spec.expand ? 1 : spec.group / unit, parts = spec.expand ? 1 : spec.parts();
    ImageParam stored = signature.input(
        "stored", type_, {group, spec.lanes, spec.runs, spec.stored_rows(), spec.blocks}, {}, 4);
    loaded(place, lane, run, row, block) = stored(place, lane, run, row, block);

    const int size = 1 << spec.bits;
    if (spec.codebooks)
        codebooks_ = signature.input("codebooks", Int(8), {size, spec.codebooks},
                                     spec.select ? std::vector<int>{spec.codebooks, 1}
                                                 : std::vector<int>{1, size});
    Expr result;
    if (spec.codebooks == 0) {
        result = value();
    } else if (spec.expand) {
        expand_codebook();
        result = expanded(cast<int32_t>(loaded(place, lane, run, 0, block)));
    } else if (spec.select) {
        Var index("index");
        entries_vary = spec.codebooks > 1 && spec.lanes > 1;
        entries(index, place, lane, block) = codebooks_(index, codebook());
        result = reinterpret<uint8_t>(selected(element_at(0, 1), 0, size));
    } else {
        result = cast(type_, looked_up(element_at(0, 1)));
        for (int byte = 1; byte < unit; ++byte)
            result = result | cast(type_, looked_up(element_at(8 * byte, 1)))
                                  << make_const(type_, 8 * byte);
    }
    output(place, lane, run, part, block) = result;
    const int lane_stride = group, run_stride = lane_stride * spec.lanes;
    bound_output(output, {group, spec.lanes, spec.runs, parts, spec.blocks},
                 {1, lane_stride, run_stride, run_stride * spec.runs, spec.block_bytes / unit});
    signature.outputs.push_back(output);
}

} // namespace octet::generators
