#include "compiler/compile.h"

#include "compiler/executor/cuda_driver.h"
#include "compiler/support/error.h"
#include "runtime/include/octet/cuda.h"

#include <dlfcn.h>

namespace octet {

Session::Session(const Compiled &compiled, int threads) : file_(compiled.file.size() + 64) {
    const std::string &name = compiled.program.name;
    if (compiled.shared_library.empty())
        throw Error(
            "target {}: does not run on this machine; use one of those that `octet targets` "
            "marks as running here",
            compiled.target.name);
    library_ = dlopen(compiled.shared_library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library_)
        throw Error("{}: {}; remove the cache and try again", compiled.shared_library.string(),
                    dlerror());
    const auto *library =
        static_cast<const octet_library *>(dlsym(library_, ("octet_" + name + "_library").c_str()));
    // The runtime reads the file image in place, at an alignment that vectors do not promise.
    uint8_t *image = file_.data() + (64 - reinterpret_cast<uintptr_t>(file_.data()) % 64) % 64;
    std::copy(compiled.file.begin(), compiled.file.end(), image);
    octet_options options{};
    options.threads = threads;
    octet_cuda_options cuda{};
    std::string driver;
    if (compiled.target.lane == "cuda") {
        driver = cuda_driver(compiled.target).library.string();
        cuda.driver = driver.c_str();
        options.cuda = &cuda;
    }
    if (!library || octet_model_open_memory(image, compiled.file.size(), library, &options,
                                            &model_) != OCTET_OK) {
        const std::string reason = library ? octet_last_error() : "its kernel table is missing";
        dlclose(library_);
        throw Error("{}: {}", name, reason);
    }
}

Session::~Session() {
    octet_model_close(model_);
    dlclose(library_);
}

std::vector<Bytes> Session::run(const std::vector<Bytes> &inputs) {
    std::vector<const void *> in;
    for (size_t i = 0; i < octet_model_input_count(model_); ++i) {
        octet_tensor_info info;
        octet_model_input(model_, i, &info);
        if (inputs.size() != octet_model_input_count(model_) || inputs[i].size() != info.bytes)
            throw Error("input {} ({}): {} bytes are expected; give every input of the network", i,
                        info.name, info.bytes);
        in.push_back(inputs[i].data());
    }
    std::vector<Bytes> outputs;
    std::vector<void *> out;
    for (size_t i = 0; i < octet_model_output_count(model_); ++i) {
        octet_tensor_info info;
        octet_model_output(model_, i, &info);
        outputs.emplace_back(info.bytes);
    }
    for (Bytes &output : outputs)
        out.push_back(output.data());
    if (octet_model_run(model_, in.data(), out.data()) != OCTET_OK)
        throw Error("{}", octet_last_error());
    return outputs;
}

} // namespace octet
