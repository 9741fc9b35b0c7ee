// Damaged and malicious images for the bare-metal runtime. Under the sanitizers these tests also
// show that damage reaches no other memory.
#include "tests/bare_metal/opened.h"

#include <functional>
#include <random>

using namespace octet;
using namespace octet::test;

TEST_CASE("What is no model image, or of another version, is refused as such") {
    Opened opened;
    opened.image.data()[5] ^= 1;
    opened.refuses(OCTET_ERROR_FORMAT);
    opened.image.data()[5] ^= 1;
    REQUIRE(opened.table()->SetField<uint32_t>(file::Program::VT_FORMAT, 99, 0));
    opened.seal();
    opened.refuses(OCTET_ERROR_VERSION);
    AlignedImage zeros(Bytes(4096));
    CHECK(opened.open(zeros.data(), zeros.size()) == OCTET_ERROR_FORMAT);
    CHECK(octet_bare_arena_bytes(zeros.data(), zeros.size(), 0) == 0);
}

TEST_CASE("A truncated image is refused at every length") {
    Opened opened;
    const Bytes whole = opened.bare.sample().image();
    for (size_t size = 0; size < whole.size(); ++size) {
        AlignedImage image(Bytes(whole.begin(), whole.begin() + std::ptrdiff_t(size)));
        const octet_status status = opened.open(image.data(), image.size());
        REQUIRE((status == OCTET_ERROR_FORMAT || status == OCTET_ERROR_CHECKSUM));
    }
}

TEST_CASE("A flipped bit is refused wherever it is") {
    Opened opened;
    for (size_t bit = 0; bit < opened.image.size() * 8; ++bit) {
        opened.image.data()[bit / 8] ^= uint8_t(1u << bit % 8);
        const octet_status status = opened.open();
        REQUIRE((status == OCTET_ERROR_FORMAT || status == OCTET_ERROR_VERSION ||
                 status == OCTET_ERROR_CHECKSUM));
        opened.image.data()[bit / 8] ^= uint8_t(1u << bit % 8);
    }
    CHECK(opened.open() == OCTET_OK);
    // Weights are most of an image; there it is the checksum that speaks.
    const_cast<uint8_t *>(opened.program()->weights()->data())[77] ^= 0x10;
    opened.refuses(OCTET_ERROR_CHECKSUM);
}

TEST_CASE("An argument outside its memory is refused under a right checksum") {
    using file::Argument;
    using file::Region;
    const auto refuses = [](unsigned call, unsigned index, const Argument &argument) {
        Opened opened;
        opened.set_argument(call, index, argument);
        opened.seal();
        opened.refuses(OCTET_ERROR_PROGRAM);
    };
    const uint64_t far = uint64_t(1) << 32;
    refuses(1, 0, {Region::arena, 0, 272, 256});     // past the arena's end
    refuses(1, 0, {Region::arena, 0, 1 << 20, 256}); // far past it
    refuses(1, 0, {Region::arena, 0, 8, 256});       // misaligned
    refuses(1, 0, {Region::arena, 0, far, 256});     // an offset of more than 32 bits
    refuses(1, 0, {Region::arena, 0, 0, far + 256}); // a size of more than 32 bits
    refuses(1, 0, {Region::arena, 1, 0, 256});       // an arena that is not there
    refuses(1, 0, {Region::arena, 9, 0, 0});         // nor does it matter how little is wanted
    refuses(1, 0, {Region::arena, 0, 0, 128});       // less than the kernel needs
    refuses(1, 1, {Region::weights, 0, 128, 64});    // past the weights' end
    refuses(1, 2, {Region::weights, 0, 0, 64});      // written, and in flash
    refuses(0, 0, {Region::input, 2, 0, 256});       // an input that is not there
    refuses(0, 0, {Region::input, 0, 16, 256});      // past the input's end
    refuses(2, 1, {Region::output, 2, 0, 16});       // an output that is not there
    refuses(2, 1, {Region(4), 0, 0, 16});            // a region that is not there
}

TEST_CASE("Impossible calls and tensors are refused under a right checksum") {
    const auto refuses = [](octet_status status, const std::function<void(Opened &)> &spoil) {
        Opened opened;
        spoil(opened);
        opened.seal();
        opened.refuses(status);
    };
    refuses(OCTET_ERROR_PROGRAM, [](Opened &o) {
        auto *call = reinterpret_cast<flatbuffers::Table *>(
            const_cast<file::Call *>(o.program()->calls()->Get(1)));
        if (!call->SetField<uint32_t>(file::Call::VT_KERNEL, 3, 0)) // the default is not stored
            call = nullptr;
        auto *last = reinterpret_cast<flatbuffers::Table *>(
            const_cast<file::Call *>(o.program()->calls()->Get(3)));
        REQUIRE(last->SetField<uint32_t>(file::Call::VT_KERNEL, 3, 0));
    });
    refuses(OCTET_ERROR_PROGRAM, [](Opened &o) {
        auto *shape =
            const_cast<flatbuffers::Vector<int32_t> *>(o.program()->inputs()->Get(0)->shape());
        shape->Mutate(0, 1 << 28);
        shape->Mutate(1, 1 << 28);
    });
    refuses(OCTET_ERROR_PROGRAM, [](Opened &o) {
        auto *shape =
            const_cast<flatbuffers::Vector<int32_t> *>(o.program()->outputs()->Get(0)->shape());
        shape->Mutate(0, 0);
    });
    refuses(OCTET_ERROR_PROGRAM, [](Opened &o) {
        auto *tensor = reinterpret_cast<flatbuffers::Table *>(
            const_cast<file::TensorInfo *>(o.program()->inputs()->Get(0)));
        REQUIRE(tensor->SetField<uint8_t>(file::TensorInfo::VT_DTYPE, 7, 0));
    });
}

TEST_CASE("Random damage under a right checksum stays within its memory") {
    std::mt19937 random(1);
    Opened opened;
    const Bytes whole = opened.bare.sample().image();
    const size_t head = whole.size() - opened.bare.sample().program().weights.size();
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::copy(whole.begin(), whole.end(), opened.image.data());
        for (unsigned n = random() % 3 + 1; n > 0; --n) {
            // Small numbers and high bits make more trouble than random ones.
            const size_t place = random() % head / 4 * 4;
            const uint32_t value = random() % 2 != 0 ? random() % 300 : random();
            std::memcpy(opened.image.data() + place, &value, sizeof value);
        }
        // The checksum's place may have moved outside; then there is nothing to make right.
        flatbuffers::Verifier verifier(opened.image.data(), opened.image.size(), 8);
        if (file::VerifyProgramBuffer(verifier) &&
            opened.table()->GetAddressOf(file::Program::VT_CHECKSUM) != nullptr &&
            (opened.table()->GetAddressOf(file::Program::VT_CHECKSUM) - opened.image.data()) % 8 ==
                0)
            opened.seal();
        if (opened.open() != OCTET_OK)
            continue;
        ++accepted;
        std::vector<std::vector<uint64_t>> arrays;
        const auto pointer = [&arrays](const octet_tensor_info &info) -> void * {
            if (info.bytes > size_t(64) << 20)
                return nullptr;
            arrays.emplace_back((info.bytes + 7) / 8);
            return arrays.back().data();
        };
        std::vector<const void *> inputs;
        std::vector<void *> outputs;
        octet_tensor_info info;
        for (size_t i = 0; octet_bare_input(&opened.model, i, &info) == OCTET_OK; ++i)
            inputs.push_back(pointer(info));
        for (size_t i = 0; octet_bare_output(&opened.model, i, &info) == OCTET_OK; ++i)
            outputs.push_back(pointer(info));
        octet_bare_run(&opened.model, inputs.data(), outputs.data());
        REQUIRE(opened.arena.margin_untouched());
    }
    CHECK(accepted > 100); // names and scales may be anything
}
