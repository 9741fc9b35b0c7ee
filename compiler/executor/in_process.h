// Runs scripts in this process: the kernels are loaded as a shared library.
#pragma once

#include "compiler/executor.h"

namespace octet {

class InProcess : public Executor {
public:
    InProcess(const Compiled &compiled, int threads);
    Outcome execute(const Script &script) override;

private:
    void write(const Place &place, const uint8_t *bytes);
    Bytes read(const Place &place);
    Bytes &ports(const Place &place); ///< the array of an input or output
    void run(uint32_t call);

    Session session_;
    std::vector<Bytes> inputs_, outputs_;
    std::vector<const void *> in_;
    std::vector<void *> out_;
};

} // namespace octet
