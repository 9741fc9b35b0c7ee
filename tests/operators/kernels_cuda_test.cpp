// Kernels of lane cuda in the PTX interpreter, or on a card where there is one, against the reference
// interpreter, bit for bit: the cases of kernels_test.
//
// Kernels stay PTX here: machine code for seven cards takes a second each, and the interpreter reads
// the PTX. What the assembler makes of it is looked at in sass_test.
#include "compiler/emit/cuda/ptx_factory.h"
#include "tests/operators/check_on.h"
#include "tests/operators/kernels_cases.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

Target as_ptx(const std::string &name) {
    Target target = find_target(name);
    target.cuda.architectures.clear();
    return target;
}

/// Every `step`-th case of each group.
void check_cases(const std::string &name, const std::vector<CaseGroup> &groups, size_t step,
                 std::initializer_list<Rounding> roundings) {
    for (const CaseGroup &group : groups) {
        CaseGroup some{group.name, {}};
        for (size_t i = 0; i < group.cases.size(); i += step)
            some.cases.push_back(group.cases[i]);
        for (const Rounding rounding : roundings)
            check_on(merged(some), as_ptx(name), rounding, 1);
    }
}

void check_all(const std::string &name, size_t step) {
    check_cases(name, pointwise_cases(), step, {Rounding::reference});
    check_cases(name, arithmetic_cases(), step, {Rounding::reference});
    check_cases(name, image_cases(), step, {Rounding::reference});
    check_cases(name, network_cases(), step, {Rounding::float32});
}

TEST_CASE("convolutions on cuda-sm61", "[sm61]") {
    check_cases("cuda-sm61", convolution_cases(), 1, {Rounding::reference, Rounding::float32});
}

TEST_CASE("operators without weights on cuda-sm61", "[sm61]") {
    check_all("cuda-sm61", 1);
}

TEST_CASE("convolutions on cuda-sm80", "[sm80]") {
    if (emit::has_tile_functions())
        check_cases("cuda-sm80", convolution_cases(), 1, {Rounding::reference, Rounding::float32});
}

TEST_CASE("operators without weights on cuda-sm80", "[sm80]") {
    if (emit::has_tile_functions())
        check_all("cuda-sm80", 3);
}

} // namespace
} // namespace octet::test
