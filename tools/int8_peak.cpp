#include "tools/int8_peak.h"

#if defined(__x86_64__)
#include "bench/peak/peak.h"
#endif

namespace octet::tools {

double measure_int8_peak() {
#if defined(__x86_64__)
    std::string unit;
    return measure_int8(unit).best;
#else
    return 0;
#endif
}

} // namespace octet::tools
