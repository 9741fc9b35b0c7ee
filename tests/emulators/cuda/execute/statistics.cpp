#include "statistics.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

const char *const class_names[] = {"integer",      "float",       "convert",      "move",
                                   "compare",      "dot",         "matrix",       "global_load",
                                   "global_store", "shared_load", "shared_store", "local_memory",
                                   "parameter",    "atomic",      "async_copy",   "barrier",
                                   "warp",         "branch",      "other"};
static_assert(std::size(class_names) == static_cast<size_t>(Class::Count));

// The number of distinct units of `unit` bytes that the lanes touch.
int distinct(const uint64_t *addresses, Lanes lanes, int bytes, int unit) {
    uint64_t units[warp_size * 2];
    int count = 0;
    for (; lanes; lanes &= lanes - 1) {
        uint64_t address = addresses[std::countr_zero(lanes)];
        units[count++] = address / unit;
        units[count++] = (address + bytes - 1) / unit;
    }
    std::sort(units, units + count);
    return static_cast<int>(std::unique(units, units + count) - units);
}

// How often the 32 banks are needed for these lanes: the most distinct words in one bank.
int passes(const uint64_t *addresses, Lanes lanes, int bytes) {
    constexpr int banks = 32, most = warp_size * 4;
    uint64_t words[most];
    int count = 0;
    for (; lanes; lanes &= lanes - 1) {
        uint64_t address = addresses[std::countr_zero(lanes)];
        for (int word = 0; word < std::max(1, bytes / 4); word++)
            words[count++] = address / 4 + word;
    }
    std::sort(words, words + count);
    count = static_cast<int>(std::unique(words, words + count) - words);
    int in_bank[banks] = {}, worst = 0;
    for (int n = 0; n < count; n++)
        worst = std::max(worst, ++in_bank[words[n] % banks]);
    return worst;
}

} // namespace

void Counters::count_global(const uint64_t *addresses, Lanes lanes, int bytes, bool is_store) {
    (is_store ? global_stored : global_loaded) += std::popcount(lanes) * bytes;
    (is_store ? global_store_requests : global_load_requests)++;
    (is_store ? global_store_sectors : global_load_sectors) +=
        distinct(addresses, lanes, bytes, 32);
}

void Counters::count_shared(const uint64_t *addresses, Lanes lanes, int bytes, bool is_store) {
    (is_store ? shared_stored : shared_loaded) += std::popcount(lanes) * bytes;
    (is_store ? shared_store_requests : shared_load_requests)++;
    // Accesses of 8 and 16 bytes are served by halves and quarters of a warp.
    const int group = bytes >= 16 ? 8 : bytes >= 8 ? 16 : warp_size;
    uint64_t &sum = is_store ? shared_store_passes : shared_load_passes;
    for (int first = 0; first < warp_size; first += group) {
        Lanes part = lanes & (all_lanes >> (warp_size - group)) << first;
        if (part)
            sum += passes(addresses, part, bytes);
    }
}

void Counters::add(const Counters &o) {
    if (executed.size() < o.executed.size())
        executed.resize(o.executed.size());
    for (size_t n = 0; n < o.executed.size(); n++) {
        executed[n].warps += o.executed[n].warps;
        executed[n].lanes += o.executed[n].lanes;
    }
    for (uint64_t Counters::*count :
         {&Counters::global_loaded, &Counters::global_stored, &Counters::global_load_requests,
          &Counters::global_store_requests, &Counters::global_load_sectors,
          &Counters::global_store_sectors, &Counters::shared_load_requests,
          &Counters::shared_store_requests, &Counters::shared_load_passes,
          &Counters::shared_store_passes, &Counters::shared_loaded, &Counters::shared_stored})
        this->*count += o.*count;
}

void KernelStatistics::add(const Kernel &kernel, const Counters &counters) {
    for (size_t n = 0; n < counters.executed.size(); n++) {
        const int of = static_cast<int>(kernel.code[n].counted_as);
        warps[of] += counters.executed[n].warps;
        lanes[of] += counters.executed[n].lanes;
    }
    Counters rest = counters;
    rest.executed.clear();
    memory.add(rest);
    shared_bytes = kernel.shared_bytes;
    local_bytes = kernel.local_bytes;
    declared_registers = kernel.declared_registers;
}

std::string to_json(const Statistics &statistics) {
    std::string json = "{\"kernels\": {";
    const char *comma = "";
    for (const auto &[name, s] : statistics) {
        json += fmt::format("{}\n  \"{}\": {{\"launches\": {}, \"blocks\": {}, \"threads\": {}",
                            comma, name, s.launches, s.blocks, s.threads);
        comma = ",";
        for (auto [title, counts] :
             {std::pair{"warp_instructions", s.warps}, {"lane_instructions", s.lanes}}) {
            uint64_t total = 0;
            json += fmt::format(",\n    \"{}\": {{", title);
            for (int c = 0; c < static_cast<int>(Class::Count); c++) {
                json += fmt::format("\"{}\": {}, ", class_names[c], counts[c]);
                total += counts[c];
            }
            json += fmt::format("\"total\": {}}}", total);
        }
        const Counters &m = s.memory;
        json += fmt::format(",\n    \"global\": {{\"loaded_bytes\": {}, \"stored_bytes\": {}, "
                            "\"load_requests\": {}, "
                            "\"store_requests\": {}, \"load_sectors\": {}, \"store_sectors\": {}}}",
                            m.global_loaded, m.global_stored, m.global_load_requests,
                            m.global_store_requests, m.global_load_sectors, m.global_store_sectors);
        json += fmt::format(",\n    \"shared\": {{\"loaded_bytes\": {}, \"stored_bytes\": {}, "
                            "\"load_requests\": {}, "
                            "\"store_requests\": {}, \"load_passes\": {}, \"store_passes\": {}}}",
                            m.shared_loaded, m.shared_stored, m.shared_load_requests,
                            m.shared_store_requests, m.shared_load_passes, m.shared_store_passes);
        json += fmt::format(",\n    \"shared_bytes\": {}, \"dynamic_shared_bytes\": {}, "
                            "\"local_bytes\": {}, \"declared_registers\": {}}}",
                            s.shared_bytes, s.dynamic_shared_bytes, s.local_bytes,
                            s.declared_registers);
    }
    return json + "\n}}\n";
}

} // namespace octet::ptx
