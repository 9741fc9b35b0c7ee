// Models on a CUDA card that are in order: the caller's arrays, streams and contexts, batches,
// recorded runs, threads. The card is the interpreter that poses as the driver.
#include "tests/emulators/cuda/driver/cuda_api.h"
#include "tests/runtime/cuda_model.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <thread>

using namespace octet::test;

extern "C" const char *octet_cuda_emulator_statistics();

namespace {

using Bytes = std::vector<uint8_t>;

Bytes run(octet_model *model, const Bytes &input) {
    Bytes output(card_bytes, 0xee);
    const void *inputs[] = {input.data()};
    void *outputs[] = {output.data()};
    const octet_status status = octet_model_run(model, inputs, outputs);
    INFO(octet_last_error());
    REQUIRE(status == OCTET_OK);
    return output;
}

/// A context of the caller's own, current while it lives.
struct Context {
    CUcontext handle = nullptr;
    Context() {
        REQUIRE(cuInit(0) == CUDA_SUCCESS);
        REQUIRE(cuCtxCreate_v2(&handle, 0, 0) == CUDA_SUCCESS);
    }
    ~Context() { cuCtxDestroy_v2(handle); }
};

/// An array on the card.
struct CardArray {
    CUdeviceptr address = 0;
    explicit CardArray(const Bytes &bytes) {
        REQUIRE(cuMemAlloc_v2(&address, bytes.size()) == CUDA_SUCCESS);
        REQUIRE(cuMemcpyHtoD_v2(address, bytes.data(), bytes.size()) == CUDA_SUCCESS);
    }
    ~CardArray() { cuMemFree_v2(address); }
    void *pointer(size_t offset = 0) const { return reinterpret_cast<void *>(address + offset); }
    Bytes bytes() const {
        Bytes result(card_bytes);
        REQUIRE(cuMemcpyDtoH_v2(result.data(), address, result.size()) == CUDA_SUCCESS);
        return result;
    }
};

/// Blocks of threads that the interpreter has run since its start.
uint64_t blocks_so_far() {
    const auto statistics = nlohmann::json::parse(octet_cuda_emulator_statistics());
    return statistics["kernels"]["add_row"].value("blocks", uint64_t(0));
}

} // namespace

TEST_CASE("A model on a card runs again and again") {
    const CardModel sample;
    for (const int no_graph : {0, 1}) {
        const ModelPointer model = sample.opened("", {.no_graph = no_graph});
        for (uint32_t seed = 0; seed < 4; ++seed) {
            const Bytes input = random_images(seed);
            CHECK(run(model.get(), input) == sample.result(input));
        }
    }
}

TEST_CASE("A run of fewer images than a batch's touches only these") {
    const CardModel sample;
    for (const int no_graph : {0, 1}) {
        const ModelPointer model = sample.opened("", {.no_graph = no_graph});
        REQUIRE(octet_model_images(model.get()) == card_images);
        for (const size_t count : {1, 3, 4, 2, 4, 1}) {
            Bytes input = random_images(uint32_t(count));
            input.resize(count * card_columns);
            Bytes output(card_bytes, 0xee);
            const void *inputs[] = {input.data()};
            void *outputs[] = {output.data()};
            REQUIRE(octet_model_run_images(model.get(), count, inputs, outputs) == OCTET_OK);
            Bytes expected = sample.result(input);
            expected.resize(card_bytes, 0xee);
            CHECK(output == expected);
        }
        const Bytes input = random_images(9);
        Bytes output(card_bytes);
        const void *inputs[] = {input.data()};
        void *outputs[] = {output.data()};
        for (const size_t count : {0, card_images + 1})
            CHECK(octet_model_run_images(model.get(), count, inputs, outputs) ==
                  OCTET_ERROR_ARGUMENT);
        CHECK(std::string(octet_last_error()) ==
              "'card': 5 images are not possible; pass 1 to 4, or compile the model with a larger "
              "--batch");
    }
}

TEST_CASE("Grids grow with the images") {
    const CardModel sample;
    const ModelPointer model = sample.opened();
    const Bytes input = random_images(1);
    Bytes output(card_bytes);
    const void *inputs[] = {input.data()};
    void *outputs[] = {output.data()};
    const auto blocks = [&](size_t count) {
        const uint64_t before = blocks_so_far();
        REQUIRE(octet_model_run_images(model.get(), count, inputs, outputs) == OCTET_OK);
        return blocks_so_far() - before;
    };
    // Two launches of blocks of 96 threads; an image is 64 elements.
    CHECK(blocks(1) == 2 * 1);
    CHECK(blocks(2) == 2 * 2);
    CHECK(blocks(4) == 2 * 3);
}

TEST_CASE("Arrays on the card are used where they lie") {
    const CardModel sample;
    const Context context;
    const ModelPointer model = sample.opened("", {.context = context.handle});
    const Bytes first = random_images(1), second = random_images(2);
    const Bytes nothing(card_bytes, 0xee);
    const CardArray in(first), other_in(second), out(nothing), other_out(nothing);
    const auto go = [&](const CardArray &from, const CardArray &to) {
        const void *inputs[] = {from.pointer()};
        void *outputs[] = {to.pointer()};
        const octet_status status = octet_model_run(model.get(), inputs, outputs);
        INFO(octet_last_error());
        REQUIRE(status == OCTET_OK);
        return to.bytes();
    };
    CHECK(go(in, out) == sample.result(first));
    CHECK(go(in, out) == sample.result(first));
    CHECK(other_out.bytes() == nothing);
    // The recorded run holds addresses: with others it is recorded again.
    CHECK(go(other_in, out) == sample.result(second));
    CHECK(go(other_in, other_out) == sample.result(second));
    CHECK(go(in, out) == sample.result(first));
    // One array on the card, the other in the host's memory, and back.
    Bytes host(card_bytes);
    const void *inputs[] = {in.pointer()};
    void *outputs[] = {host.data()};
    REQUIRE(octet_model_run(model.get(), inputs, outputs) == OCTET_OK);
    CHECK(host == sample.result(first));
    CHECK(run(model.get(), second) == sample.result(second));
    CHECK(in.bytes() == first);
}

TEST_CASE("Runs that nobody waits for are done in order, on the caller's stream") {
    const CardModel sample;
    for (const char *card : {"", "streams=late"}) {
        setenv("OCTET_CUDA_EMULATOR", card, 1);
        const Context context;
        CUstream stream = nullptr;
        REQUIRE(cuStreamCreate(&stream, 1) == CUDA_SUCCESS);
        const ModelPointer model =
            sample.opened(card, {.context = context.handle, .stream = stream});
        const Bytes input = random_images(3);
        const CardArray middle(Bytes(card_bytes, 0xee));
        Bytes output(card_bytes, 0xee);
        const void *inputs[] = {input.data()}, *again[] = {middle.pointer()};
        void *middles[] = {middle.pointer()}, *outputs[] = {output.data()};
        REQUIRE(octet_cuda_run_async(model.get(), inputs, middles) == OCTET_OK);
        REQUIRE(octet_cuda_run_async(model.get(), again, outputs) == OCTET_OK);
        if (*card != '\0')
            CHECK(output == Bytes(card_bytes, 0xee)); // Nothing has waited yet.
        REQUIRE(octet_cuda_wait(model.get()) == OCTET_OK);
        CHECK(output == sample.result(sample.result(input)));
        CUcontext current = nullptr;
        REQUIRE(cuCtxGetCurrent(&current) == CUDA_SUCCESS);
        CHECK(current == context.handle);
    }
}

TEST_CASE("A run becomes part of what the caller records") {
    const CardModel sample;
    const Context context;
    CUstream stream = nullptr;
    REQUIRE(cuStreamCreate(&stream, 1) == CUDA_SUCCESS);
    const ModelPointer model = sample.opened("", {.context = context.handle, .stream = stream});
    const Bytes first = random_images(4), second = random_images(5);
    const CardArray in(first), out(Bytes(card_bytes, 0xee));
    const void *inputs[] = {in.pointer()};
    void *outputs[] = {out.pointer()};
    REQUIRE(cuStreamBeginCapture_v2(stream, 2) == CUDA_SUCCESS);
    CHECK(octet_model_run(model.get(), inputs, outputs) == OCTET_ERROR_ARGUMENT);
    CHECK(std::strstr(octet_last_error(), "its stream is being recorded") != nullptr);
    REQUIRE(octet_cuda_run_async(model.get(), inputs, outputs) == OCTET_OK);
    CUgraph graph = nullptr;
    REQUIRE(cuStreamEndCapture(stream, &graph) == CUDA_SUCCESS);
    CHECK(out.bytes() == Bytes(card_bytes, 0xee));
    CUgraphExec recorded = nullptr;
    REQUIRE(cuGraphInstantiateWithFlags(&recorded, graph, 0) == CUDA_SUCCESS);
    for (const Bytes &input : {first, second}) {
        REQUIRE(cuMemcpyHtoD_v2(in.address, input.data(), input.size()) == CUDA_SUCCESS);
        REQUIRE(cuGraphLaunch(recorded, stream) == CUDA_SUCCESS);
        REQUIRE(cuStreamSynchronize(stream) == CUDA_SUCCESS);
        CHECK(out.bytes() == sample.result(input));
    }
    CHECK(run(model.get(), first) == sample.result(first));
    cuGraphExecDestroy(recorded);
    cuGraphDestroy(graph);
}

TEST_CASE("On a stream that cannot be recorded kernels are launched one by one") {
    const CardModel sample;
    const Context context;
    auto *legacy = reinterpret_cast<void *>(1); // CU_STREAM_LEGACY
    const ModelPointer model = sample.opened("", {.context = context.handle, .stream = legacy});
    for (uint32_t seed = 0; seed < 2; ++seed) {
        const Bytes input = random_images(seed);
        CHECK(run(model.get(), input) == sample.result(input));
    }
}

TEST_CASE("Two models in a process, and models in several threads, do not meet") {
    const CardModel sample;
    const ModelPointer one = sample.opened(), two = sample.opened();
    const Bytes first = random_images(1), second = random_images(2);
    CHECK(run(one.get(), first) == sample.result(first));
    CHECK(run(two.get(), second) == sample.result(second));
    CHECK(run(one.get(), second) == sample.result(second));
    std::vector<int> wrong(4, 1);
    std::vector<std::thread> threads;
    const octet_model *models[] = {one.get(), two.get()};
    std::vector<ModelPointer> own;
    for (size_t i = 0; i < wrong.size(); ++i)
        own.push_back(i < 2 ? nullptr : sample.opened());
    for (size_t i = 0; i < wrong.size(); ++i)
        threads.emplace_back([&, i] {
            auto *model = i < 2 ? const_cast<octet_model *>(models[i]) : own[i].get();
            wrong[i] = 0;
            for (uint32_t seed = 0; seed < 50; ++seed) {
                const Bytes input = random_images(uint32_t(i) * 50 + seed);
                Bytes output(card_bytes);
                const void *inputs[] = {input.data()};
                void *outputs[] = {output.data()};
                wrong[i] += octet_model_run(model, inputs, outputs) != OCTET_OK ||
                            output != sample.result(input);
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("Calls run alone on what the card's arena holds") {
    const CardModel sample;
    const ModelPointer model = sample.opened();
    CHECK(octet_model_arena(model.get()) == nullptr);
    const Bytes input = random_images(6);
    Bytes output(card_bytes), mixed(card_bytes);
    const void *inputs[] = {input.data()};
    void *outputs[] = {output.data()};
    REQUIRE(octet_model_run_call(model.get(), 0, inputs, outputs) == OCTET_OK);
    REQUIRE(octet_model_arena_read(model.get(), 0, mixed.data(), mixed.size()) == OCTET_OK);
    REQUIRE(octet_model_arena_write(model.get(), 0, mixed.data(), mixed.size()) == OCTET_OK);
    REQUIRE(octet_model_run_call(model.get(), 1, inputs, outputs) == OCTET_OK);
    CHECK(output == sample.result(input));
    CHECK(octet_model_arena_read(model.get(), 200, mixed.data(), mixed.size()) ==
          OCTET_ERROR_ARGUMENT);
}
