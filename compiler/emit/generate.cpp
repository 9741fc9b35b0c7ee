#include "compiler/emit/generate.h"

#include "compiler/support/error.h"
#include "generator_version.h"
#include "generators/add.h"
#include "generators/copy.h"
#include "generators/lookup.h"
#include "generators/pool2d.h"
#include "generators/quantize.h"
#include "generators/softmax.h"
#include "schedules/family.h"

#include <functional>
#include <map>

namespace octet::emit {

namespace {

using namespace octet::generators;
using nlohmann::json;
using schedules::Family;

/// Builds a kernel from its specification and schedules it.
using Generate =
    std::function<Signature(const json &spec, const Family &family, const json &knobs)>;

template <typename Kernel, typename Spec>
Generate tiled() {
    return [](const json &spec, const Family &family, const json &knobs) {
        Kernel kernel(spec.get<Spec>());
        family.apply(kernel, knobs);
        return kernel.signature;
    };
}

template <typename Spec>
Generate pointwise(Pointwise (*make)(const Spec &)) {
    return [make](const json &spec, const Family &family, const json &knobs) {
        Pointwise kernel = make(spec.get<Spec>());
        family.apply(kernel, knobs);
        return kernel.signature;
    };
}

const std::map<std::string, Generate> &registry() {
    static const std::map<std::string, Generate> generators = {
        {"add", pointwise(add)},
        {"concatenation", pointwise(concatenation)},
        {"conv2d", tiled<Conv2d, Conv2dSpec>()},
        {"copy", pointwise(copy)},
        {"depthwise_conv2d", tiled<DepthwiseConv2d, DepthwiseConv2dSpec>()},
        {"dequantize", pointwise(dequantize)},
        {"lookup", pointwise(lookup)},
        {"pool2d", pointwise(pool2d)},
        {"quantize", pointwise(quantize)},
        {"softmax", pointwise(softmax)},
    };
    return generators;
}

Halide::Target halide_target(const Target &target) {
    Halide::Target result(target.halide);
    // Shapes are constants and lowering has proven them: kernels check nothing and need no runtime.
    for (const auto feature : {Halide::Target::NoRuntime, Halide::Target::NoAsserts,
                               Halide::Target::NoBoundsQuery, Halide::Target::UserContext})
        result.set_feature(feature);
    return result;
}

} // namespace

void generate_object(const lower::Kernel &kernel, const Target &target,
                     const std::filesystem::path &object) {
    const json description = json::parse(kernel.spec);
    const Generate &generate = registry().at(description.at("generator"));
    const Signature signature =
        generate(description.at("spec"), schedules::find_family(description.at("family")),
                 description.at("knobs"));
    Halide::Pipeline(signature.outputs)
        .compile_to({{Halide::OutputFileType::object, object.string()}}, signature.inputs,
                    kernel.symbol, halide_target(target));
}

std::string generation_key(const Target &target) {
    return fmt::format("{}|halide {}.{}.{}|{}", octet_generator_version, HALIDE_VERSION_MAJOR,
                       HALIDE_VERSION_MINOR, HALIDE_VERSION_PATCH,
                       halide_target(target).to_string());
}

} // namespace octet::emit
