// A verb of the command: `octet compile`, `octet run`, ...
//
// One file per verb; each has one function that adds its arguments to the command line and returns
// what to do when the verb is chosen. main.cpp lists the functions, one line each.
#pragma once

#include "tools/arguments.h"

#include <functional>

namespace octet::tools {

struct Verb {
    Arguments arguments;
    /// Does the work; 0, or 1 for a check that failed. Throws UsageError or Error.
    std::function<int()> run;
};

Verb add_bench(Arguments command);
Verb add_compile(Arguments command);
Verb add_evaluate(Arguments command);
Verb add_inspect(Arguments command);
Verb add_quantize(Arguments command);
Verb add_run(Arguments command);
Verb add_targets(Arguments command);
Verb add_tune(Arguments command);
Verb add_verify(Arguments command);

} // namespace octet::tools
