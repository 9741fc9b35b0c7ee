/* Reads an image into a model's input array. */
#ifndef OCTET_EXAMPLES_CLASSIFY_IMAGE_H
#define OCTET_EXAMPLES_CLASSIFY_IMAGE_H

#include <octet/octet.h>

/* Fills `array` (input->bytes bytes) from the file at `path`. By its name and content the file is
 *   .npy   an array of the input's type and number of elements, row-major;
 *   .ppm   binary (P6) and of the input's height and width: pixels 0 to 255 are the real values,
 *          stored as the input's type wants them;
 *   other  the bytes of the array.
 * Returns 0, or 1 after a message on stderr. */
int read_image(const char *path, const octet_tensor_info *input, void *array);

#endif
