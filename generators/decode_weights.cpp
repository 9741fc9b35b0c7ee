#include "generators/decode_weights.h"

#include <algorithm>
#include <functional>

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

DecodeWeights::DecodeWeights(const DecodeWeightsSpec &spec) : spec(spec) {
    const Type type = UInt(spec.words ? 32 : 8);
    const int unit = type.bytes(), group = spec.group / unit;
    ImageParam stored = signature.input(
        "stored", type, {group, spec.lanes, spec.runs, spec.stored_rows(), spec.blocks}, {}, 4);

    loaded(place, lane, run, row, block) = stored(place, lane, run, row, block);
    // Elements of one part: all bytes of a word, or the one at `shift` alone.
    const auto element_at = [&](int shift, uint32_t repeated_one) {
        Expr element;
        for (const DecodeWeightsSpec::Field &field : spec.fields()) {
            const Expr down = cast(type, field.bits * (part % field.per_byte()) + shift);
            const uint32_t mask = repeated_one * ((1u << field.bits) - 1);
            const Expr bits =
                loaded(place, lane, run, field.row + part / field.per_byte(), block) >> down &
                make_const(type, mask);
            element = element.defined() ? element | bits << cast(type, field.position) : bits;
        }
        return element;
    };

    Expr result;
    if (spec.codebooks == 0) {
        // value - 2^(bits - 1) for each byte, without a borrow from its neighbour.
        const uint32_t half = 1u << (spec.bits - 1), bytes = spec.words ? 0x01010101 : 1;
        const Expr element = element_at(0, bytes);
        result = spec.words ? (element + make_const(type, bytes * (0x80 - half))) ^
                                  make_const(type, bytes * 0x80)
                            : element - make_const(type, half);
    } else {
        const int size = 1 << spec.bits;
        ImageParam table = signature.input("codebooks", Int(8), {size, spec.codebooks},
                                           spec.select ? std::vector<int>{spec.codebooks, 1}
                                                       : std::vector<int>{1, size});
        const Expr number = (block * spec.lanes + lane) / spec.channels_per_codebook;
        const Expr codebook = spec.codebooks == 1 ? Expr(0) : min(number, spec.codebooks - 1);
        Var index("index");
        entries_vary = spec.codebooks > 1 && spec.lanes > 1;
        entries(index, place, lane, block) = table(index, codebook);
        const auto look_up = [&](const Expr &element) {
            return reinterpret<uint8_t>(
                table(unsafe_promise_clamped(cast<int32_t>(cast<uint8_t>(element)), 0, size - 1),
                      codebook));
        };
        const Expr element = element_at(0, 1);
        std::function<Expr(int, int)> choose = [&](int first, int count) -> Expr {
            if (count == 1)
                return entries_vary ? Expr(entries(first, place, lane, block))
                                    : table(first, codebook);
            const Expr upper = (element & make_const(type, count / 2)) != make_zero(type);
            return select(upper, choose(first + count / 2, count / 2), choose(first, count / 2));
        };
        result = spec.select ? reinterpret<uint8_t>(choose(0, size)) : cast(type, look_up(element));
        for (int byte = 1; byte < unit; ++byte)
            result = result | cast(type, look_up(element_at(8 * byte, 1)))
                                  << make_const(type, 8 * byte);
    }
    output(place, lane, run, part, block) = result;
    const int lane_stride = group, run_stride = lane_stride * spec.lanes;
    bound_output(output, {group, spec.lanes, spec.runs, spec.parts(), spec.blocks},
                 {1, lane_stride, run_stride, run_stride * spec.runs, spec.block_bytes / unit});
    signature.outputs = {output};
}

} // namespace octet::generators
