// octet inspect: what a file holds, for people to read.
#include "tools/inspect.h"

#include "compiler/import/import.h"
#include "compiler/support/error.h"
#include "tools/verb.h"

#include <filesystem>

namespace octet::tools {
namespace {

int run(const std::string &model) {
    if (!std::filesystem::exists(model))
        throw UsageError("{}: there is no such file; check the path", model);
    fmt::print("{}", is_program_file(model) ? describe(ProgramFile(model))
                                            : describe(import_model(model)));
    return 0;
}

} // namespace

Verb add_inspect(Arguments command) {
    Arguments verb = command.verb("inspect", "Show what is in a model");
    auto model = std::make_shared<std::string>();
    verb.positional("MODEL", *model,
                    "A .tflite, .onnx or .octet file: a network, or a compiled program");
    verb.footer("\nExample: octet inspect vww.tflite");
    return {verb, [model] { return run(*model); }};
}

} // namespace octet::tools
