// Targets of lane cuda where tools are missing: without an assembler kernels stay PTX, with a
// warning; without LLVM's tools those with tile instructions are refused.
#include "tests/cli/command.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include "compiler/emit/cuda/ptx_factory.h"

#include <algorithm>

namespace octet::test {
namespace {

/// A folder in `here` with what a target's toolchain needs but for the CUDA toolkit.
std::string path_without_toolkit(const Workplace &here) {
    const Outcome made = here.shell("mkdir programs; for p in cc as ld ar sh env; do "
                                    "ln -s \"$(command -v $p)\" programs/$p; done");
    CHECK(made.exit_code == 0);
    return "PATH=\"$PWD/programs\"";
}

TEST_CASE("Without ptxas a network compiles to PTX, with one warning") {
    const Workplace here;
    RandomGraph g(1, "small");
    const TensorId x = g.input({1, 6, 6, 4});
    here.write_model(g.finish({g.conv2d(x, {.channels_out = 4})}), "small");
    const std::string path = path_without_toolkit(here);

    const Outcome compiled =
        here.shell(path + " \"$OCTET\" compile small.tflite --target cuda-sm61 -o out");
    INFO(compiled.err);
    CHECK(compiled.exit_code == 0);
    CHECK(std::ranges::count(compiled.err, '\n') == 1);
    CHECK_THAT(compiled.err, Catch::StartsWith("octet: warning: target cuda-sm61: ptxas is not on "
                                               "$PATH, so the kernels stay PTX"));
    CHECK_THAT(here.shell(path + " \"$OCTET\" targets").out,
               Catch::Contains("as PTX without ptxas"));
    CHECK(here.shell(path + " \"$OCTET\" verify small.tflite --target cuda-sm61 --cases 1")
              .exit_code == 0);
}

TEST_CASE("Without tile functions a target that counts on them is refused") {
    const Target tiles = find_target("cuda-sm80");
    check_message(error_of([&] { emit::require_tile_functions(tiles, false); }),
                  {"target cuda-sm80: ", "llvm-19", "use cuda-sm61"});
    emit::require_tile_functions(tiles, true);
    emit::require_tile_functions(find_target("cuda-sm61"), false);
    emit::require_tile_functions(find_target("x86-64-avx2"), false);
}

} // namespace
} // namespace octet::test
