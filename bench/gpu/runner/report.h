// What a run of the bundle found, as Markdown.
#pragma once

#include "case.h"
#include "peaks.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace octet::bench {

struct Finding {
    const Case *which = nullptr;
    Exactness exactness;
    Time time;           ///< zeros: not timed
    std::string refused; ///< why it did not run

    bool exact() const {
        return refused.empty() && exactness.mismatches == 0 && exactness.first_wrong.empty();
    }
};

/// Seconds of torch._int_mm by m, n, k.
using Peers = std::map<std::tuple<int64_t, int64_t, int64_t>, double>;

/// Empty where there is no such file.
Peers read_peers(const std::string &file);

std::string report(const Card &card, const Peaks &peaks, const std::vector<Finding> &findings,
                   const Peers &peers);

} // namespace octet::bench
