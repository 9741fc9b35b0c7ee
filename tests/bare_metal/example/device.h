/* What octet compile would write about the model of the tests in an emulator. */
#ifndef OCTET_DEVICE_H
#define OCTET_DEVICE_H

#include <octet/octet.h>

extern const octet_library octet_device_library;

#define OCTET_DEVICE_ARENA_BYTES 1024
#define OCTET_DEVICE_INPUT0_BYTES 256
#define OCTET_DEVICE_OUTPUT0_BYTES 16

#endif
