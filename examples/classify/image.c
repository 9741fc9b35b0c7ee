#include "image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const char *path, const char *reason) {
    fprintf(stderr, "%s: %s\n", path, reason);
    return 1;
}

static int ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Reads exactly `bytes` bytes up to the end of the file. */
static int read_rest(FILE *file, void *data, size_t bytes) {
    return fread(data, 1, bytes, file) == bytes && fgetc(file) == EOF;
}

static size_t element_count(const octet_tensor_info *input) {
    size_t count = 1;
    int32_t i;
    for (i = 0; i < input->rank; ++i)
        count *= (size_t)input->shape[i];
    return count;
}

/* The header is a Python dictionary: {'descr': '|u1', 'fortran_order': False, 'shape': (1, 4), }.
 */
static int read_npy(FILE *file, const char *path, const octet_tensor_info *input, void *array) {
    static const char *const types[] = {"'<f4'", "'|i1'", "'|u1'", "'<i2'",
                                        "'<i4'", "'<i8'", "'|b1'"};
    unsigned char start[12];
    char header[4096];
    size_t length, count = 1;
    char *shape;
    if (fread(start, 1, 10, file) != 10 || memcmp(start, "\x93NUMPY", 6) != 0)
        return refuse(path, "this is not a .npy file; write it with numpy.save");
    length = start[8] + 256u * start[9];
    if (start[6] != 1 || length >= sizeof header || fread(header, 1, length, file) != length)
        return refuse(path, "the .npy header is damaged; write the file with numpy.save");
    header[length] = '\0';
    if (strstr(header, types[input->dtype]) == NULL)
        return refuse(path, "the array has another type than the model's input; convert it");
    shape = strstr(header, "'shape': (");
    if (strstr(header, "'fortran_order': False") == NULL || shape == NULL)
        return refuse(path, "the array is not row-major; save numpy.ascontiguousarray of it");
    for (shape += strlen("'shape': ("); *shape != ')' && *shape != '\0';) {
        char *end;
        const unsigned long extent = strtoul(shape, &end, 10);
        if (end == shape)
            break;
        count *= extent;
        shape = end + strspn(end, ", ");
    }
    if (count != element_count(input) || !read_rest(file, array, input->bytes))
        return refuse(path, "the array has another size than the model's input; resize the image");
    return 0;
}

/* Stores the real value `pixel` as element i of the input. */
static int store_pixel(const octet_tensor_info *input, void *array, size_t i, int pixel) {
    const double scale = input->scale != 0 ? input->scale : 1;
    const double stored = floor(pixel / scale + 0.5) + input->zero_point;
    switch (input->dtype) {
    case OCTET_FLOAT32:
        ((float *)array)[i] = (float)pixel;
        return 0;
    case OCTET_INT8:
        ((int8_t *)array)[i] = (int8_t)(stored < -128 ? -128 : stored > 127 ? 127 : stored);
        return 0;
    case OCTET_UINT8:
        ((uint8_t *)array)[i] = (uint8_t)(stored < 0 ? 0 : stored > 255 ? 255 : stored);
        return 0;
    default:
        return 1;
    }
}

static int read_ppm(FILE *file, const char *path, const octet_tensor_info *input, void *array) {
    const size_t count = element_count(input);
    int width, height, largest;
    size_t i;
    if (fscanf(file, "P6 %d %d %d", &width, &height, &largest) != 3 || largest != 255 ||
        fgetc(file) == EOF)
        return refuse(path, "this is not a binary .ppm of 8 bits and without comments; convert it");
    if (input->rank != 4 || input->shape[3] != 3 || input->shape[1] != height ||
        input->shape[2] != width || count != (size_t)height * (size_t)width * 3)
        return refuse(path, "the image has another size than the model's input; resize it");
    for (i = 0; i < count; ++i) {
        const int pixel = fgetc(file);
        if (pixel == EOF)
            return refuse(path, "the image is truncated; write it again");
        if (store_pixel(input, array, i, pixel) != 0)
            return refuse(path, "pixels do not fit the type of the model's input; use .npy");
    }
    return 0;
}

int read_image(const char *path, const octet_tensor_info *input, void *array) {
    FILE *file = fopen(path, "rb");
    int failed;
    if (file == NULL)
        return refuse(path, "the file cannot be opened; check the path");
    if (ends_with(path, ".npy"))
        failed = read_npy(file, path, input, array);
    else if (ends_with(path, ".ppm"))
        failed = read_ppm(file, path, input, array);
    else if (read_rest(file, array, input->bytes))
        failed = 0;
    else
        failed = refuse(path, "the file has another size than the model's input; resize the image");
    fclose(file);
    return failed;
}
