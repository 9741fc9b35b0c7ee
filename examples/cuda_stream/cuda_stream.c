/* Runs a network that octet compile made for a CUDA card on a stream of the program's own, with
 * inputs and outputs that stay on the card, as the program around a network has them.
 *
 *     cuda_stream MODEL.octet IMAGES OUTPUTS
 *
 * IMAGES holds the bytes of any number of images, one behind another; OUTPUTS gets the network's
 * for each of them. The model takes as many at once as `octet compile --batch N` was told, and
 * fewer at the end. MODEL_HEADER and MODEL_LIBRARY name the compiled network (see CMakeLists.txt).
 */
#include MODEL_HEADER
#include <octet/cuda.h>

#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>

/* What the program owns on the card, beside the model, and where an image's bytes pass through. */
struct card {
    CUdevice device;
    CUcontext context;
    CUstream stream;
    CUdeviceptr input, output;
    void *host;
};

static int failed(CUresult error, const char *what) {
    const char *text = NULL;
    if (error == CUDA_SUCCESS)
        return 0;
    cuGetErrorString(error, &text);
    fprintf(stderr, "cuda_stream: %s failed: %s\n", what, text != NULL ? text : "unknown error");
    return 1;
}

static int refused(octet_status status) {
    if (status != OCTET_OK)
        fprintf(stderr, "%s\n", octet_last_error());
    return status != OCTET_OK;
}

/* Bytes on their way from one file through the network to the other. */
static int run(octet_model *model, struct card *card, const octet_tensor_info *in,
               const octet_tensor_info *out, FILE *images, FILE *outputs) {
    const size_t most = octet_model_images(model);
    const size_t in_bytes = in->bytes / most, out_bytes = out->bytes / most;
    const void *inputs[1];
    void *results[1];
    size_t count;
    inputs[0] = (const void *)card->input; /* used where it lies */
    results[0] = (void *)card->output;
    while ((count = fread(card->host, in_bytes, most, images)) > 0) {
        if (failed(cuMemcpyHtoDAsync(card->input, card->host, count * in_bytes, card->stream),
                   "copying images") ||
            refused(octet_cuda_run_images_async(model, count, inputs, results)) ||
            failed(cuMemcpyDtoHAsync(card->host, card->output, count * out_bytes, card->stream),
                   "copying outputs") ||
            refused(octet_cuda_wait(model)))
            return 1;
        if (fwrite(card->host, out_bytes, count, outputs) != count) {
            fprintf(stderr, "cuda_stream: the outputs cannot be written; free some space\n");
            return 1;
        }
    }
    return 0;
}

static int open_and_run(struct card *card, const char *path, FILE *images, FILE *outputs) {
    octet_cuda_options cuda = {0};
    octet_options options = {0};
    octet_tensor_info in, out;
    octet_model *model;
    int wrong = 1;
    cuda.context = card->context;
    cuda.stream = card->stream;
    options.cuda = &cuda;
    if (refused(octet_model_open(path, &MODEL_LIBRARY, &options, &model)))
        return 1;
    if (octet_model_input_count(model) != 1 || octet_model_output_count(model) != 1)
        fprintf(stderr, "%s: cuda_stream wants one input and one output; use another model\n",
                path);
    else if (!refused(octet_model_input(model, 0, &in)) &&
             !refused(octet_model_output(model, 0, &out)) &&
             !failed(cuMemAlloc(&card->input, in.bytes), "reserving memory") &&
             !failed(cuMemAlloc(&card->output, out.bytes), "reserving memory") &&
             /* Blocks of threads may read behind the last image of a batch that is not full. */
             !failed(cuMemsetD8(card->input, 0, in.bytes), "clearing memory") &&
             !failed(cuMemAllocHost(&card->host, in.bytes > out.bytes ? in.bytes : out.bytes),
                     "reserving memory of the host"))
        wrong = run(model, card, &in, &out, images, outputs);
    octet_model_close(model);
    cuMemFree(card->input);
    cuMemFree(card->output);
    cuMemFreeHost(card->host);
    return wrong;
}

int main(int argc, char **argv) {
    struct card card = {0};
    FILE *images, *outputs;
    int wrong = 1;
    if (argc != 4) {
        fprintf(stderr, "usage: cuda_stream MODEL.octet IMAGES OUTPUTS\n");
        return 2;
    }
    images = fopen(argv[2], "rb");
    outputs = images == NULL ? NULL : fopen(argv[3], "wb");
    if (outputs == NULL) {
        fprintf(stderr, "%s: cannot be opened; check the path\n", argv[images == NULL ? 2 : 3]);
        return 1;
    }
    if (failed(cuInit(0), "starting CUDA") || failed(cuDeviceGet(&card.device, 0), "the card") ||
        failed(cuDevicePrimaryCtxRetain(&card.context, card.device), "the card's context") ||
        failed(cuCtxPushCurrent(card.context), "the card's context"))
        return 1;
    if (!failed(cuStreamCreate(&card.stream, CU_STREAM_NON_BLOCKING), "making a stream")) {
        wrong = open_and_run(&card, argv[1], images, outputs);
        cuStreamDestroy(card.stream);
    }
    cuDevicePrimaryCtxRelease(card.device);
    fclose(images);
    if (fclose(outputs) != 0 && !wrong) {
        fprintf(stderr, "%s: cannot be written; free some space\n", argv[3]);
        wrong = 1;
    }
    return wrong;
}
