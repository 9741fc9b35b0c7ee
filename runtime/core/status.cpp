// What a status means, in words; for hosted and bare-metal programs alike.
#include "octet/octet.h"

extern "C" const char *octet_status_string(octet_status status) {
    switch (status) {
    case OCTET_OK:
        return "ok";
    case OCTET_ERROR_IO:
        return "i/o error";
    case OCTET_ERROR_FORMAT:
        return "not a valid model file";
    case OCTET_ERROR_MISMATCH:
        return "model file and kernel library do not match";
    case OCTET_ERROR_ARGUMENT:
        return "invalid argument";
    case OCTET_ERROR_MEMORY:
        return "out of memory";
    case OCTET_ERROR_KERNEL:
        return "kernel failed";
    case OCTET_ERROR_ALIGNMENT:
        return "misaligned pointer";
    case OCTET_ERROR_ARENA:
        return "arena too small";
    case OCTET_ERROR_VERSION:
        return "model file of another format version";
    case OCTET_ERROR_CHECKSUM:
        return "wrong checksum, the model file is damaged";
    case OCTET_ERROR_TARGET:
        return "model file and kernel library are for different targets";
    case OCTET_ERROR_PROGRAM:
        return "a call of the model file does not fit its memory or its kernel";
    case OCTET_ERROR_DEVICE:
        return "no device that can run the kernels";
    case OCTET_ERROR_DEVICE_LOST:
        return "the device failed";
    }
    return "unknown status";
}
