#include "compiler/lower/decode.h"

#include "compiler/support/error.h"
#include "generators/decode_weights.h"

#include <algorithm>
#include <optional>

namespace octet::lower {

using generators::DecodeWeightsSpec;

namespace {

/// The most bytes that a chip's RAM should hold of decoded weights at once.
constexpr uint64_t most_decoded_bytes = 32 << 10;

/// What a layer's weights become: numbers for the spec and the codebooks that they refer to.
struct Coded {
    DecodeWeightsSpec spec;
    std::vector<uint8_t> elements;
    std::vector<int8_t> tables; ///< codebook after codebook
};

/// The codebooks of the packed channels, each for as many as all others; false where they change
/// at uneven distances.
bool find_codebooks(const WeightStorage &storage, const Tensor &weights,
                    const PackedWeights &packed, Coded &coded) {
    const int axis_channels = weights.shape[size_t(packed.axis)];
    const int each = axis_channels / storage.codebook_count();
    const auto codebook = [&](int channel) {
        return storage.codebook_count() == 1
                   ? 0
                   : (packed.first_channel + channel) % axis_channels / each;
    };
    std::vector<int> begins = {0};
    for (int channel = 1; channel < packed.channels; ++channel)
        if (codebook(channel) != codebook(channel - 1))
            begins.push_back(channel);
    const int per_codebook = begins.size() > 1 ? begins[1] : packed.channels;
    for (size_t i = 0; i < begins.size(); ++i)
        if (begins[i] != int(i) * per_codebook)
            return false;
    if (int(begins.size() - 1) * per_codebook + per_codebook < packed.channels)
        return false;
    coded.spec.codebooks = int(begins.size());
    coded.spec.channels_per_codebook = per_codebook;
    for (const int begin : begins) {
        const auto first = storage.codebooks.begin() + (ptrdiff_t(codebook(begin)) << storage.bits);
        coded.tables.insert(coded.tables.end(), first, first + (ptrdiff_t(1) << storage.bits));
    }
    return true;
}

/// Numbers that stand for the values themselves.
bool number_values(const PackedWeights &packed, Coded &coded) {
    const int half = 1 << (coded.spec.bits - 1);
    for (size_t i = 0; i < packed.values.size(); ++i) {
        if (packed.values[i] < -half || packed.values[i] >= half)
            return false;
        coded.elements[i] = uint8_t(packed.values[i] + half);
    }
    return true;
}

/// Indices into the codebooks. Places without a weight hold 0, for which a codebook that lacks it
/// gives up an entry that no weight uses; false where there is none. In channels that only fill up
/// the packed array anything may stand.
bool number_indices(const PackedWeights &packed, Coded &coded) {
    const size_t entries = size_t(1) << coded.spec.bits;
    std::vector<bool> used(coded.tables.size(), false);
    std::vector<size_t> zeros;
    for (size_t i = 0; i < packed.values.size(); ++i) {
        const int64_t offset = int64_t(i);
        const int64_t channel = offset / packed.block_bytes() * packed.lanes +
                                offset % packed.block_bytes() / packed.group % packed.lanes;
        if (channel >= packed.channels)
            continue;
        const size_t first = size_t(coded.spec.codebook_at(offset)) * entries;
        const auto begin = coded.tables.begin() + ptrdiff_t(first);
        const auto found = std::find(begin, begin + ptrdiff_t(entries), packed.values[i]);
        if (found != begin + ptrdiff_t(entries)) {
            coded.elements[i] = uint8_t(found - begin);
            used[first + coded.elements[i]] = true;
        } else if (packed.values[i] == 0) {
            zeros.push_back(i);
        } else {
            return false;
        }
    }
    for (const size_t i : zeros) {
        const size_t first = size_t(coded.spec.codebook_at(int64_t(i))) * entries;
        size_t entry = 0;
        while (entry < entries && (used[first + entry] && coded.tables[first + entry] != 0))
            ++entry;
        if (entry == entries)
            return false;
        used[first + entry] = true;
        coded.tables[first + entry] = 0;
        coded.elements[i] = uint8_t(entry);
    }
    return true;
}

/// The weights in few bits, or why they have to stay bytes.
std::optional<Coded> code(const Tensor &weights, const PackedWeights &packed, std::string &reason) {
    const WeightStorage &storage = weights.storage;
    Coded coded;
    coded.elements.assign(packed.values.size(), 0);
    DecodeWeightsSpec &spec = coded.spec;
    spec.bits = storage.bits;
    spec.group = packed.group;
    spec.lanes = packed.lanes;
    spec.blocks = packed.blocks;
    spec.block_bytes = int(packed.block_bytes());
    if (storage.codebooks.empty()) {
        if (number_values(packed, coded))
            return coded;
        reason = fmt::format("values beyond {} bits", storage.bits);
    } else if (storage.codebook_count() > 1 && storage.axis != packed.axis) {
        reason = fmt::format("codebooks along axis {}", storage.axis);
    } else if (!find_codebooks(storage, weights, packed, coded)) {
        reason = "codebooks of uneven channels";
    } else if (number_indices(packed, coded)) {
        return coded;
    } else {
        reason = "codebooks without 0, which places without weights need";
    }
    return std::nullopt;
}

Argument stored_codebooks(Builder &builder, const Coded &coded) {
    std::vector<int8_t> tables(coded.tables.size());
    for (size_t i = 0; i < tables.size(); ++i) {
        const int codebook = int(i >> coded.spec.bits);
        const int index = int(i & ((size_t(1) << coded.spec.bits) - 1));
        tables[coded.spec.table_offset(index, codebook)] = coded.tables[i];
    }
    return builder.constant(tables);
}

} // namespace

WeightsArgument lower_weights(Builder &builder, const Operator &op, const PackedWeights &packed) {
    const Tensor &weights = builder.graph().tensor(op.inputs[1]);
    if (weights.storage.plain() || weights.storage.bits == 8)
        return {builder.constant(packed.values)};
    std::string reason;
    std::optional<Coded> coded = code(weights, packed, reason);
    if (!coded) {
        builder.note(fmt::format("{}: weights have 8 bits in the model file, {}", op.name, reason));
        return {builder.constant(packed.values)};
    }
    DecodeWeightsSpec &spec = coded->spec;
    const nlohmann::json knobs = builder.choose(spec);
    const int64_t bytes = spec.stored_bytes() + int64_t(coded->tables.size());
    if (bytes >= int64_t(packed.values.size())) {
        builder.note(fmt::format("{}: weights have 8 bits in the model file, {} are not smaller",
                                 op.name, coded->tables.empty() ? "fewer" : "codebooks"));
        return {builder.constant(packed.values)};
    }
    builder.note(fmt::format("{}: weights of {} bits{} are decoded before each run, {} bytes "
                             "instead of {}",
                             op.name, spec.bits,
                             spec.codebooks ? fmt::format(" in {} codebooks", spec.codebooks) : "",
                             bytes, packed.values.size()));

    const int scratch = builder.scratch(op.name + "/weights", spec.decoded_bytes());
    NamedArguments arguments = {{"stored", builder.constant(spec.store(coded->elements))},
                                {"output", builder.argument(scratch)}};
    if (spec.codebooks)
        arguments["codebooks"] = stored_codebooks(builder, *coded);
    std::vector<int> outputs = {scratch};
    if (spec.expand) {
        outputs.push_back(builder.scratch(op.name + "/expanded", spec.expanded_bytes()));
        arguments["expanded"] = builder.argument(outputs.back());
    }
    Operator decode;
    decode.kind = op.kind;
    decode.name = op.name + "/weights";
    const generators::DecodeWeights kernel(spec);
    builder.call(decode, {.generator = "decode_weights",
                          .types = fmt::format("s8_{}{}", spec.codebooks ? "cb" : "s", spec.bits),
                          .spec = spec,
                          .knobs = knobs,
                          .signature = &kernel.signature,
                          .arguments = arguments,
                          .inputs = {},
                          .outputs = outputs});
    return {builder.argument(scratch), scratch};
}

int parts_to_decode(const Builder &builder, const Operator &op, int64_t bytes, int channels) {
    const Target &target = builder.target();
    const WeightStorage &storage = builder.graph().tensor(op.inputs[1]).storage;
    if (storage.bits == 8 || target.ram_bytes == 0)
        return 1;
    // Parts of a multiple of four channels suit every schedule.
    const uint64_t limit = std::min(most_decoded_bytes, target.ram_bytes / 4);
    int parts = 1;
    while (uint64_t(bytes) > limit * uint64_t(parts) && channels % (8 * parts) == 0)
        parts *= 2;
    return parts;
}

} // namespace octet::lower
