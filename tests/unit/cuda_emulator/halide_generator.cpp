// Writes an int8 matrix product for CUDA as Halide itself would: object with embedded PTX, header.
//   out(x, y) = clamp(round((bias(x) + sum over k of a(k, y) b(k, x)) multiplier(x) / 2^38))
// One version multiplies with dp4a, the other stages both operands in shared memory.
#include <Halide.h>

#include <iostream>

using namespace Halide;

namespace {

constexpr int k_extent = 64, tile = 16;

Pipeline product(std::vector<Argument> &arguments, bool staged) {
    ImageParam a(Int(8), 2, "a"), b(Int(8), 2, "b"), bias(Int(32), 1, "bias"),
        multiplier(Int(32), 1, "multiplier");
    Var x("x"), y("y"), xo("xo"), yo("yo"), xi("xi"), yi("yi"), k("k");
    RDom r(0, k_extent, "r");
    RVar ro("ro"), ri("ri");
    Func sum("sum"), out("out"), near_a("near_a"), near_b("near_b");
    near_a(k, y) = a(k, y);
    near_b(k, x) = b(k, x);
    sum(x, y) = bias(x);
    sum(x, y) += cast<int32_t>(near_a(r, y)) * cast<int32_t>(near_b(r, x));
    const Expr scaled = cast<int64_t>(sum(x, y)) * cast<int64_t>(multiplier(x));
    out(x, y) = cast<int8_t>(clamp((scaled + (Expr(int64_t{1}) << 37)) >> 38, -128, 127));

    for (ImageParam *operand : {&a, &b}) {
        operand->dim(0).set_bounds(0, k_extent);
        operand->dim(1).set_stride(k_extent);
        operand->set_host_alignment(16);
    }
    out.gpu_tile(x, y, xo, yo, xi, yi, tile, tile, TailStrategy::GuardWithIf);
    sum.compute_at(out, xi);
    if (staged) {
        for (Func *near : {&near_a, &near_b}) {
            Var other = near->args()[1], thread("thread"), chunk("chunk");
            near->compute_at(out, xo).store_in(MemoryType::GPUShared);
            near->split(near->args()[0], chunk, thread, tile).gpu_threads(thread, other);
        }
    } else {
        sum.update().split(r, ro, ri, 4).atomic().vectorize(ri);
    }
    arguments = {a, b, bias, multiplier};
    return out;
}

} // namespace

// Usage: generator NAME staged|dp4a PREFIX
int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    try {
        std::vector<Argument> arguments;
        Pipeline pipeline = product(arguments, std::string(argv[2]) == "staged");
        const std::string prefix = argv[3];
        pipeline.compile_to(
            {{OutputFileType::object, prefix + ".o"}, {OutputFileType::c_header, prefix + ".h"}},
            arguments, argv[1], Target("x86-64-linux-cuda-cuda_capability_80"));
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
