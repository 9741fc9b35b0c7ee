// The writer of model files, and the checksum that it shares with the runtime.
#include "compiler/support/error.h"
#include "runtime/file.h"
#include "runtime/octet_file_generated.h"
#include "tests/runtime/sample_model.h"

#include <catch2/catch.hpp>

using namespace octet;
using namespace octet::test;
using Catch::Matchers::Contains;

namespace {

/// The definition in runtime/file.h, word by word.
uint64_t plain_checksum(const Bytes &image, size_t field) {
    const auto step = [](uint64_t hash, uint64_t value) { return (hash ^ value) * 0x100000001b3u; };
    uint64_t lanes[4];
    std::fill_n(lanes, 4, 0xcbf29ce484222325u);
    for (size_t i = 0; i < (image.size() + 31) / 32 * 32; i += 8) {
        uint64_t word = 0;
        for (size_t k = 0; k < 8 && i != field && i < image.size(); ++k)
            word |= uint64_t(image[i + k]) << 8 * k;
        lanes[i / 8 % 4] = step(lanes[i / 8 % 4], word);
    }
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t lane : lanes)
        hash = step(hash, lane);
    return step(hash, image.size());
}

} // namespace

TEST_CASE("The checksum is what its definition says") {
    for (size_t words = 1; words < 20; ++words) {
        Bytes image(words * 8);
        for (size_t i = 0; i < image.size(); ++i)
            image[i] = uint8_t(i * 37 + words);
        for (size_t field = 0; field < image.size(); field += 8)
            REQUIRE(file::checksum(image.data(), image.size(), field) ==
                    plain_checksum(image, field));
    }
}

TEST_CASE("Weights of any size are aligned in the file and unchanged") {
    for (size_t size : {0, 1, 7, 63, 64, 65, 100, 128, 1000, 4097, 100003}) {
        SampleModel sample;
        lower::Program program = sample.program();
        program.calls.clear();
        program.weights.assign(size, 0);
        for (size_t i = 0; i < size; ++i)
            program.weights[i] = uint8_t(i * 7);
        const Bytes image = emit::write_model_file(program, 1);
        const auto *weights = file::GetProgram(image.data())->weights();
        REQUIRE(Bytes(weights->begin(), weights->end()) == program.weights);
        if (size != 0)
            CHECK((weights->data() - image.data()) % 64 == 0);
        CHECK(image.size() % 8 == 0);
        CHECK(image.size() < size + 4096);
    }
}

TEST_CASE("The file says what the program says") {
    const SampleModel sample;
    const Bytes image = sample.image();
    const file::Program &program = *file::GetProgram(image.data());
    CHECK(program.format() == file::format_version);
    CHECK(program.name()->str() == "sample");
    CHECK(program.target()->str() == "sample-target");
    CHECK(program.rounding()->str() == "reference");
    CHECK(program.fingerprint() == sample.fingerprint());
    REQUIRE(program.arenas()->size() == 1);
    CHECK(program.arenas()->Get(0)->bytes() == 512);
    CHECK(program.alignment() == 64);
    REQUIRE(program.kernels()->size() == 3);
    CHECK(program.kernels()->Get(1)->str() == "sample_sum_rows");
    REQUIRE(program.calls()->size() == 4);
    const file::Call &call = *program.calls()->Get(1);
    CHECK(call.kernel() == 0);
    CHECK(call.name()->str() == "add_0");
    CHECK(call.op()->str() == "add");
    CHECK(call.shape()->str() == "4x64");
    REQUIRE(call.arguments()->size() == 3);
    CHECK(call.arguments()->Get(2)->offset() == 256);
}

TEST_CASE("A program that the runtime would refuse is not written") {
    const SampleModel sample;
    const auto refuses = [&](auto harm, const char *message) {
        lower::Program program = sample.program();
        harm(program);
        CHECK_THROWS_WITH(emit::write_model_file(program, 1), Contains(message));
    };
    refuses([](auto &p) { p.calls[1].arguments[2].offset = 320; }, "call 'add_0' lies outside");
    refuses([](auto &p) { p.calls[0].arguments[1].offset = 32; }, "is not aligned");
    refuses([](auto &p) { p.calls[0].kernel = 9; }, "wants kernel 9 of 3");
    refuses([](auto &p) { p.tensors[0].rebiased = true; }, "tensor a meets the caller");
    refuses([](auto &p) { p.tensors[4].bytes = 64; }, "tensor sums meets the caller");
}

TEST_CASE("A kernel's signature comes from the calls that use it") {
    lower::Program program = SampleModel().program();
    const auto signatures = emit::kernel_signatures(program);
    using Signature = std::vector<emit::Parameter>;
    REQUIRE(signatures.size() == 3);
    CHECK(signatures[0] == Signature{{256, false}, {64, false}, {256, true}});
    CHECK(signatures[1] == Signature{{256, false}, {16, true}});
    program.calls[1].arguments[1].bytes = 32;
    CHECK(emit::kernel_signatures(program)[0] == Signature{{256, false}, {32, false}, {256, true}});
    program.calls[1].arguments.pop_back();
    CHECK_THROWS_AS(emit::kernel_signatures(program), Error);
}
