/* Classifies one image with a network that octet compile made into a library.
 *
 *     classify MODEL.octet IMAGE        IMAGE: .npy, .ppm or the raw bytes of the input
 *
 * The kernels are linked in; the weights are mapped from the model file. MODEL_HEADER and
 * MODEL_LIBRARY name the compiled network's header and its library (see CMakeLists.txt).
 */
#include "image.h"

#include MODEL_HEADER
#include <octet/octet.h>

#include <stdio.h>
#include <stdlib.h>

/* The real value of one element of an array that `info` describes. */
static double real_value(const octet_tensor_info *info, const void *data, size_t i) {
    double stored = 0;
    switch (info->dtype) {
    case OCTET_FLOAT32:
        return ((const float *)data)[i];
    case OCTET_INT8:
        stored = ((const int8_t *)data)[i];
        break;
    case OCTET_UINT8:
    case OCTET_BOOL:
        stored = ((const uint8_t *)data)[i];
        break;
    case OCTET_INT16:
        stored = ((const int16_t *)data)[i];
        break;
    case OCTET_INT32:
        stored = ((const int32_t *)data)[i];
        break;
    case OCTET_INT64:
        stored = (double)((const int64_t *)data)[i];
        break;
    }
    return info->scale != 0 ? info->scale * (stored - info->zero_point) : stored;
}

static size_t element_count(const octet_tensor_info *info) {
    size_t count = 1;
    int32_t i;
    for (i = 0; i < info->rank; ++i)
        count *= (size_t)info->shape[i];
    return count;
}

static void print_scores(const octet_tensor_info *info, const void *scores) {
    const size_t count = element_count(info);
    size_t i, best = 0;
    for (i = 0; i < count; ++i) {
        printf("%s[%lu] %.4f\n", info->name, (unsigned long)i, real_value(info, scores, i));
        if (real_value(info, scores, i) > real_value(info, scores, best))
            best = i;
    }
    printf("best: %lu\n", (unsigned long)best);
}

/* Runs the network on the image; its arrays are as large as the model says. */
static int classify(octet_model *model, const char *image_path) {
    octet_tensor_info input, output;
    const void *inputs[1];
    void *outputs[1];
    void *image, *scores;
    int failed = 1;
    if (octet_model_input(model, 0, &input) != OCTET_OK ||
        octet_model_output(model, 0, &output) != OCTET_OK) {
        fprintf(stderr, "%s\n", octet_last_error());
        return 1;
    }
    image = malloc(input.bytes);
    scores = malloc(output.bytes);
    inputs[0] = image;
    outputs[0] = scores;
    if (image == NULL || scores == NULL)
        fprintf(stderr, "classify: no memory for the image; free some\n");
    else if (read_image(image_path, &input, image) == 0) {
        if (octet_model_run(model, inputs, outputs) != OCTET_OK)
            fprintf(stderr, "%s\n", octet_last_error());
        else {
            print_scores(&output, scores);
            failed = 0;
        }
    }
    free(image);
    free(scores);
    return failed;
}

int main(int argc, char **argv) {
    octet_model *model;
    int failed;
    if (argc != 3) {
        fprintf(stderr, "usage: classify MODEL.octet IMAGE\n");
        return 2;
    }
    if (octet_model_open(argv[1], &MODEL_LIBRARY, NULL, &model) != OCTET_OK) {
        fprintf(stderr, "%s\n", octet_last_error());
        return 1;
    }
    if (octet_model_input_count(model) != 1 || octet_model_output_count(model) != 1) {
        fprintf(stderr, "%s: classify wants one input and one output; use another model\n",
                argv[1]);
        failed = 1;
    } else {
        failed = classify(model, argv[2]);
    }
    octet_model_close(model);
    return failed;
}
