// What goes wrong with a CUDA card: each mistake has its status and one line that names what was
// found, what is needed and the remedy, and what is open stays closable.
#include "tests/emulators/cuda/driver/cuda_api.h"
#include "tests/runtime/cuda_model.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace octet::test;

namespace {

/// Restores the kernel that tests change.
struct KernelGuard {
    explicit KernelGuard(const CardKernel &kernel) { set_kernel(kernel); }
    ~KernelGuard() { set_kernel(right_kernel()); }
};

/// Opening fails with that status and with a line that has all of `words`.
void check_refused(const std::string &card, octet_status expected,
                   const std::vector<std::string> &words, const CardOptions &options = {}) {
    const CardModel sample;
    octet_model *model = nullptr;
    const octet_status status = sample.open(card, &model, options);
    const std::string message = octet_last_error();
    INFO(message);
    CHECK(status == expected);
    CHECK(model == nullptr);
    CHECK(message.find('\n') == std::string::npos);
    for (const std::string &word : words) {
        INFO(word);
        CHECK(message.find(word) != std::string::npos);
    }
    // A refusal leaves nothing behind: the next model opens and runs.
    set_kernel(right_kernel());
    sample.opened();
}

const std::string host = "--target host";

} // namespace

TEST_CASE("Without a driver") {
    check_refused("", OCTET_ERROR_DEVICE, {"no CUDA driver was found", "no_such_driver", host},
                  {.driver = "no_such_driver.so.1"});
}

TEST_CASE("With another library in the driver's place") {
    check_refused("", OCTET_ERROR_DEVICE, {"lacks cuInit", host}, {.driver = "libm.so.6"});
}

TEST_CASE("With a driver that is too old") {
    check_refused("driver=10020", OCTET_ERROR_DEVICE,
                  {"is for CUDA 10.2", "11.4 or newer is needed", host});
}

TEST_CASE("Without a card of that number") {
    for (const int number : {1, -1})
        check_refused("", OCTET_ERROR_DEVICE,
                      {"no CUDA card number " + std::to_string(number), "this machine has 1",
                       "choose another", host},
                      {.device = number});
}

TEST_CASE("With a card below the kernels' compute capability") {
    const KernelGuard guard({right_kernel().image, 80});
    check_refused("cc=7.5", OCTET_ERROR_DEVICE,
                  {"Octet PTX interpreter (sm_75)", "compute capability 7.5", "need 8.0", host});
}

TEST_CASE("With an image that does not load") {
    for (const std::string image : {"no PTX at all", ".version 6.0\n.target sm_61\nnonsense;\n"}) {
        const KernelGuard guard({.image = image});
        octet_model *model = nullptr;
        const octet_status status = CardModel().open("", &model);
        CHECK((status == OCTET_ERROR_DEVICE || status == OCTET_ERROR_KERNEL));
        set_kernel({.image = image});
        check_refused("", status, {"does not load kernel add_row", host});
    }
}

TEST_CASE("With an image that lacks the function") {
    const KernelGuard guard({right_kernel().image, 61, "subtract_row"});
    check_refused("", OCTET_ERROR_KERNEL, {"subtract_row", "named symbol not found", host});
}

TEST_CASE("With too little memory on the card") {
    check_refused("memory=256", OCTET_ERROR_MEMORY,
                  {"bytes for weights and activations", "out of memory", "choose another card"});
}

TEST_CASE("With a stream of another context") {
    setenv("OCTET_CUDA_EMULATOR", "", 1);
    REQUIRE(cuInit(0) == CUDA_SUCCESS);
    CUcontext context = nullptr, other = nullptr;
    CUstream stream = nullptr;
    REQUIRE(cuCtxCreate_v2(&other, 0, 0) == CUDA_SUCCESS);
    REQUIRE(cuStreamCreate(&stream, 1) == CUDA_SUCCESS);
    REQUIRE(cuCtxCreate_v2(&context, 0, 0) == CUDA_SUCCESS);
    check_refused("", OCTET_ERROR_ARGUMENT, {"a stream of it"},
                  {.context = context, .stream = stream});
    cuCtxDestroy_v2(context);
    cuCtxDestroy_v2(other);
}

TEST_CASE("The card is lost while the model runs") {
    const CardModel sample;
    const auto input = random_images(1);
    std::vector<uint8_t> output(card_bytes);
    const void *inputs[] = {input.data()};
    void *outputs[] = {output.data()};
    for (const int no_graph : {0, 1}) {
        const ModelPointer model = sample.opened("fail_after=3", {.no_graph = no_graph});
        REQUIRE(octet_model_run(model.get(), inputs, outputs) == OCTET_OK);
        CHECK(output == sample.result(input));
        for (int i = 0; i < 2; ++i) {
            CHECK(octet_model_run(model.get(), inputs, outputs) == OCTET_ERROR_DEVICE_LOST);
            const std::string message = octet_last_error();
            INFO(message);
            CHECK(message.find("close the model") != std::string::npos);
            CHECK(message.find("card: ") == 0);
        }
        CHECK(octet_cuda_run_async(model.get(), inputs, outputs) == OCTET_ERROR_DEVICE_LOST);
        CHECK(octet_cuda_wait(model.get()) == OCTET_ERROR_DEVICE_LOST);
    }
    // Opened again, the card works.
    const ModelPointer model = sample.opened();
    CHECK(octet_model_run(model.get(), inputs, outputs) == OCTET_OK);
}

TEST_CASE("A failure of a run that nobody waited for shows at the wait") {
    const CardModel sample;
    const auto input = random_images(1);
    std::vector<uint8_t> output(card_bytes);
    const void *inputs[] = {input.data()};
    void *outputs[] = {output.data()};
    const ModelPointer model = sample.opened("streams=late,fail_after=1");
    CHECK(octet_cuda_run_async(model.get(), inputs, outputs) == OCTET_OK);
    CHECK(octet_cuda_wait(model.get()) == OCTET_ERROR_DEVICE_LOST);
}

TEST_CASE("Arrays on the card that are misaligned") {
    const CardModel sample;
    setenv("OCTET_CUDA_EMULATOR", "", 1);
    REQUIRE(cuInit(0) == CUDA_SUCCESS);
    CUcontext context = nullptr;
    REQUIRE(cuCtxCreate_v2(&context, 0, 0) == CUDA_SUCCESS);
    {
        const ModelPointer model = sample.opened("", {.context = context});
        CUdeviceptr array = 0;
        REQUIRE(cuMemAlloc_v2(&array, 2 * card_bytes) == CUDA_SUCCESS);
        std::vector<uint8_t> host(card_bytes);
        const void *inputs[] = {reinterpret_cast<void *>(array + 8)};
        void *outputs[] = {host.data()};
        CHECK(octet_model_run(model.get(), inputs, outputs) == OCTET_ERROR_ARGUMENT);
        CHECK(std::string(octet_last_error()) ==
              "'in': its array on the card is misaligned; align it to 16");
        const void *null[] = {nullptr};
        CHECK(octet_model_run(model.get(), null, outputs) == OCTET_ERROR_ARGUMENT);
        // What was refused changes nothing.
        const auto input = random_images(2);
        const void *right[] = {input.data()};
        REQUIRE(octet_model_run(model.get(), right, outputs) == OCTET_OK);
        CHECK(host == sample.result(input));
        cuMemFree_v2(array);
    }
    cuCtxDestroy_v2(context);
}

TEST_CASE("Functions for CUDA refuse models for the CPU") {
    const SampleModel sample;
    AlignedImage image(sample.image());
    octet_model *opened = nullptr;
    REQUIRE(octet_model_open_memory(image.data(), image.size(), &sample.library(), nullptr,
                                    &opened) == OCTET_OK);
    const ModelPointer model(opened);
    CHECK(octet_cuda_run_async(model.get(), nullptr, nullptr) == OCTET_ERROR_ARGUMENT);
    CHECK(std::string(octet_last_error()).find("use octet_model_run") != std::string::npos);
    CHECK(octet_cuda_wait(nullptr) == OCTET_ERROR_ARGUMENT);
    // Their kernels compute all images at once.
    SampleArrays arrays(1);
    CHECK(octet_model_images(model.get()) == 1);
    CHECK(octet_model_run_images(model.get(), 1, arrays.inputs().data(), arrays.outputs().data()) ==
          OCTET_OK);
    CHECK(sample.right(arrays));
    CHECK(octet_model_run_images(model.get(), 2, arrays.inputs().data(), arrays.outputs().data()) ==
          OCTET_ERROR_ARGUMENT);
}
