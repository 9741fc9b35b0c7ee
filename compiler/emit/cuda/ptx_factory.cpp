#include "compiler/emit/cuda/ptx_factory.h"

#include "compiler/emit/cuda/pipeline_copies.h"
#include "compiler/emit/cuda/strict_products.h"
#include "compiler/emit/cuda/wide_accesses.h"
#include "compiler/support/error.h"

#include <dlfcn.h>

namespace octet::emit {

namespace {

using namespace Halide;
using namespace Halide::Internal;

thread_local DeviceKernels *current = nullptr;

class Wrapper final : public CodeGen_GPU_Dev {
public:
    explicit Wrapper(std::unique_ptr<CodeGen_GPU_Dev> wrapped) : wrapped_(std::move(wrapped)) {}

    void add_kernel(Stmt kernel, const std::string &name,
                    const std::vector<DeviceArgument> &arguments) override {
        if (current) {
            const PipelinedCopies result = pipeline_copies(kernel, current->stages);
            kernel = widen_accesses(keep_strict_products(result.kernel));
            current->shared_factors[name] = result.loops > 0 ? uint32_t(current->stages) : 1;
        }
        wrapped_->add_kernel(kernel, name, arguments);
    }
    void init_module() override { wrapped_->init_module(); }
    std::vector<char> compile_to_src() override { return wrapped_->compile_to_src(); }
    std::string get_current_kernel_name() override { return wrapped_->get_current_kernel_name(); }
    void dump() override { wrapped_->dump(); }
    std::string api_unique_name() override { return wrapped_->api_unique_name(); }
    std::string print_gpu_name(const std::string &name) override {
        return wrapped_->print_gpu_name(name);
    }
    bool kernel_run_takes_types() const override { return wrapped_->kernel_run_takes_types(); }

private:
    std::unique_ptr<CodeGen_GPU_Dev> wrapped_;
};

} // namespace

bool has_tile_functions() {
#ifdef OCTET_TILE_FUNCTIONS
    return true;
#else
    return false;
#endif
}

void require_tile_functions(const Target &target, bool built) {
    if (target.lane == "cuda" && !target.instructions.empty() && !built)
        throw Error("target {}: Octet was built without llvm-as and llvm-dis, which its tile "
                    "instructions need; install llvm-19 and build again, or use cuda-sm61",
                    target.name);
}

DeviceKernels::DeviceKernels(int stages) : stages(stages) {
    current = this;
}

DeviceKernels::~DeviceKernels() {
    current = nullptr;
}

uint32_t DeviceKernels::shared_factor(const std::string &function) const {
    const auto found = shared_factors.find(function);
    if (found == shared_factors.end())
        throw Error("{}: Octet's wrapper of Halide's PTX back end did not see it; link libHalide "
                    "dynamically, in the version that Octet was built with",
                    function);
    return found->second;
}

} // namespace octet::emit

namespace Halide::Internal {

/// Takes libHalide's place (ptx_factory.h).
std::unique_ptr<CodeGen_GPU_Dev> new_CodeGen_PTX_Dev(const Target &target) {
    using Factory = std::unique_ptr<CodeGen_GPU_Dev> (*)(const Target &);
    static const auto factory = reinterpret_cast<Factory>(
        dlsym(RTLD_NEXT, "_ZN6Halide8Internal19new_CodeGen_PTX_DevERKNS_6TargetE"));
    return std::make_unique<octet::emit::Wrapper>(factory(target));
}

} // namespace Halide::Internal
