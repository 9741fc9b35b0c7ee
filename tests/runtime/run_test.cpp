// Opening, running and querying a model that is in order.
#include "tests/runtime/sample_model.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace octet;
using namespace octet::test;

namespace {

ModelPointer open_sample(const SampleModel &sample, AlignedImage &image,
                         const octet_options *options = nullptr) {
    octet_model *model = nullptr;
    const octet_status status =
        octet_model_open_memory(image.data(), image.size(), &sample.library(), options, &model);
    INFO(octet_last_error());
    REQUIRE(status == OCTET_OK);
    REQUIRE(model != nullptr);
    return ModelPointer(model);
}

octet_status run(octet_model *model, SampleArrays &arrays) {
    return octet_model_run(model, arrays.inputs().data(), arrays.outputs().data());
}

bool last_error_has(const char *text) {
    return std::strstr(octet_last_error(), text) != nullptr;
}

} // namespace

TEST_CASE("A model runs again and again, on the same arrays and on others") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    const ModelPointer model = open_sample(sample, image);
    SampleArrays first(1), second(2);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(run(model.get(), first) == OCTET_OK);
        CHECK(sample.right(first));
        first = SampleArrays(uint32_t(10 + i)); // new values at the same addresses
        REQUIRE(run(model.get(), second) == OCTET_OK);
        CHECK(sample.right(second));
        second.sums.fill(-1);
    }
}

TEST_CASE("A model opens from a file") {
    const SampleModel sample;
    const auto path = std::filesystem::temp_directory_path() / "octet_run_test.octet";
    const Bytes bytes = sample.image();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    octet_model *opened = nullptr;
    REQUIRE(octet_model_open(path.c_str(), &sample.library(), nullptr, &opened) == OCTET_OK);
    const ModelPointer model(opened);
    std::filesystem::remove(path); // what is mapped stays
    SampleArrays arrays(3);
    REQUIRE(run(model.get(), arrays) == OCTET_OK);
    CHECK(sample.right(arrays));
}

TEST_CASE("Every number of threads gives the same result") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    for (int threads : {0, 1, 2, 3, 4, 7}) {
        const octet_options options{threads, nullptr, 0, nullptr};
        const ModelPointer model = open_sample(sample, image, &options);
        for (uint32_t seed = 0; seed < 50; ++seed) {
            SampleArrays arrays(seed);
            REQUIRE(run(model.get(), arrays) == OCTET_OK);
            REQUIRE(sample.right(arrays));
        }
    }
}

TEST_CASE("The caller may provide the arena") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    alignas(64) static uint8_t arena[2 * sample_rows * sample_columns + 64];
    std::memset(arena, 0xa5, sizeof arena);
    const octet_options options{1, arena, sizeof arena - 64, nullptr};
    const ModelPointer model = open_sample(sample, image, &options);
    CHECK(octet_model_arena(model.get()) == arena);
    CHECK(octet_model_arena_bytes(model.get()) == sizeof arena - 64);
    SampleArrays arrays(4);
    REQUIRE(run(model.get(), arrays) == OCTET_OK);
    CHECK(sample.right(arrays));
    CHECK(arena[0] == uint8_t(arrays.a[0] + sample.program().weights[sample_columns]));
    for (size_t i = sizeof arena - 64; i < sizeof arena; ++i)
        REQUIRE(arena[i] == 0xa5);

    octet_model *none = nullptr;
    const auto open = [&](const octet_options &bad) {
        return octet_model_open_memory(image.data(), image.size(), &sample.library(), &bad, &none);
    };
    CHECK(open({1, arena + 8, sizeof arena - 8, nullptr}) == OCTET_ERROR_ARGUMENT);
    CHECK(last_error_has("misaligned"));
    CHECK(open({1, arena, sizeof arena - 65, nullptr}) == OCTET_ERROR_ARGUMENT);
    CHECK(last_error_has("the model needs 512"));
    CHECK(open({-1, nullptr, 0, nullptr}) == OCTET_ERROR_ARGUMENT);
    CHECK(open({65, nullptr, 0, nullptr}) == OCTET_ERROR_ARGUMENT);
    CHECK(none == nullptr);
}

TEST_CASE("One call runs alone on what the arena holds") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    const ModelPointer model = open_sample(sample, image);
    REQUIRE(octet_model_call_count(model.get()) == 4);
    SampleArrays arrays(5);
    std::memset(octet_model_arena(model.get()), 2, octet_model_arena_bytes(model.get()));
    const auto inputs = arrays.inputs();
    const auto outputs = arrays.outputs();
    REQUIRE(octet_model_run_call(model.get(), 2, inputs.data(), outputs.data()) == OCTET_OK);
    CHECK(arrays.sums == std::array<int32_t, 4>{128, 128, 128, 128});
    CHECK(arrays.doubled[0] == -1); // the other output is untouched
    CHECK(octet_model_run_call(model.get(), 4, inputs.data(), outputs.data()) ==
          OCTET_ERROR_ARGUMENT);
    CHECK(last_error_has("the model has 4 calls"));
}

TEST_CASE("Inputs and outputs describe themselves") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    const ModelPointer model = open_sample(sample, image);
    REQUIRE(octet_model_input_count(model.get()) == 2);
    REQUIRE(octet_model_output_count(model.get()) == 2);
    octet_tensor_info info{};
    REQUIRE(octet_model_input(model.get(), 0, &info) == OCTET_OK);
    CHECK(std::string(info.name) == "a");
    CHECK(info.dtype == OCTET_UINT8);
    REQUIRE(info.rank == 2);
    CHECK(info.shape[0] == 4);
    CHECK(info.shape[1] == 64);
    CHECK(info.bytes == 256);
    CHECK(info.scale == 0.5f);
    CHECK(info.zero_point == 3);
    REQUIRE(octet_model_output(model.get(), 0, &info) == OCTET_OK);
    CHECK(std::string(info.name) == "sums");
    CHECK(info.dtype == OCTET_INT32);
    CHECK(info.bytes == 16);
    CHECK(octet_model_input(model.get(), 2, &info) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_output(model.get(), 2, &info) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_output(model.get(), 0, nullptr) == OCTET_ERROR_ARGUMENT);
}

TEST_CASE("Null and misaligned arrays are refused and change nothing") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    const ModelPointer model = open_sample(sample, image);
    SampleArrays arrays(6);
    REQUIRE(run(model.get(), arrays) == OCTET_OK);
    auto inputs = arrays.inputs();
    auto outputs = arrays.outputs();
    const auto refused = [&] {
        return octet_model_run(model.get(), inputs.data(), outputs.data()) == OCTET_ERROR_ARGUMENT;
    };
    CHECK(octet_model_run(model.get(), nullptr, outputs.data()) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_run(model.get(), inputs.data(), nullptr) == OCTET_ERROR_ARGUMENT);
    inputs[0] = nullptr;
    CHECK(refused());
    inputs = arrays.inputs();
    inputs[1] = reinterpret_cast<const uint8_t *>(arrays.b.data()) + 2;
    CHECK(refused());
    CHECK(last_error_has("input 1 ('b')"));
    inputs = arrays.inputs();
    outputs[0] = reinterpret_cast<uint8_t *>(arrays.sums.data()) + 1;
    CHECK(refused());
    CHECK(last_error_has("output 0 ('sums')"));
    // A refused call leaves the model bound as it was.
    REQUIRE(run(model.get(), arrays) == OCTET_OK);
    CHECK(sample.right(arrays));
}

TEST_CASE("A kernel's error stops the run and names the call") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    const ModelPointer model = open_sample(sample, image);
    SampleArrays arrays(7);
    arrays.b[5] = std::nanf("");
    CHECK(run(model.get(), arrays) == OCTET_ERROR_KERNEL);
    CHECK(last_error_has("call 3 ('double')"));
    CHECK(last_error_has("'sample_double' returned -17"));
}

TEST_CASE("Null models and null places for a model are refused") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    octet_tensor_info info;
    CHECK(octet_model_run(nullptr, nullptr, nullptr) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_run_call(nullptr, 0, nullptr, nullptr) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_input(nullptr, 0, &info) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_input_count(nullptr) == 0);
    CHECK(octet_model_arena(nullptr) == nullptr);
    octet_model_close(nullptr);
    CHECK(octet_model_open("x", &sample.library(), nullptr, nullptr) == OCTET_ERROR_ARGUMENT);
    octet_model *model = nullptr;
    CHECK(octet_model_open(nullptr, &sample.library(), nullptr, &model) == OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_open_memory(nullptr, 0, &sample.library(), nullptr, &model) ==
          OCTET_ERROR_ARGUMENT);
    CHECK(octet_model_open_memory(image.data(), image.size(), nullptr, nullptr, &model) ==
          OCTET_ERROR_ARGUMENT);
}

TEST_CASE("Every status has its own words") {
    std::vector<std::string> words;
    for (int status = OCTET_OK; status <= OCTET_ERROR_KERNEL; ++status)
        words.emplace_back(octet_status_string(octet_status(status)));
    std::sort(words.begin(), words.end());
    CHECK(std::unique(words.begin(), words.end()) == words.end());
    CHECK(std::string(octet_status_string(octet_status(99))) == "unknown status");
}

extern "C" octet_status octet_c99_open(const char *path, octet_model **model);

TEST_CASE("A C99 program may declare a library and open a model") {
    octet_model *model = nullptr;
    CHECK(octet_c99_open("no/such/file.octet", &model) == OCTET_ERROR_IO);
    CHECK(last_error_has("no/such/file.octet: cannot open: No such file"));
}
