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

/// The byte `value` in each byte of the type.
Expr repeated(Type type, uint32_t value) {
    return make_const(type, type.bits() == 32 ? value * 0x01010101u : value);
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

    Expr element = make_zero(type);
    for (const DecodeWeightsSpec::Field &field : spec.fields()) {
        const Expr row = field.row + part / field.per_byte();
        const Expr shift = cast(type, field.bits * (part % field.per_byte()));
        const Expr bits = stored(place, lane, run, row, block) >> shift &
                          repeated(type, uint32_t((1 << field.bits) - 1));
        element = element | bits << cast(type, field.position);
    }

    if (spec.codebooks == 0) {
        // value - 2^(bits - 1) for each byte, without a borrow from its neighbour.
        const uint32_t half = uint32_t(1) << (spec.bits - 1);
        output(place, lane, run, part, block) =
            spec.words ? (element + repeated(type, 0x80 - half)) ^ repeated(type, 0x80)
                       : element - repeated(type, half);
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
        std::function<Expr(int, int)> choose = [&](int first, int count) -> Expr {
            if (count == 1)
                return entries_vary ? Expr(entries(first, place, lane, block))
                                    : table(first, codebook);
            const Expr upper = (element & make_const(type, count / 2)) != make_zero(type);
            return Halide::select(upper, choose(first + count / 2, count / 2),
                                  choose(first, count / 2));
        };
        const Expr value =
            spec.select
                ? choose(0, size)
                : table(unsafe_promise_clamped(cast<int32_t>(element), 0, size - 1), codebook);
        output(place, lane, run, part, block) = reinterpret(type, value);
    }
    const int lane_stride = group, run_stride = lane_stride * spec.lanes;
    bound_output(output, {group, spec.lanes, spec.runs, spec.parts(), spec.blocks},
                 {1, lane_stride, run_stride, run_stride * spec.runs, spec.block_bytes / unit});
    signature.outputs = {output};
}

} // namespace octet::generators
