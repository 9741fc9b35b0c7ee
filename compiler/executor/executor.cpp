#include "compiler/executor.h"

#include "compiler/executor/command.h"
#include "compiler/executor/in_process.h"
#include "compiler/support/error.h"

namespace octet {

std::unique_ptr<Executor> make_executor(const Compiled &compiled, int threads) {
    switch (compiled.target.runner.kind) {
    case Runner::Kind::in_process:
        return std::make_unique<InProcess>(compiled, threads);
    case Runner::Kind::command:
        return std::make_unique<Command>(compiled);
    case Runner::Kind::none:
        break;
    }
    throw Error("target {}: its file names no runner; give it one, or compile only",
                compiled.target.name);
}

} // namespace octet
