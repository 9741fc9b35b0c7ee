// Files that are damaged, hostile or of another model: refused with a message, never a crash. Run
// with the sanitizers, these tests also show that nothing outside the image is touched.
#include "runtime/file.h"
#include "runtime/octet_file_generated.h"
#include "tests/runtime/sample_model.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

using namespace octet;
using namespace octet::test;

// An impossible arena shall be refused by the allocator, not by the sanitizer.
extern "C" const char *__asan_default_options() {
    return "allocator_may_return_null=1";
}

namespace {

octet_status open_image(AlignedImage &image, const octet_library &library, ModelPointer &model,
                        const octet_options *options = nullptr) {
    octet_model *opened = nullptr;
    const octet_status status =
        octet_model_open_memory(image.data(), image.size(), &library, options, &opened);
    model.reset(opened);
    CHECK((opened != nullptr) == (status == OCTET_OK));
    CHECK((status == OCTET_OK || std::strlen(octet_last_error()) > 0));
    CHECK(std::strchr(octet_last_error(), '\n') == nullptr);
    return status;
}

octet_status open_status(AlignedImage &image, const octet_library &library) {
    ModelPointer model;
    return open_image(image, library, model);
}

const flatbuffers::Table *table_of(const uint8_t *image) {
    return flatbuffers::GetRoot<flatbuffers::Table>(image);
}

size_t checksum_field(const Bytes &image) {
    return size_t(table_of(image.data())->GetAddressOf(file::Program::VT_CHECKSUM) - image.data());
}

/// Makes the checksum right again, as somebody would who means harm.
void seal(uint8_t *image, size_t bytes, size_t field) {
    const uint64_t checksum = file::checksum(image, bytes, field);
    std::memcpy(image + field, &checksum, sizeof checksum);
}

/// Runs a model whose file nobody vouches for, with arrays of the sizes that it asks for.
void run_blind(octet_model *model) {
    std::vector<std::vector<uint64_t>> arrays;
    std::vector<const void *> inputs;
    std::vector<void *> outputs;
    octet_tensor_info info;
    const auto array = [&] {
        arrays.emplace_back((info.bytes + 7) / 8);
        return arrays.back().data();
    };
    size_t total = 0;
    for (size_t i = 0; i < octet_model_input_count(model); ++i) {
        REQUIRE(octet_model_input(model, i, &info) == OCTET_OK);
        if ((total += info.bytes) > (size_t(64) << 20))
            return;
        inputs.push_back(array());
    }
    for (size_t i = 0; i < octet_model_output_count(model); ++i) {
        REQUIRE(octet_model_output(model, i, &info) == OCTET_OK);
        if ((total += info.bytes) > (size_t(64) << 20))
            return;
        outputs.push_back(array());
    }
    octet_model_run(model, inputs.data(), outputs.data());
}

file::Argument &argument(uint8_t *image, unsigned call, unsigned index) {
    const auto *arguments = file::GetProgram(image)->calls()->Get(call)->arguments();
    return const_cast<file::Argument &>(*arguments->Get(index));
}

template <typename Value>
void set_program(uint8_t *image, flatbuffers::voffset_t field, Value value) {
    REQUIRE(const_cast<flatbuffers::Table *>(table_of(image))->SetField<Value>(field, value, 0));
}

void set_bytes(const void *at, const void *value, size_t bytes) {
    std::memcpy(const_cast<void *>(at), value, bytes);
}

} // namespace

TEST_CASE("A truncated file is refused at every length") {
    const SampleModel sample;
    const Bytes whole = sample.image();
    for (size_t size = 0; size < whole.size(); ++size) {
        AlignedImage image(Bytes(whole.begin(), whole.begin() + std::ptrdiff_t(size)));
        REQUIRE(open_status(image, sample.library()) == OCTET_ERROR_FORMAT);
    }
    Bytes longer = whole;
    longer.resize(whole.size() + 64);
    AlignedImage image(longer);
    CHECK(open_status(image, sample.library()) == OCTET_ERROR_FORMAT);
}

TEST_CASE("A flipped bit is refused wherever it is") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    for (size_t bit = 0; bit < image.size() * 8; ++bit) {
        image.data()[bit / 8] ^= uint8_t(1u << bit % 8);
        REQUIRE(open_status(image, sample.library()) != OCTET_OK);
        image.data()[bit / 8] ^= uint8_t(1u << bit % 8);
    }
    CHECK(open_status(image, sample.library()) == OCTET_OK);
}

TEST_CASE("Random damage is refused, or is none") {
    const SampleModel sample;
    const Bytes whole = sample.image();
    std::mt19937 random(1);
    for (int round = 0; round < 5000; ++round) {
        AlignedImage image(whole);
        for (unsigned n = random() % 16 + 1; n > 0; --n)
            image.data()[random() % image.size()] = uint8_t(random());
        ModelPointer model;
        if (open_image(image, sample.library(), model) != OCTET_OK)
            continue;
        SampleArrays arrays(uint32_t(round) + 1);
        REQUIRE(octet_model_run(model.get(), arrays.inputs().data(), arrays.outputs().data()) ==
                OCTET_OK);
        REQUIRE(sample.right(arrays));
    }
}

TEST_CASE("Damage under a right checksum may compute nonsense but stays within its memory") {
    const SampleModel sample;
    const Bytes whole = sample.image();
    const size_t field = checksum_field(whole);
    // Weights come last and cannot harm; everything before them is worth damaging.
    const size_t interesting = whole.size() - sample.program().weights.size();
    // An arena of the caller's: that of a random size would mostly measure the allocator.
    alignas(64) static uint8_t arena[4096];
    const octet_options options{1, arena, sizeof arena, nullptr};
    std::mt19937 random(2);
    int survived = 0;
    for (int round = 0; round < 20000; ++round) {
        AlignedImage image(whole);
        for (unsigned n = random() % 3 + 1; n > 0; --n) {
            const uint8_t values[] = {0, 1, 2, 64, 127, 128, 255, uint8_t(random())};
            image.data()[random() % interesting] = values[random() % 8];
        }
        seal(image.data(), image.size(), field);
        ModelPointer model;
        if (open_image(image, sample.library(), model, &options) == OCTET_OK) {
            run_blind(model.get());
            ++survived;
        }
    }
    CHECK(survived > 0); // names and counts may change; else this test looks at nothing
}

TEST_CASE("Each unsound field is refused by name, its checksum being right") {
    const SampleModel sample;
    const Bytes whole = sample.image();
    const size_t field = checksum_field(whole);
    using file::Program;
    using file::Region;
    struct Case {
        const char *what;
        std::function<void(uint8_t *)> harm;
        octet_status status;
        const char *message;
    };
    const auto set_argument = [](unsigned call, unsigned index, Region region, int number,
                                 uint64_t offset, uint64_t bytes) {
        return [=](uint8_t *image) {
            argument(image, call, index) = file::Argument(region, uint16_t(number), offset, bytes);
        };
    };
    const char *outside = "outside its region or is not aligned";
    const char *unfit = "do not fit its kernel";
    const auto FORMAT = OCTET_ERROR_FORMAT, MISMATCH = OCTET_ERROR_MISMATCH;
    const std::vector<Case> cases = {
        {"offset behind the arena", set_argument(0, 2, Region::arena, 0, 512, 256), FORMAT,
         outside},
        {"bytes beyond the arena", set_argument(0, 2, Region::arena, 0, 320, 256), FORMAT, outside},
        {"offset + bytes overflows", set_argument(0, 2, Region::arena, 0, ~uint64_t(63), 256),
         FORMAT, outside},
        {"bytes overflows", set_argument(0, 2, Region::arena, 0, 64, ~uint64_t(0)), FORMAT,
         outside},
        {"misaligned arena", set_argument(0, 2, Region::arena, 0, 8, 256), FORMAT, outside},
        {"beyond the weights", set_argument(0, 1, Region::weights, 0, 128, 64), FORMAT, outside},
        {"an arena with a number", set_argument(0, 2, Region::arena, 1, 0, 256), FORMAT, outside},
        {"no such input", set_argument(0, 0, Region::input, 2, 0, 256), FORMAT, outside},
        {"beyond an input", set_argument(0, 0, Region::input, 0, 1, 256), FORMAT, outside},
        {"between an input's elements", set_argument(3, 0, Region::input, 1, 2, 28), FORMAT,
         outside},
        {"beyond an output", set_argument(2, 1, Region::output, 0, 4, 16), FORMAT, outside},
        {"no such region", set_argument(0, 0, Region(4), 0, 0, 256), FORMAT, outside},
        {"fewer bytes than the kernel writes", set_argument(0, 2, Region::arena, 0, 0, 64),
         MISMATCH, unfit},
        {"writes to an input", set_argument(0, 2, Region::input, 0, 0, 256), MISMATCH, unfit},
        {"writes to the weights", set_argument(2, 1, Region::weights, 0, 0, 16), MISMATCH, unfit},
        {"no such kernel",
         [](uint8_t *image) {
             const auto *call = file::GetProgram(image)->calls()->Get(1);
             const uint32_t kernel = 3;
             set_bytes(reinterpret_cast<const flatbuffers::Table *>(call)->GetAddressOf(
                           file::Call::VT_KERNEL),
                       &kernel, 4);
         },
         FORMAT, "call 'add_0' wants kernel 3 of 3"},
        {"another kernel",
         [](uint8_t *image) {
             const auto *call = file::GetProgram(image)->calls()->Get(0);
             const uint32_t kernel = 1;
             set_bytes(reinterpret_cast<const flatbuffers::Table *>(call)->GetAddressOf(
                           file::Call::VT_KERNEL),
                       &kernel, 4);
         },
         MISMATCH, "call 'add_1' do not fit"},
        {"a shape of nothing",
         [](uint8_t *image) {
             const int32_t zero = 0;
             set_bytes(file::GetProgram(image)->inputs()->Get(0)->shape()->data(), &zero, 4);
         },
         FORMAT, "tensor 'a' has an impossible type or shape"},
        {"a negative shape",
         [](uint8_t *image) {
             const int32_t extents[] = {-4, -64};
             set_bytes(file::GetProgram(image)->inputs()->Get(0)->shape()->data(), extents, 8);
         },
         FORMAT, "tensor 'a' has an impossible type or shape"},
        {"no such type",
         [](uint8_t *image) {
             const auto *info = file::GetProgram(image)->outputs()->Get(1);
             const uint8_t dtype = 7;
             set_bytes(reinterpret_cast<const flatbuffers::Table *>(info)->GetAddressOf(
                           file::TensorInfo::VT_DTYPE),
                       &dtype, 1);
         },
         FORMAT, "tensor 'doubled' has an impossible type or shape"},
        {"another format",
         [](uint8_t *image) { set_program<uint32_t>(image, Program::VT_FORMAT, 77); }, FORMAT,
         "format version 77"},
        {"another fingerprint",
         [](uint8_t *image) { set_program<uint64_t>(image, Program::VT_FINGERPRINT, 5); }, MISMATCH,
         "compiled for another model"},
        {"another target",
         [](uint8_t *image) { set_bytes(file::GetProgram(image)->target()->data(), "S", 1); },
         MISMATCH, "is for target 'Sample-target' and the kernel library for 'sample-target'"},
        {"an arena beyond all addresses",
         [](uint8_t *image) {
             const uint64_t bytes = ~uint64_t(0);
             set_bytes(file::GetProgram(image)->arenas()->Get(0), &bytes, sizeof bytes);
         },
         FORMAT, "an arena of 18446744073709551615 bytes"},
        {"an arena beyond all memory",
         [](uint8_t *image) {
             const uint64_t bytes = uint64_t(1) << 60;
             set_bytes(file::GetProgram(image)->arenas()->Get(0), &bytes, sizeof bytes);
         },
         OCTET_ERROR_MEMORY, "bytes for arena and tables are not to be had"},
        {"no arena",
         [](uint8_t *image) {
             const uint32_t none = 0;
             set_bytes(file::GetProgram(image)->arenas(), &none, sizeof none);
         },
         FORMAT, "the list of arenas is impossible"},
        {"an alignment that is no power of two",
         [](uint8_t *image) { set_program<uint32_t>(image, Program::VT_ALIGNMENT, 48); }, FORMAT,
         "the alignment is impossible"},
        {"an alignment too small",
         [](uint8_t *image) { set_program<uint32_t>(image, Program::VT_ALIGNMENT, 8); }, FORMAT,
         "the alignment is impossible"},
        {"an alignment too large",
         [](uint8_t *image) { set_program<uint32_t>(image, Program::VT_ALIGNMENT, 128); }, FORMAT,
         "the alignment is impossible"},
        {"the alignment of a small chip",
         [](uint8_t *image) { set_program<uint32_t>(image, Program::VT_ALIGNMENT, 16); }, MISMATCH,
         "aligns its data to 16 bytes"},
        {"no file identifier", [](uint8_t *image) { image[4] = 'X'; }, FORMAT,
         "not an Octet model file"},
    };
    for (const Case &c : cases) {
        INFO(c.what);
        AlignedImage image(whole);
        c.harm(image.data());
        seal(image.data(), image.size(), field);
        CHECK(open_status(image, sample.library()) == c.status);
        INFO(octet_last_error());
        CHECK(std::strstr(octet_last_error(), c.message) != nullptr);
    }
}

TEST_CASE("A library of another model is refused") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    octet_library library = sample.library();
    library.kernel_count = 2;
    CHECK(open_status(image, library) == OCTET_ERROR_MISMATCH);
    library = sample.library();
    library.fingerprint ^= 1;
    CHECK(open_status(image, library) == OCTET_ERROR_MISMATCH);
    library = sample.library();
    library.target = "other";
    CHECK(open_status(image, library) == OCTET_ERROR_MISMATCH);
    library = sample.library();
    library.target = nullptr;
    CHECK(open_status(image, library) == OCTET_ERROR_ARGUMENT);
    library = sample.library();
    library.kernels = nullptr;
    CHECK(open_status(image, library) == OCTET_ERROR_ARGUMENT);
    library = sample.library();
    std::vector<octet_kernel> kernels(library.kernels, library.kernels + 3);
    kernels[1] = nullptr;
    library.kernels = kernels.data();
    CHECK(open_status(image, library) == OCTET_ERROR_ARGUMENT);
    library = sample.library();
    library.signatures = nullptr; // not described, hence trusted
    CHECK(open_status(image, library) == OCTET_OK);
}

TEST_CASE("A misaligned image is refused") {
    const SampleModel sample;
    const Bytes whole = sample.image();
    Bytes shifted(8 + whole.size());
    std::copy(whole.begin(), whole.end(), shifted.begin() + 8);
    AlignedImage image(shifted);
    octet_model *model = nullptr;
    CHECK(octet_model_open_memory(image.data() + 8, whole.size(), &sample.library(), nullptr,
                                  &model) == OCTET_ERROR_ARGUMENT);
    CHECK(model == nullptr);
}

TEST_CASE("What is not a model file on disk is refused") {
    namespace fs = std::filesystem;
    const SampleModel sample;
    const fs::path folder = fs::temp_directory_path() / "octet_damage_test";
    fs::create_directories(folder);
    std::ofstream(folder / "empty.octet");
    std::ofstream(folder / "text.octet") << "This is not a model, however long the text may be.\n";
    const auto open = [&](const fs::path &path) {
        octet_model *model = nullptr;
        const octet_status status =
            octet_model_open(path.c_str(), &sample.library(), nullptr, &model);
        CHECK(model == nullptr);
        INFO(octet_last_error());
        CHECK(std::strstr(octet_last_error(), path.filename().c_str()) != nullptr);
        return status;
    };
    CHECK(open(folder / "missing.octet") == OCTET_ERROR_IO);
    CHECK(open(folder) == OCTET_ERROR_IO);
    CHECK(open(folder / "empty.octet") == OCTET_ERROR_FORMAT);
    CHECK(open(folder / "text.octet") == OCTET_ERROR_FORMAT);
    CHECK(open(folder / std::string(250, 'x') / "far.octet") == OCTET_ERROR_IO);
    fs::remove_all(folder);
}
