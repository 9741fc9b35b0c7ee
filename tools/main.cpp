// The `octet` command. Results go to stdout, one line about what went wrong to stderr; it exits
// with 0, with 1 when work or a check failed, and with 2 when it was used wrongly.
#include "compiler/support/error.h"
#include "tools/verb.h"

#include <algorithm>
#include <cstdio>
#include <new>

namespace {

using namespace octet;
using namespace octet::tools;

constexpr const char *examples = R"(
Examples:
  octet quantize float.onnx --data samples.npy -o model.tflite
  octet compile model.tflite --target host -o out
  octet run model.tflite --input x.npy --output y.npy
  octet verify model.tflite --target x86-64-avx2
  octet bench model.tflite --rounding float

`octet VERB --help` explains one verb.)";

int run(int argc, char **argv) {
    CommandLine line({"octet", "Int8 kernels for a network and a chip", OCTET_VERSION, examples});
    const Verb verbs[] = {
        add_compile(line.root()),  add_run(line.root()),      add_verify(line.root()),
        add_bench(line.root()),    add_quantize(line.root()), add_evaluate(line.root()),
        add_inspect(line.root()),  add_targets(line.root()),  add_tune(line.root()),
    };
    if (!line.parse(argc, argv))
        return 0;
    return std::ranges::find_if(verbs, [](const Verb &verb) { return verb.arguments.chosen(); })
        ->run();
}

/// `message` on one line of stderr, whatever a library put into it.
int report(std::string message, int exit_code) {
    while (message.ends_with('\n'))
        message.pop_back();
    // One line, and below it the indented ones of a table.
    for (size_t at = message.find('\n'); at != message.npos; at = message.find('\n', at + 1))
        if (message.compare(at + 1, 2, "  ") != 0)
            message[at] = ' ';
    fmt::print(stderr, "octet: {}\n", message);
    return exit_code;
}

} // namespace

int main(int argc, char **argv) {
    try {
        const int exit_code = run(argc, argv);
        if (std::fflush(stdout) != 0 || std::ferror(stdout))
            throw Error("standard output cannot be written; check where it goes");
        return exit_code;
    } catch (const UsageError &error) {
        return report(error.what(), 2);
    } catch (const std::bad_alloc &) {
        return report("out of memory; close other programs or use a smaller model", 1);
    } catch (const std::exception &error) {
        return report(error.what(), 1);
    }
}
