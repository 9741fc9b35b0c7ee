#include "compiler/emit/cuda/device_code.h"

#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/support/error.h"

#include <map>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

/// The value of an argument that must be a constant of the code.
uint32_t constant(const Expr &value, const char *what, const std::string &function) {
    const auto number = as_const_int(simplify(value));
    if (!number || *number < 0)
        throw Error("{}: its {} is no constant; give the schedule's GPU loops constant extents",
                    function, what);
    return uint32_t(*number);
}

/// Collects the launches of a kernel's host code and refuses everything else that computes there.
class Launches : public IRVisitor {
public:
    Launches(std::map<std::string, uint8_t> buffers, std::vector<Launch> &result)
        : buffers_(std::move(buffers)), result_(result) {}

private:
    using IRVisitor::visit;

    void visit(const Call *op) override {
        if (op->name == "halide_cuda_run")
            add(op);
        else
            IRVisitor::visit(op);
    }

    void visit(const For *op) override {
        throw Error("loop {}: it runs on the host; schedule it on the GPU", op->name);
    }
    void visit(const Store *op) override {
        throw Error("{}: it is computed on the host; schedule it on the GPU", op->name);
    }
    void visit(const Allocate *op) override {
        throw Error("{}: it needs memory between launches; make it an output of the pipeline or "
                    "compute it inside of a block",
                    op->name);
    }

    // (state, name, 3 of the grid, 3 of the block, shared bytes, sizes, arguments, are buffers)
    void add(const Call *op) {
        Launch launch;
        const auto *name = op->args.at(1).as<StringImm>();
        launch.function = name != nullptr ? name->value : "kernel";
        for (size_t i = 0; i < 3; ++i) {
            launch.grid[i] = constant(op->args.at(2 + i), "grid", launch.function);
            launch.block[i] = constant(op->args.at(5 + i), "block", launch.function);
        }
        launch.shared_bytes = constant(op->args.at(8), "shared memory", launch.function);
        const auto *arguments = op->args.at(10).as<Call>();
        for (size_t i = 0; i + 1 < arguments->args.size(); ++i) // the last one is null
            launch.arguments.push_back(buffer(arguments->args[i], launch.function));
        result_.push_back(std::move(launch));
    }

    uint8_t buffer(const Expr &argument, const std::string &function) const {
        const auto *variable = argument.as<Variable>();
        const auto found = variable ? buffers_.find(variable->name) : buffers_.end();
        if (found == buffers_.end())
            throw Error("{}: its argument {} is none of the kernel's buffers", function,
                        variable ? variable->name : "without a name");
        return found->second;
    }

    const std::map<std::string, uint8_t> buffers_;
    std::vector<Launch> &result_;
};

/// The PTX among the constants of a module; it ends in a zero byte.
std::string ptx_of(const Module &module) {
    for (const Buffer<> &buffer : module.buffers())
        if (buffer.name().find("gpu_source_kernels") != std::string::npos) {
            const auto *text = reinterpret_cast<const char *>(buffer.data());
            std::string ptx(text, buffer.size_in_bytes());
            ptx.resize(ptx.find_last_not_of('\0') + 1);
            // The self-check of device_functions.h, at each use.
            if (const size_t missing = ptx.find("octet_", ptx.find(".extern .func"));
                missing != std::string::npos && ptx.find(".extern .func") != std::string::npos)
                throw Error(
                    "{}: {} is not in Halide's device module; build Octet with LLVM's tools "
                    "(llvm-19), or use a target without tile instructions",
                    module.name(),
                    ptx.substr(missing, ptx.find_first_of("(\n ", missing) - missing));
            return ptx;
        }
    throw Error("{}: Halide made no device code; schedule its loops on the GPU", module.name());
}

/// The PTX with its float32 additions, subtractions and multiplications rounded to nearest by name:
/// ptxas contracts those that name no rounding.
std::string with_roundings(std::string ptx) {
    for (const std::string operation : {"add", "sub", "mul"}) {
        const std::string bare = "\t" + operation + ".f32 ", named = "\t" + operation + ".rn.f32 ";
        for (size_t at = ptx.find(bare); at != std::string::npos; at = ptx.find(bare, at))
            ptx.replace(at, bare.size(), named);
    }
    return ptx;
}

} // namespace

DeviceCode device_code(const generators::Signature &signature, const std::string &symbol,
                       const Halide::Target &halide, int stages, int image_axis) {
    std::map<std::string, uint8_t> buffers;
    for (const Argument &input : signature.inputs)
        buffers.emplace(input.name + ".buffer", uint8_t(buffers.size()));
    for (const Func &output : signature.outputs)
        buffers.emplace(output.name() + ".buffer", uint8_t(buffers.size()));
    const DeviceKernels kernels(stages);
    const Module module =
        Pipeline(signature.outputs).compile_to_module(signature.inputs, symbol, halide);
    DeviceCode code{with_roundings(ptx_of(module)), {}};
    Launches launches(std::move(buffers), code.launches);
    for (const LoweredFunc &function : module.functions())
        function.body.accept(&launches);
    for (Launch &launch : code.launches) {
        launch.shared_bytes *= kernels.shared_factor(launch.function);
        launch.image_axis = image_axis;
    }
    return code;
}

} // namespace octet::emit
