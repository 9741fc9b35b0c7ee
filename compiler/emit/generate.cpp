#include "compiler/emit/generate.h"

#include "compiler/emit/c_source.h"
#include "compiler/emit/cuda/assemble.h"
#include "compiler/emit/cuda/device_code.h"
#include "compiler/emit/process.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "generator_version.h"
#include "generators/add.h"
#include "generators/binary.h"
#include "generators/copy.h"
#include "generators/decode_weights.h"
#include "generators/lookup.h"
#include "generators/pool2d.h"
#include "generators/quantize.h"
#include "generators/resize.h"
#include "generators/softmax.h"
#include "schedules/family.h"

#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <set>

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
        {"binary", pointwise(binary)},
        {"concatenation", pointwise(concatenation)},
        {"conv2d", tiled<Conv2d, Conv2dSpec>()},
        {"conv2d_tiles", tiled<ConvTiles, ConvTilesSpec>()},
        {"copy", pointwise(copy)},
        {"decode_weights", tiled<DecodeWeights, DecodeWeightsSpec>()},
        {"depth_to_space", pointwise(depth_to_space)},
        {"depthwise_conv2d", tiled<DepthwiseConv2d, DepthwiseConv2dSpec>()},
        {"dequantize", pointwise(dequantize)},
        {"lookup", pointwise(lookup)},
        {"pool2d", pointwise(pool2d)},
        {"quantize", pointwise(quantize)},
        {"resize", pointwise(resize)},
        {"softmax", pointwise(softmax)},
    };
    return generators;
}

Halide::Target halide_target(const Target &target) {
    Halide::Target result(target.halide);
    // Shapes are constants and lowering has proven them: kernels check nothing and need no runtime.
    for (const auto feature :
         {Halide::Target::NoRuntime, Halide::Target::NoAsserts, Halide::Target::NoBoundsQuery})
        result.set_feature(feature);
    // Lane c has no thread pool to name.
    return target.lane == "c" ? result : result.with_feature(Halide::Target::UserContext);
}

/// Schedules of the gpu family have images as the slowest loop of their grids: of the only axis, or
/// of the axis of rows beside that of columns. Weights are the same for all images.
int image_axis(const std::string &generator) {
    if (generator == "decode_weights")
        return 0;
    return generator == "conv2d_tiles" ? 2 : 1;
}

} // namespace

namespace {

void generate(const lower::Kernel &kernel, const Target &target,
              const std::filesystem::path &object) {
    const json description = json::parse(kernel.spec);
    const Generate &make = registry().at(description.at("generator"));
    const Signature signature =
        make(description.at("spec"), schedules::find_family(description.at("family")),
             description.at("knobs"));
    if (target.lane == "c") {
        const std::filesystem::path source = source_of(object);
        const CSource generated = c_source(signature, kernel.symbol, target, halide_target(target));
        write_text_file(source, generated.text);
        write_text_file(instructions_of(object),
                        fmt::format("{}", fmt::join(generated.instructions, "\n")));
        run_command(command_line(target.toolchain.kernel_compiler, object, {source}));
        return;
    }
    if (target.lane == "cuda") {
        const DeviceCode code = device_code(signature, kernel.symbol, halide_target(target),
                                            description.at("knobs").value("stages", 1),
                                            image_axis(description.at("generator")));
        write_text_file(ptx_of(object), code.ptx);
        const Image image = assemble_image(ptx_of(object), target);
        write_text_file(resources_of(object), to_text(image.resources));
        const std::filesystem::path source = object.string() + ".c";
        write_text_file(
            source, device_source(kernel.symbol, code, image, uint32_t(target.cuda.capability)));
        run_command(command_line(target.toolchain.c_compiler, object, {source}));
        std::filesystem::remove(source);
        return;
    }
    Halide::Pipeline(signature.outputs)
        .compile_to({{Halide::OutputFileType::object, object.string()}}, signature.inputs,
                    kernel.symbol, halide_target(target));
}

} // namespace

void generate_object(const lower::Kernel &kernel, const Target &target,
                     const std::filesystem::path &object) {
    try {
        generate(kernel, target, object);
    } catch (const Halide::Error &error) { // Not a std::exception.
        throw Error("{}", error.what());
    }
}

std::filesystem::path source_of(const std::filesystem::path &object) {
    return object.string() + ".cpp";
}

std::filesystem::path ptx_of(const std::filesystem::path &object) {
    return object.string() + ".ptx";
}

std::filesystem::path resources_of(const std::filesystem::path &object) {
    return object.string() + ".resources";
}

std::filesystem::path instructions_of(const std::filesystem::path &object) {
    return object.string() + ".instructions";
}

std::string generation_key(const Target &target) {
    std::string key =
        fmt::format("{}|halide {}.{}.{}|{}", octet_generator_version, HALIDE_VERSION_MAJOR,
                    HALIDE_VERSION_MINOR, HALIDE_VERSION_PATCH, halide_target(target).to_string());
    if (target.lane == "cuda")
        key += fmt::format("|{}|{}|{}|{}", target.cuda.capability,
                           fmt::join(target.cuda.architectures, " "),
                           fmt::join(target.toolchain.ptx_assembler, " "), has_assembler(target));
    if (target.lane != "c")
        return key;
    key += fmt::format("|{}|{}", fmt::join(target.toolchain.kernel_compiler, " "),
                       fmt::join(target.instructions, " "));
    std::set<std::string> headers;
    for (const char *folder : {"c", target.family.c_str()})
        for (const auto &entry :
             std::filesystem::directory_iterator(shipped_directory() / "targets" / folder))
            if (entry.path().extension() == ".h")
                headers.insert(read_text_file(entry.path()));
    return fmt::format("{}|{}", key, fmt::join(headers, "|"));
}

} // namespace octet::emit
