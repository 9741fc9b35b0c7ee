// What a module's image is: PTX text, or a fat binary with PTX in it.
#pragma once

#include <string_view>

namespace octet::ptx {

struct Image {
    std::string_view ptx; ///< Empty if there is none that fits.
    const char *why = ""; ///< Then: why not.
};

/// The PTX for this compute capability: of a fat binary the newest that is not too new.
Image find_ptx(const void *image, int capability);

} // namespace octet::ptx
