// octet_peak [--json] [--core N]: prints what one core of this machine can do at most.
#include "bench/peak/peak.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using octet::MemoryRate;
using octet::Peak;

void print_json(const Peak &peak) {
    nlohmann::ordered_json json = {{"clock_ghz", peak.clock_ghz.best},
                                   {"int8_unit", peak.int8_unit},
                                   {"int8_gmacs", peak.int8_gmacs.best},
                                   {"int8_gmacs_median", peak.int8_gmacs.median},
                                   {"memory", nlohmann::ordered_json::array()}};
    for (const MemoryRate &memory : peak.memory)
        json["memory"].push_back({{"level", memory.level},
                                  {"bytes", memory.bytes},
                                  {"read_gb_per_second", memory.read.best},
                                  {"write_gb_per_second", memory.write.best}});
    fmt::print("{}\n", json.dump(1));
}

void print_text(const Peak &peak) {
    fmt::print("{:<28} {:>9} {:>9}\n", "", "best", "median");
    fmt::print("{:<28} {:>9.2f} {:>9.2f} GHz\n", "clock", peak.clock_ghz.best,
               peak.clock_ghz.median);
    fmt::print("{:<28} {:>9.1f} {:>9.1f} GMAC/s ({:.2f} a cycle)\n", peak.int8_unit,
               peak.int8_gmacs.best, peak.int8_gmacs.median,
               peak.int8_gmacs.best / peak.clock_ghz.best);
    for (const MemoryRate &memory : peak.memory) {
        std::string block = fmt::format("{} ({} KiB)", memory.level, memory.bytes >> 10);
        fmt::print("{:<28} {:>9.1f} {:>9.1f} GB/s\n", block + " read", memory.read.best,
                   memory.read.median);
        fmt::print("{:<28} {:>9.1f} {:>9.1f} GB/s\n", block + " write", memory.write.best,
                   memory.write.median);
    }
}

} // namespace

int main(int argc, char **argv) {
    bool json = false;
    for (int i = 1; i < argc; ++i) {
        std::string_view option = argv[i];
        if (option == "--json") {
            json = true;
        } else if (option == "--core" && i + 1 < argc) {
            cpu_set_t cores;
            CPU_ZERO(&cores);
            CPU_SET(std::atoi(argv[++i]), &cores);
            if (sched_setaffinity(0, sizeof cores, &cores)) {
                fmt::print(stderr, "core {}: this process may not run there; see taskset -p $$\n",
                           argv[i]);
                return 1;
            }
        } else {
            fmt::print(stderr, "{}: unknown option; usage: octet_peak [--json] [--core N]\n",
                       option);
            return 2;
        }
    }
    Peak peak;
    peak.clock_ghz = octet::measure_clock();
    peak.int8_gmacs = octet::measure_int8(peak.int8_unit);
    peak.memory = octet::measure_memory();
    json ? print_json(peak) : print_text(peak);
}
