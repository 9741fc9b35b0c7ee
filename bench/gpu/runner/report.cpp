#include "report.h"

#include <cstdarg>
#include <cstdio>
#include <fstream>

namespace octet::bench {

namespace {

/// printf into a string: the runner carries no library but the C++ one.
__attribute__((format(printf, 1, 2))) std::string text(const char *format, ...) {
    char buffer[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return buffer;
}

std::string exactness(const std::vector<Finding> &findings) {
    std::string lines;
    unsigned long long outputs = 0;
    int exact = 0, calls = 0;
    for (const Finding &finding : findings) {
        const Exactness &found = finding.exactness;
        outputs += found.outputs;
        calls += found.calls;
        exact += finding.exact();
        if (!finding.refused.empty())
            lines += "- " + finding.which->title() + ": " + finding.refused + "\n";
        else if (!finding.exact())
            lines += "- " + finding.which->title() +
                     text(": %llu of %llu bytes differ",
                          static_cast<unsigned long long>(found.mismatches),
                          static_cast<unsigned long long>(found.outputs)) +
                     (found.first_wrong.empty() ? "" : "; first wrong call: " + found.first_wrong) +
                     "\n";
    }
    return text("%d of %zu models equal the reference interpreter: %llu bytes of outputs, and %d "
                "calls inside of networks one by one.\n",
                exact, findings.size(), outputs, calls) +
           lines;
}

std::string row(const Finding &finding, const Peaks &peaks, const Peers &peers) {
    const Case &which = *finding.which;
    const Time &time = finding.time;
    const double peak = which.target == "cuda-sm61" ? peaks.dot : peaks.tiles;
    const auto peer = peers.find({which.m, which.n, which.k});
    std::string line =
        text("| %s | %s | %d | %.2f / %.2f | %.2f |", which.name.c_str(), which.target.c_str(),
             which.batch, time.least * 1e6, time.median * 1e6, time.alone * 1e6);
    line += text(" %.1f | %.0f %% | %.0f | %.0f %% |", which.macs / time.least * 1e-12,
                 peak > 0 ? 100 * which.macs / time.least / peak : 0.0,
                 which.bytes / time.least * 1e-9, 100 * which.bytes / time.least / peaks.copied);
    return line + (peer == peers.end()
                       ? " - | - |\n"
                       : text(" %.2f | %.2f |\n", peer->second * 1e6, peer->second / time.least));
}

} // namespace

Peers read_peers(const std::string &file) {
    Peers peers;
    std::ifstream lines(file);
    int64_t m = 0, n = 0, k = 0;
    for (double seconds = 0; lines >> m >> n >> k >> seconds;)
        peers[{m, n, k}] = seconds;
    return peers;
}

std::string report(const Card &card, const Peaks &peaks, const std::vector<Finding> &findings,
                   const Peers &peers) {
    std::string page =
        text("# Octet on %s\n\nCompute capability %d.%d, %d multiprocessors, %.2f GHz at most; the "
             "driver is for CUDA %d.%d.\n\n",
             card.name.c_str(), card.capability / 10, card.capability % 10, card.multiprocessors,
             card.kilohertz * 1e-6, card.driver_version / 1000, card.driver_version % 1000 / 10);
    page += "## Exactness\n\n" + exactness(findings);
    bool timed = false;
    for (const Finding &finding : findings)
        timed |= finding.time.least > 0;
    if (!timed)
        return page + "\nNothing was timed.\n";
    page += text("\n## Peaks\n\n| dp4a, TMAC/s | mma.sync, TMAC/s | copy, GB/s read and written "
                 "|\n|---:|---:|---:|\n| %.1f | %.1f | %.0f |\n",
                 peaks.dot * 1e-12, peaks.tiles * 1e-12, peaks.copied * 1e-9);
    page += "\n## Times\n\nMicroseconds. \"Graph\" is a run among 20 in one graph, minimum / "
            "median; \"alone\" from a run's call to its end, the median. Shares are of the peaks "
            "above, of mma.sync for cuda-sm80 and of dp4a for cuda-sm61; bytes are inputs, weights "
            "and outputs once. Runs repeat on the same arrays, so that the card's cache holds what "
            "fits. cuBLASLt is `torch._int_mm` on the same matrix product, int32 out; "
            "a ratio above 1 means that Octet takes less.\n\n"
            "| model | target | batch | graph | alone | TMAC/s | of peak | GB/s | of copy | "
            "cuBLASLt | ratio |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for (const Finding &finding : findings)
        if (finding.time.least > 0)
            page += row(finding, peaks, peers);
    return page;
}

} // namespace octet::bench
