#include "compiler/float/pipeline.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <map>
#include <memory>

namespace octet::floats {

const Halide::Callable &Kernel::get() {
    std::call_once(once_, [this] {
        try {
            callable_ = build_();
        } catch (const Halide::Error &error) {
            throw Error("{}: Halide cannot compile it ({}); report this", name_, error.what());
        }
    });
    return callable_;
}

Kernel &kernel_named(const std::string &name, const Kernel::Build &build) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<Kernel>> kernels;
    const std::lock_guard lock(mutex);
    std::unique_ptr<Kernel> &kernel = kernels[name];
    if (!kernel)
        kernel = std::make_unique<Kernel>(name, build);
    return *kernel;
}

const Halide::Target &host() {
    static const Halide::Target target = Halide::get_jit_target_from_environment()
                                             .with_feature(Halide::Target::NoAsserts)
                                             .with_feature(Halide::Target::NoBoundsQuery);
    return target;
}

void compile(std::vector<Kernel *> kernels, Workers &workers) {
    std::sort(kernels.begin(), kernels.end());
    kernels.erase(std::unique(kernels.begin(), kernels.end()), kernels.end());
    workers.run(int64_t(kernels.size()), [&](int64_t i) { kernels[size_t(i)]->get(); });
}

const Machine &machine() {
    static const Machine result = [] {
        const Halide::Target &target = host();
        const bool many = target.arch == Halide::Target::ARM
                              ? target.bits == 64
                              : target.has_feature(Halide::Target::AVX512_Skylake);
        return Machine{target.natural_vector_size<float>(), many ? 32 : 16};
    }();
    return result;
}

int pixels_per_tile(int vectors) {
    return (machine().registers >= 32 ? 16 : 12) / vectors;
}

int vectors_per_tile(int channels) {
    return channels > machine().lanes ? 2 : 1;
}

} // namespace octet::floats
