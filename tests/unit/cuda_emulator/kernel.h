// Whole kernels for tests: the text around a body, and a launch of one block.
#pragma once

#include "device.h"

#include <catch2/catch.hpp>

namespace octet::test {

/// A module with one kernel "k". Parameters a, b, c and d are addresses, which lie in %a, %b, %c
/// and %d; %tid is in %i. Registers %r0... of 32 bits, %rd0... of 64, %h0... of 16, %p0...
/// predicates.
inline std::string kernel(const std::string &body, const std::string &target = "sm_80",
                          const std::string &variables = "") {
    return module_head(target) + variables +
           ".visible .entry k(.param .u64 pa, .param .u64 pb, .param .u64 pc, .param .u64 pd)\n{\n"
           ".reg .pred %p<8>;\n.reg .b16 %h<8>;\n.reg .b32 %r<40>;\n.reg .b64 %rd<16>;\n"
           ".reg .b32 %i;\n.reg .b64 %a, %b, %c, %d;\n"
           "ld.param.u64 %a, [pa];\nld.param.u64 %b, [pb];\nld.param.u64 %c, [pc];\n"
           "ld.param.u64 %d, [pd];\nmov.u32 %i, %tid.x;\n" +
           body + "\nret;\n}\n";
}

/// Registers %rd0 = %a + 4 tid: where a thread's word is.
inline const char *const own_word = "mul.wide.u32 %rd0, %i, 4;\nadd.s64 %rd0, %a, %rd0;\n";

/// Runs the body on `threads` threads of one block with `words` results; returns them.
inline std::vector<uint32_t> run(const std::string &body, unsigned threads, size_t words = 0,
                                 const std::string &variables = "") {
    const std::string ptx = kernel(body, "sm_80", variables);
    INFO(body);
    CHECK(refused_by_ptxas(ptx) == "");
    Device device;
    const CUdeviceptr out = device.allocate((words ? words : threads) * 4);
    REQUIRE(device.launch(device.load(ptx), "k", {1, 1, 1}, {threads, 1, 1}, {out, 0, 0, 0}) == 0);
    return device.download<uint32_t>(out, words ? words : threads);
}

} // namespace octet::test
