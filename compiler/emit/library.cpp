#include "compiler/emit/library.h"

#include "compiler/emit/cache.h"
#include "compiler/emit/model_file.h"
#include "compiler/emit/process.h"
#include "compiler/support/error.h"
#include "compiler/support/hash.h"
#include "compiler/support/pending_file.h"
#include "runtime_header.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <elf.h>
#include <fstream>

namespace octet::emit {

namespace fs = std::filesystem;

namespace {

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return char(std::toupper(c)); });
    return text;
}

/// Runs `command` so that `file` appears complete or not at all.
void make_file(const std::vector<std::string> &command, const fs::path &file,
               const std::vector<fs::path> &inputs) {
    const fs::path temporary = temporary_for(file);
    try {
        run_command(command_line(command, temporary, inputs));
    } catch (...) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        throw;
    }
    commit_file(temporary, file);
}

/// The ELF machine number of an object file, 0 where it is none.
unsigned machine_of(const fs::path &object) {
    std::ifstream stream(object, std::ios::binary);
    Elf64_Ehdr header{};
    stream.read(reinterpret_cast<char *>(&header), sizeof header);
    return stream && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 ? header.e_machine : 0;
}

/// A name as it may stand in a comment of C.
std::string comment_text(std::string name) {
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '*' || c == '\\' || c < ' '; }, '_');
    return name;
}

/// Macros that describe one input or output, such as OCTET_VWW_INPUT0_BYTES.
std::string tensor_macros(const std::string &prefix, const lower::StoredTensor &tensor) {
    return fmt::format("/* {}: {} {} */\n"
                       "#define {}_BYTES {}\n"
                       "#define {}_RANK {}\n"
                       "#define {}_SHAPE {{{}}}\n"
                       "#define {}_SCALE {:#.9g}f\n"
                       "#define {}_ZERO_POINT {}\n",
                       comment_text(tensor.name), name_of(tensor.dtype), to_string(tensor.shape),
                       prefix, element_count(tensor.shape) * int64_t(size_of(tensor.dtype)), prefix,
                       tensor.shape.size(), prefix, fmt::join(tensor.shape, ", "), prefix,
                       double(tensor.scale), prefix, tensor.zero_point);
}

/// OCTET_VWW_ARENA_BYTES, or the same for each arena where there are several.
std::string arena_macros(const std::string &prefix, const lower::Program &program) {
    if (program.arenas.size() == 1)
        return fmt::format("#define {}_ARENA_BYTES {}\n", prefix, program.arenas[0].bytes);
    std::string macros = fmt::format("#define {}_ARENA_COUNT {}\n", prefix, program.arenas.size());
    for (size_t i = 0; i < program.arenas.size(); ++i)
        macros += fmt::format("#define {}_ARENA{}_BYTES {} /* in {} */\n", prefix, i,
                              program.arenas[i].bytes, program.arenas[i].memory);
    return macros;
}

/// The call that opens the model, with {0} for its name and {1} for the same in capitals.
const char *opening_of(const lower::Program &program, const Target &target) {
    if (target.lane != "c")
        return "octet_model_open(\"{0}.octet\", &octet_{0}_library, NULL, &model);";
    if (program.arenas.size() == 1)
        return "octet_bare_open(&model, image, OCTET_{1}_IMAGE_BYTES, &octet_{0}_library, arena,\n"
               " *                     OCTET_{1}_ARENA_BYTES);";
    return "octet_bare_open_arenas(&model, image, OCTET_{1}_IMAGE_BYTES, &octet_{0}_library,\n"
           " *                            arenas, OCTET_{1}_ARENA_COUNT);";
}

/// The function that runs a kernel: Halide's argv wrapper, or lane c's own.
std::string kernel_symbol(const lower::Kernel &kernel, const Target &target) {
    return target.lane == "c" ? kernel.symbol : kernel.symbol + "_argv";
}

} // namespace

uint64_t fingerprint(const lower::Program &program, const Target &target) {
    std::string text = target.name + "|" + target.halide;
    for (const lower::Kernel &kernel : program.kernels)
        text += "|" + kernel.symbol;
    return fnv1a(text.data(), text.size());
}

std::string table_source(const lower::Program &program, const Target &target,
                         uint64_t fingerprint) {
    std::string source = runtime_header;
    source += fmt::format("\n/* The kernels of {} for {}. */\n", program.name, program.target);
    for (const lower::Kernel &kernel : program.kernels)
        source += fmt::format("extern int {}(void **arguments);\n", kernel_symbol(kernel, target));
    const auto signatures = kernel_signatures(program);
    for (size_t i = 0; i < signatures.size(); ++i) {
        source += fmt::format("static const octet_parameter parameters_{}[] = {{", i);
        for (const Parameter &parameter : signatures[i])
            source += fmt::format("{{{}u, {}}}, ", parameter.bytes, int(parameter.written));
        source += "};\n";
    }
    source += "static const octet_signature signatures[] = {\n";
    for (size_t i = 0; i < signatures.size(); ++i)
        source += fmt::format("    {{{}, parameters_{}}},\n", signatures[i].size(), i);
    source += "};\nstatic const octet_kernel kernels[] = {\n";
    for (const lower::Kernel &kernel : program.kernels)
        source += fmt::format("    {},\n", kernel_symbol(kernel, target));
    const bool cuda = target.lane == "cuda";
    source += fmt::format("}};\n{4}extern const octet_library octet_{0}_library;\n"
                          "const octet_library octet_{0}_library = {{0x{1:016x}u, {2}, kernels, "
                          "\"{3}\", signatures, {5}}};\n",
                          program.name, fingerprint, program.kernels.size(), program.target,
                          cuda ? "extern const struct octet_device octet_cuda_device;\n" : "",
                          cuda ? "&octet_cuda_device" : "0");
    return source;
}

std::string model_header(const lower::Program &program, const Target &target,
                         uint64_t image_bytes) {
    const std::string prefix = "OCTET_" + upper(program.name);
    std::string header = fmt::format(
        "/* {0} compiled for {1}: the kernel library lib{0}.a and the model file {0}.octet.\n"
        " *\n"
        " *     {7}\n"
        " */\n"
        "#ifndef {2}_H\n#define {2}_H\n\n#include <octet/octet.h>\n\n"
        "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n"
        "extern const octet_library octet_{0}_library;\n\n"
        "#ifdef __cplusplus\n}}\n#endif\n\n"
        "#define {2}_TARGET \"{1}\"\n#define {2}_ROUNDING \"{3}\"\n"
        "#define {2}_IMAGE_BYTES {8}\n{4}"
        "#define {2}_INPUT_COUNT {5}\n#define {2}_OUTPUT_COUNT {6}\n\n",
        program.name, program.target, prefix, name_of(program.rounding),
        arena_macros(prefix, program), program.inputs.size(), program.outputs.size(),
        fmt::format(fmt::runtime(opening_of(program, target)), program.name, upper(program.name)),
        image_bytes);
    const auto describe = [&](const std::vector<int> &tensors, const char *kind) {
        for (size_t i = 0; i < tensors.size(); ++i)
            header += tensor_macros(fmt::format("{}_{}{}", prefix, kind, i),
                                    program.tensors[size_t(tensors[i])]) +
                      "\n";
    };
    describe(program.inputs, "INPUT");
    describe(program.outputs, "OUTPUT");
    return header + "#endif\n";
}

Library build_library(const lower::Program &program, const Target &target,
                      const std::vector<fs::path> &objects, const fs::path &cache) {
    const fs::path folder = cache / "libraries";
    const std::string source = table_source(program, target, fingerprint(program, target));
    // Objects are named by their content, so that their names stand for them in the key.
    std::string key = fmt::format("{}|{}", source, fmt::join(target.toolchain.c_compiler, " "));
    for (const fs::path &object : objects)
        key += "|" + object.filename().string();
    const std::string name = content_name(key);
    Library result{folder / (name + ".o"), {}};
    if (!fs::exists(result.table_object)) {
        const fs::path file = folder / (name + ".c");
        write_text_file(file, source);
        make_file(target.toolchain.c_compiler, result.table_object, {file});
    }
    if (!objects.empty() && machine_of(objects[0]) != machine_of(result.table_object))
        throw Error("target {}: its c_compiler ({}) compiles for another machine than its Halide "
                    "target {}; name a cross compiler in the target's file",
                    target.name, target.toolchain.c_compiler.front(), target.halide);
    if (target.runner.kind != Runner::Kind::in_process || !runs_here(target))
        return result;
    result.shared_library = folder / (name + ".so");
    if (!fs::exists(result.shared_library)) {
        std::vector<fs::path> inputs = objects;
        inputs.push_back(result.table_object);
        make_file(target.toolchain.link_shared, result.shared_library, inputs);
    }
    return result;
}

void link_archive(const Target &target, const fs::path &archive, const fs::path &file) {
    // A linker takes only what is asked for from an archive, unless told otherwise.
    make_file(target.toolchain.link_shared, file,
              {"-Wl,--whole-archive", archive, "-Wl,--no-whole-archive"});
}

void build_archive(const Target &target, const std::vector<fs::path> &objects,
                   const fs::path &file) {
    make_file(target.toolchain.archive, file, objects);
}

} // namespace octet::emit
