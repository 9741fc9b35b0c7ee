/* octet.h as a C99 program sees it: compiled with pedantic errors, linked to run_test. */
#include <octet/octet.h>

static int kernel(void **arguments) {
    return arguments == 0;
}

static const octet_kernel kernels[] = {kernel};
static const octet_parameter parameters[] = {{16, 0}, {4, 1}};
static const octet_signature signatures[] = {{2, parameters}};

extern const octet_library octet_c99_library;
const octet_library octet_c99_library = {1, 1, kernels, "any", signatures, 0};

octet_status octet_c99_open(const char *path, octet_model **model);
octet_status octet_c99_open(const char *path, octet_model **model) {
    return octet_model_open(path, &octet_c99_library, NULL, model);
}
