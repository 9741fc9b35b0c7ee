// octet_gpu_runner FOLDER [--seconds S] [--no-timing] [--device N] [--only PART]
// octet_gpu_runner --ptx NAME
//
// Checks every model of a bundle on a card, bit for bit, then times what was right, and writes
// FOLDER/results.md. Needs NVIDIA's driver and the C library. Exit code 1: something differs or
// does not run.
#include "report.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace octet::bench {
namespace {

struct Options {
    std::string folder, only, ptx;
    double seconds = 0.2; ///< of timing for each model
    int device = 0;
};

Options options_of(int argc, char **argv) {
    Options options;
    const std::string usage =
        "usage: octet_gpu_runner FOLDER [--seconds S] [--no-timing] [--device N] [--only PART]";
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool takes_value =
            word == "--seconds" || word == "--device" || word == "--only" || word == "--ptx";
        if (takes_value && i + 1 == argc)
            throw std::runtime_error(word + ": needs a value; " + usage);
        if (word == "--no-timing")
            options.seconds = 0;
        else if (word == "--seconds")
            options.seconds = std::atof(argv[++i]);
        else if (word == "--device")
            options.device = std::atoi(argv[++i]);
        else if (word == "--only")
            options.only = argv[++i];
        else if (word == "--ptx")
            options.ptx = argv[++i];
        else if (word[0] != '-' && options.folder.empty())
            options.folder = word;
        else
            throw std::runtime_error(word + ": is not known; " + usage);
    }
    if (options.folder.empty() && options.ptx.empty())
        throw std::runtime_error("the bundle's folder is missing; " + usage);
    return options;
}

/// The compute capability that a target's kernels need.
int capability_of(const std::string &target) {
    const size_t number = target.rfind("sm");
    return number == std::string::npos ? 0 : std::atoi(target.c_str() + number + 2);
}

Finding examine(Card &card, const Options &options, const Case &which) {
    Finding finding{&which, {}, {}, ""};
    try {
        Running running(card, options.folder, which);
        finding.exactness = running.check();
        if (options.seconds > 0 && finding.exact())
            finding.time = running.time(options.seconds);
    } catch (const std::exception &error) {
        finding.refused = error.what();
    }
    std::fprintf(stderr, "%s: %s\n", which.title().c_str(),
                 finding.exact()           ? "equal"
                 : finding.refused.empty() ? "DIFFERS"
                                           : finding.refused.c_str());
    return finding;
}

int run(const Options &options) {
    if (!options.ptx.empty()) {
        const std::string ptx = peak_ptx(options.ptx);
        std::fputs(ptx.c_str(), stdout);
        return ptx.empty() ? 1 : 0;
    }
    const std::vector<Case> cases = read_cases(options.folder);
    Card card(options.device);
    std::fprintf(stderr, "%s\n", card.name.c_str());
    const Peaks peaks = measure_peaks(card, options.seconds);
    std::vector<Finding> findings;
    bool right = true;
    for (const Case &which : cases) {
        if (which.title().find(options.only) == std::string::npos ||
            card.capability < capability_of(which.target))
            continue;
        findings.push_back(examine(card, options, which));
        right &= findings.back().exact();
    }
    const std::string page =
        report(card, peaks, findings, read_peers(options.folder + "/torch.tsv"));
    std::ofstream(options.folder + "/results.md") << page;
    std::fputs(page.c_str(), stdout);
    if (findings.empty())
        throw std::runtime_error("no model of the bundle is for this card; write one with "
                                 "--targets cuda-sm61");
    return right ? 0 : 1;
}

} // namespace
} // namespace octet::bench

int main(int argc, char **argv) {
    try {
        return octet::bench::run(octet::bench::options_of(argc, argv));
    } catch (const std::exception &error) {
        std::fprintf(stderr, "octet_gpu_runner: %s\n", error.what());
        return 1;
    }
}
