// Weights of few bits, spread into the packed array of bytes that a convolution reads.
//
// The packed array is cut into `parts` of equal length, so many that a few stored bytes give one
// element to each part: with 4 bits a stored byte holds an element of both halves. Elements whose
// number of bits is no power of two lie in several fields, 3 bits in fields of 2 and of 1 bit, and
// each field in stored rows of its own. So whatever the number of bits, nothing is wasted and a
// field is a shift by a constant and a mask, of as many neighbouring elements at once as the chip
// has room for:
//
//     element (i, part) = sum over fields of
//         (stored (i, row(field) + part / per) >> bits(field) (part mod per) & mask) << position
//
// with per = 8 / bits(field). What that gives is either the value itself, from 0 upwards, or an
// index into a codebook of int8 values, which a table look-up or a tree of selections reads.
//
// Without codebooks, and with only one, it does not matter what lies in the array, and blocks are
// short pieces of it. Else a codebook belongs to `lane` and `block`, and blocks are what the
// convolution calls so. A block's last part may then reach into the next block, which is written
// after it, and the last block beyond the array.
#pragma once

#include "generators/kernel.h"

namespace octet::generators {

struct DecodeWeightsSpec {
    int bits = 4; ///< of one stored element, 1 to 7
    /// Codebooks, 0 without; each serves `channels_per_codebook` numbers block * lanes + lane.
    int codebooks = 0, channels_per_codebook = 1;
    /// Extents of a part, innermost first: (group, lanes, runs) bytes.
    int group = 1, lanes = 1, runs = 1;
    int blocks = 1;
    int block_bytes = 1; ///< from one block of the packed array to the next
    bool words = false;  ///< four elements at a time; group and block_bytes are multiples of four
    bool select = false; ///< codebooks are read by selections, else by look-ups
    /// The one codebook is first expanded to a table of what each stored byte means, 2 or 4
    /// elements: as many weights for one look-up. Bits are 4 or 2, parts of one byte.
    bool expand = false;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DecodeWeightsSpec, bits, codebooks, channels_per_codebook, group,
                                   lanes, runs, blocks, block_bytes, words, select, expand)

    /// Bits of an element that lie side by side in one stored byte.
    struct Field {
        int bits, position; ///< position in the element
        int row;            ///< of the first stored row
        int per_byte() const { return 8 / bits; }
    };
    std::vector<Field> fields() const;
    /// The smallest field gives one element to each part.
    int parts() const { return 8 / (bits & -bits); }
    int part_bytes() const { return group * lanes * runs; }
    /// Bytes of a part's length that hold the elements of all parts.
    int stored_rows() const { return parts() * bits / 8; }
    int64_t stored_bytes() const { return int64_t(blocks) * stored_rows() * part_bytes(); }
    /// What is written, the packed array or more.
    int64_t decoded_bytes() const {
        return int64_t(blocks - 1) * block_bytes + int64_t(parts()) * part_bytes();
    }

    /// Entries of as many bytes as there are parts; 0 without.
    int64_t expanded_bytes() const { return expand ? int64_t(256) * parts() : 0; }

    /// The codebook of the element at that offset of the packed array.
    int codebook_at(int64_t offset) const;
    /// Where entry `index` of a codebook lies: neighbouring codebooks side by side for selections.
    size_t table_offset(int index, int codebook) const {
        return select ? size_t(index) * size_t(codebooks) + size_t(codebook)
                      : (size_t(codebook) << bits) + size_t(index);
    }
    /// The stored form of `elements`, numbers of so many bits, one for each byte of the array.
    std::vector<uint8_t> store(const std::vector<uint8_t> &elements) const;
};

/// Cuts an array, whose blocks are (group, lanes, any number of runs), into parts: of `part` bytes
/// where all elements are alike, else of a block's share, rounded up to `multiple` bytes where
/// that is free. `spec` has bits and codebooks set and comes with the array's shape.
void cut_into_parts(DecodeWeightsSpec &spec, int part, int multiple);

/// Arguments: stored; codebooks s8 (where there are any); `expanded` where spec.expand; output.
struct DecodeWeights {
    explicit DecodeWeights(const DecodeWeightsSpec &spec);

    DecodeWeightsSpec spec;
    Signature signature;
    Halide::Var place{"place"}, lane{"lane"}, run{"run"}, part{"part"}, block{"block"};
    Halide::Var row{"row"};
    Halide::Func loaded{"loaded"}; ///< (place, lane, run, row, block), what is stored
    /// Selections: (index, place, lane, block), the entry that an element of that place chooses.
    Halide::Func entries{"entries"};
    Halide::Func output{"output"};     ///< (place, lane, run, part, block)
    bool entries_vary = false;         ///< entries depend on place and lane
    Halide::Func expanded{"expanded"}; ///< (stored byte), where spec.expand

private:
    /// Numbers of the part's elements: of all bytes of a word, or of the one at `shift` alone.
    Halide::Expr element_at(int shift, uint32_t repeated_one) const;
    Halide::Expr value() const;
    Halide::Expr looked_up(const Halide::Expr &element) const;
    /// One of the `count` entries from `first` on, by the bits of `element`.
    Halide::Expr selected(const Halide::Expr &element, int first, int count) const;
    void expand_codebook();
    Halide::Expr codebook() const;

    Halide::Type type_;
    Halide::ImageParam codebooks_;
};

} // namespace octet::generators
