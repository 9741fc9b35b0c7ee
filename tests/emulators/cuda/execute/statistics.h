// What kernels did: instructions by class, memory traffic as a card would count it.
//
// Instructions are counted per place in the code, which costs two additions; the classes are summed
// when a launch ends. Sectors and bank conflicts look at all lanes' addresses, so they are only
// counted when a file for the statistics is named.
#pragma once

#include "../ptx/program.h"

#include <map>
#include <string>
#include <vector>

namespace octet::ptx {

/// Counts of one worker in one launch.
struct Counters {
    struct Executed {
        uint64_t warps = 0, lanes = 0;
    };
    std::vector<Executed> executed;                               ///< By instruction.
    bool with_memory = false;                                     ///< Count what follows.
    uint64_t global_loaded = 0, global_stored = 0;                ///< Bytes.
    uint64_t global_load_requests = 0, global_store_requests = 0; ///< Warp instructions.
    uint64_t global_load_sectors = 0, global_store_sectors = 0;   ///< Of 32 bytes.
    uint64_t shared_load_requests = 0, shared_store_requests = 0; ///< Warp instructions.
    uint64_t shared_load_passes = 0, shared_store_passes = 0;     ///< Of 32 banks.
    uint64_t shared_loaded = 0, shared_stored = 0;                ///< Bytes.

    void add(const Counters &other);

    /// Counts one access of a warp; addresses of the lanes in `lanes`.
    void count_global(const uint64_t *addresses, Lanes lanes, int bytes, bool is_store);
    void count_shared(const uint64_t *addresses, Lanes lanes, int bytes, bool is_store);
};

/// The sums over all launches of a kernel.
struct KernelStatistics {
    uint64_t launches = 0, blocks = 0, threads = 0;
    uint64_t lanes[static_cast<int>(Class::Count)] = {}; ///< Instructions times active lanes.
    uint64_t warps[static_cast<int>(Class::Count)] = {}; ///< Warp instructions.
    Counters memory;
    int shared_bytes = 0, dynamic_shared_bytes = 0, local_bytes = 0, declared_registers = 0;

    void add(const Kernel &kernel, const Counters &counters);
};

using Statistics = std::map<std::string, KernelStatistics>;

/// {"kernels": {name: {launches, instructions: {class: n}, ...}}}
std::string to_json(const Statistics &statistics);

} // namespace octet::ptx
