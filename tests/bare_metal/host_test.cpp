// The bare-metal runtime, run on the host: what it computes, what it says of a model, and what it
// refuses of its caller. damage_test.cpp has what it refuses of an image.
#include "runtime/bare_metal/checksum.h"
#include "runtime/bare_metal/image.h"
#include "runtime/file.h"
#include "runtime/octet_file_generated.h"
#include "tests/bare_metal/opened.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <random>

using namespace octet;
using namespace octet::test;

namespace {

// The runtime reads the schema's fields by their positions; here they meet the generated header.
using bare_metal::CallField;
using bare_metal::ProgramField;
using bare_metal::TensorField;
#define SAME_FIELD(ours, table, theirs)                                                            \
    static_assert(uint32_t(ours) == uint32_t(file::table::theirs))
SAME_FIELD(ProgramField::format, Program, VT_FORMAT);
SAME_FIELD(ProgramField::target, Program, VT_TARGET);
SAME_FIELD(ProgramField::fingerprint, Program, VT_FINGERPRINT);
SAME_FIELD(ProgramField::inputs, Program, VT_INPUTS);
SAME_FIELD(ProgramField::outputs, Program, VT_OUTPUTS);
SAME_FIELD(ProgramField::arenas, Program, VT_ARENAS);
static_assert(sizeof(bare_metal::Arena) == sizeof(file::Arena));
SAME_FIELD(ProgramField::kernels, Program, VT_KERNELS);
SAME_FIELD(ProgramField::calls, Program, VT_CALLS);
SAME_FIELD(ProgramField::weights, Program, VT_WEIGHTS);
SAME_FIELD(ProgramField::checksum, Program, VT_CHECKSUM);
SAME_FIELD(CallField::kernel, Call, VT_KERNEL);
SAME_FIELD(CallField::arguments, Call, VT_ARGUMENTS);
SAME_FIELD(TensorField::name, TensorInfo, VT_NAME);
SAME_FIELD(TensorField::dtype, TensorInfo, VT_DTYPE);
SAME_FIELD(TensorField::shape, TensorInfo, VT_SHAPE);
SAME_FIELD(TensorField::scale, TensorInfo, VT_SCALE);
SAME_FIELD(TensorField::zero_point, TensorInfo, VT_ZERO_POINT);
static_assert(sizeof(bare_metal::Argument) == sizeof(file::Argument));
static_assert(int(bare_metal::Region::output) == int(file::Region::output) &&
              int(bare_metal::Region::input) == int(file::Region::input) &&
              int(bare_metal::Region::weights) == int(file::Region::weights) &&
              int(bare_metal::Region::arena) == int(file::Region::arena));

} // namespace

TEST_CASE("A model runs again and again, on the same arrays and on others") {
    Opened opened;
    REQUIRE(opened.open() == OCTET_OK);
    for (uint32_t seed = 1; seed < 10; ++seed) {
        SampleArrays arrays(seed);
        REQUIRE(opened.run(arrays) == OCTET_OK);
        CHECK(opened.bare.sample().right(arrays));
    }
    CHECK(opened.arena.margin_untouched());
}

TEST_CASE("One call runs alone on what the arena holds") {
    Opened opened;
    REQUIRE(opened.open() == OCTET_OK);
    REQUIRE(octet_bare_call_count(&opened.model) == 4);
    std::memset(opened.arena.memory.data(), 2, opened.arena.bytes);
    SampleArrays arrays(5);
    const auto inputs = arrays.inputs();
    const auto outputs = arrays.outputs();
    CHECK(octet_bare_run_call(&opened.model, 2, inputs.data(), outputs.data()) == OCTET_OK);
    CHECK(arrays.sums == std::array<int32_t, 4>{128, 128, 128, 128});
    CHECK(arrays.doubled[0] == -1);
    CHECK(octet_bare_run_call(&opened.model, 4, inputs.data(), outputs.data()) ==
          OCTET_ERROR_ARGUMENT);
}

TEST_CASE("A bound call runs when its kernel is called, and not before") {
    Opened opened;
    REQUIRE(opened.open() == OCTET_OK);
    std::memset(opened.arena.memory.data(), 2, opened.arena.bytes);
    SampleArrays arrays(5);
    const auto inputs = arrays.inputs();
    auto outputs = arrays.outputs();
    const int before = bare_kernel_runs();
    octet_bare_call bound{};
    const auto bind = [&](size_t call) {
        return octet_bare_bind_call(&opened.model, call, inputs.data(), outputs.data(), &bound);
    };
    REQUIRE(bind(2) == OCTET_OK);
    CHECK(bare_kernel_runs() == before);
    CHECK(bound.kernel(bound.arguments) == 0);
    CHECK(bare_kernel_runs() == before + 1);
    CHECK(arrays.sums == std::array<int32_t, 4>{128, 128, 128, 128});

    CHECK(bind(4) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_bind_call(&opened.model, 2, inputs.data(), outputs.data(), nullptr) ==
          OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_bind_call(&opened.model, 2, nullptr, outputs.data(), &bound) ==
          OCTET_ERROR_ARGUMENT);
    outputs[0] = reinterpret_cast<uint8_t *>(arrays.sums.data()) + 1;
    CHECK(bind(2) == OCTET_ERROR_ALIGNMENT);
    CHECK(octet_bare_run_call(&opened.model, 2, inputs.data(), outputs.data()) ==
          OCTET_ERROR_ALIGNMENT);
    CHECK(bare_kernel_runs() == before + 1);
}

TEST_CASE("Inputs and outputs describe themselves") {
    Opened opened;
    REQUIRE(opened.open() == OCTET_OK);
    CHECK(octet_bare_arena_bytes(opened.image.data(), opened.image.size(), 0) ==
          opened.arena.bytes);
    CHECK(octet_bare_input_count(&opened.model) == 2);
    CHECK(octet_bare_output_count(&opened.model) == 2);
    octet_tensor_info info{};
    REQUIRE(octet_bare_input(&opened.model, 0, &info) == OCTET_OK);
    CHECK(std::string(info.name) == "a");
    CHECK(info.dtype == OCTET_UINT8);
    REQUIRE(info.rank == 2);
    CHECK(info.shape[0] == sample_rows);
    CHECK(info.shape[1] == sample_columns);
    CHECK(info.bytes == sample_rows * sample_columns);
    CHECK(info.scale == 0.5f);
    CHECK(info.zero_point == 3);
    REQUIRE(octet_bare_output(&opened.model, 1, &info) == OCTET_OK);
    CHECK(std::string(info.name) == "doubled");
    CHECK(info.dtype == OCTET_FLOAT32);
    CHECK(info.bytes == 32);
    CHECK(octet_bare_input(&opened.model, 2, &info) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_output(&opened.model, 2, &info) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_output(&opened.model, 0, nullptr) == OCTET_ERROR_ARGUMENT);
}

TEST_CASE("The checksum is the one of the file's format") {
    std::mt19937 random(2);
    for (size_t words = 1; words < 300; ++words) {
        Bytes bytes(words * 8);
        for (uint8_t &byte : bytes)
            byte = uint8_t(random());
        AlignedImage image(bytes);
        for (size_t field : {size_t(0), random() % words * 8, (words - 1) * 8})
            REQUIRE(bare_metal::checksum(image.data(), image.size(), field) ==
                    file::checksum(image.data(), image.size(), field));
    }
}

TEST_CASE("Sizes of all types are those of the hosted runtime") {
    for (uint32_t dtype = 0; dtype < 300; ++dtype) {
        const uint32_t sizes[] = {4, 1, 1, 2, 4, 8, 1};
        CHECK(bare_metal::element_bytes(dtype) == (dtype < 7 ? sizes[dtype] : 0));
    }
}

TEST_CASE("A kernel's error stops the run") {
    Opened opened;
    REQUIRE(opened.open() == OCTET_OK);
    SampleArrays arrays(7);
    arrays.b[5] = std::nanf("");
    CHECK(opened.run(arrays) == OCTET_ERROR_KERNEL);
}

TEST_CASE("Null and misaligned arrays are refused before a kernel runs") {
    Opened opened;
    REQUIRE(opened.open() == OCTET_OK);
    SampleArrays arrays(6);
    auto inputs = arrays.inputs();
    auto outputs = arrays.outputs();
    const int before = bare_kernel_runs();
    const auto run = [&] { return octet_bare_run(&opened.model, inputs.data(), outputs.data()); };
    CHECK(octet_bare_run(&opened.model, nullptr, outputs.data()) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_run(&opened.model, inputs.data(), nullptr) == OCTET_ERROR_ARGUMENT);
    inputs[1] = nullptr;
    CHECK(run() == OCTET_ERROR_ARGUMENT);
    inputs[1] = reinterpret_cast<const uint8_t *>(arrays.b.data()) + 2;
    CHECK(run() == OCTET_ERROR_ALIGNMENT);
    inputs = arrays.inputs();
    outputs[0] = reinterpret_cast<uint8_t *>(arrays.sums.data()) + 1;
    CHECK(run() == OCTET_ERROR_ALIGNMENT);
    outputs[0] = nullptr;
    CHECK(run() == OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_run(nullptr, inputs.data(), outputs.data()) == OCTET_ERROR_ARGUMENT);
    CHECK(bare_kernel_runs() == before);
}

TEST_CASE("Null pointers are refused") {
    Opened o;
    void *arena = o.arena.memory.data();
    const uint8_t *image = o.image.data();
    const size_t size = o.image.size();
    CHECK(octet_bare_open(nullptr, image, size, &o.library, arena, o.arena.bytes) ==
          OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_open(&o.model, nullptr, size, &o.library, arena, o.arena.bytes) ==
          OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_open(&o.model, image, size, nullptr, arena, o.arena.bytes) ==
          OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_open(&o.model, image, size, &o.library, nullptr, o.arena.bytes) ==
          OCTET_ERROR_ARGUMENT);
    o.library.target = nullptr;
    o.refuses(OCTET_ERROR_ARGUMENT);
    o.library = o.bare.library();
    o.library.kernels = nullptr;
    o.refuses(OCTET_ERROR_ARGUMENT);
    const octet_kernel none[3] = {};
    o.library.kernels = none;
    o.refuses(OCTET_ERROR_ARGUMENT);
    CHECK(octet_bare_arena_bytes(nullptr, size, 0) == 0);
}

TEST_CASE("Image and arena must be aligned to 16 bytes and need no more") {
    Opened opened;
    const Bytes whole = opened.bare.sample().image();
    Bytes room(whole.size() + 64);
    AlignedImage memory(room);
    for (size_t shift = 1; shift <= 48; ++shift) {
        std::copy(whole.begin(), whole.end(), memory.data() + shift);
        CHECK(opened.open(memory.data() + shift, whole.size()) ==
              (shift % OCTET_BARE_ALIGNMENT == 0 ? OCTET_OK : OCTET_ERROR_ALIGNMENT));
    }
    AlignedImage wide(Bytes(opened.arena.bytes + 64));
    for (size_t shift = 1; shift <= 48; ++shift)
        CHECK(octet_bare_open(&opened.model, opened.image.data(), opened.image.size(),
                              &opened.library, wide.data() + shift, opened.arena.bytes) ==
              (shift % OCTET_BARE_ALIGNMENT == 0 ? OCTET_OK : OCTET_ERROR_ALIGNMENT));
}

TEST_CASE("A model with arenas in several memories") {
    Opened opened;
    lower::Program program = opened.bare.sample().program();
    // The two tensors of the arena, each in an arena of its own.
    const uint64_t half = sample_rows * sample_columns;
    program.arenas = {{"tcm", half, half}, {"sram", half, half}};
    for (lower::Call &call : program.calls)
        for (lower::Argument &argument : call.arguments)
            if (argument.region == lower::Region::arena && argument.offset == half) {
                argument.index = 1;
                argument.offset = 0;
            }
    AlignedImage image(emit::write_model_file(program, opened.library.fingerprint));
    CHECK(octet_bare_arena_count(image.data(), image.size()) == 2);
    CHECK(octet_bare_arena_bytes(image.data(), image.size(), 1) == half);
    CHECK(octet_bare_arena_bytes(image.data(), image.size(), 2) == 0);
    BareArena fast(half), slow(half);
    octet_bare_arena arenas[] = {{fast.memory.data(), half}, {slow.memory.data(), half}, {}};
    const auto open = [&](size_t count) {
        return octet_bare_open_arenas(&opened.model, image.data(), image.size(), &opened.library,
                                      arenas, count);
    };
    for (const size_t count : {2, 3}) { // one that is not needed may be null
        REQUIRE(open(count) == OCTET_OK);
        SampleArrays arrays(3);
        REQUIRE(opened.run(arrays) == OCTET_OK);
        CHECK(opened.bare.sample().right(arrays));
        CHECK(fast.margin_untouched());
        CHECK(slow.margin_untouched());
    }
    CHECK(open(1) == OCTET_ERROR_ARENA);
    CHECK(open(0) == OCTET_ERROR_ARENA);
    CHECK(octet_bare_open(&opened.model, image.data(), image.size(), &opened.library,
                          opened.arena.memory.data(), opened.arena.bytes) == OCTET_ERROR_ARENA);
    CHECK(octet_bare_open_arenas(&opened.model, image.data(), image.size(), &opened.library,
                                 nullptr, 2) == OCTET_ERROR_ARGUMENT);
    --arenas[1].bytes;
    CHECK(open(2) == OCTET_ERROR_ARENA);
    arenas[1] = {slow.memory.data() + 8, half};
    CHECK(open(2) == OCTET_ERROR_ALIGNMENT);
    arenas[1] = {nullptr, half};
    CHECK(open(2) == OCTET_ERROR_ARGUMENT);
    // The hosted runtime has one memory.
    octet_model *model = nullptr;
    CHECK(octet_model_open_memory(image.data(), image.size(), &opened.bare.sample().library(),
                                  nullptr, &model) == OCTET_ERROR_MISMATCH);
    CHECK(std::strstr(octet_last_error(), "wants 2 arenas") != nullptr);
}

TEST_CASE("More arenas than a chip may have, or larger than its addresses, are refused") {
    Opened opened;
    auto *arena = const_cast<file::Arena *>(opened.program()->arenas()->Get(0));
    const uint64_t bytes = arena->bytes(), far = bytes | uint64_t(1) << 32;
    std::memcpy(static_cast<void *>(arena), &far, sizeof far);
    opened.seal();
    opened.refuses(OCTET_ERROR_PROGRAM);
    std::memcpy(static_cast<void *>(arena), &bytes, sizeof bytes);
    opened.seal();
    CHECK(opened.open() == OCTET_OK);
    const uint32_t many = OCTET_BARE_MAX_ARENAS + 1;
    std::memcpy(const_cast<void *>(static_cast<const void *>(opened.program()->arenas())), &many,
                sizeof many);
    opened.seal();
    const octet_status status = opened.open();
    // What follows the one arena may also look like more of them than the caller has.
    CHECK((status == OCTET_ERROR_PROGRAM || status == OCTET_ERROR_ARENA));
    CHECK(octet_bare_call_count(&opened.model) == 0);
}

TEST_CASE("An arena too small, another target, other kernels each have their status") {
    Opened opened;
    --opened.arena.bytes;
    opened.refuses(OCTET_ERROR_ARENA);
    opened.arena.bytes = 0;
    opened.refuses(OCTET_ERROR_ARENA);
    opened.arena.bytes = opened.bare.arena_bytes();
    for (const char *target : {"sample", "sample-targets", "Sample-target", ""}) {
        opened.library.target = target;
        opened.refuses(OCTET_ERROR_TARGET);
    }
    opened.library = opened.bare.library();
    opened.library.fingerprint ^= uint64_t(1) << 40;
    opened.refuses(OCTET_ERROR_MISMATCH);
    opened.library = opened.bare.library();
    --opened.library.kernel_count;
    opened.refuses(OCTET_ERROR_MISMATCH);
    opened.library = opened.bare.library();
    CHECK(opened.open() == OCTET_OK);
}
