// The description of a compiled program.
#include "tools/inspect.h"
#include "tools/table.h"

#include <fmt/ranges.h>

namespace octet::tools {
namespace {

std::string list_tensors(const flatbuffers::Vector<flatbuffers::Offset<file::TensorInfo>> &infos) {
    Table table({">#", "name", "type", "shape", "quantization"});
    for (unsigned i = 0; i < infos.size(); i++) {
        const file::TensorInfo &info = *infos[i];
        table.add({std::to_string(i), short_name(info.name()->str()),
                   std::string(name_of(DType(info.dtype()))),
                   to_string(Shape(info.shape()->begin(), info.shape()->end())),
                   info.scale() == 0 ? ""
                                     : fmt::format("scale {:g}, zero point {}", info.scale(),
                                                   info.zero_point())});
    }
    return table.text(2);
}

} // namespace

std::string describe(const ProgramFile &opened) {
    const file::Program &program = opened.program();
    uint64_t macs = 0;
    Table calls({">#", "name", "operator", "output", ">MACs", "kernel"});
    for (unsigned i = 0; i < program.calls()->size(); i++) {
        const file::Call &call = *program.calls()->Get(i);
        calls.add({std::to_string(i), short_name(call.name()->str()), call.op()->str(),
                   call.shape() ? call.shape()->str() : "",
                   call.macs() ? with_commas(int64_t(call.macs())) : "",
                   program.kernels()->Get(call.kernel())->str()});
        macs += call.macs();
    }
    std::string text =
        fmt::format("{}: compiled for {}, rounding {}, format {}, {} bytes\n",
                    program.name()->str(), program.target()->str(), program.rounding()->str(),
                    program.format(), with_commas(int64_t(opened.bytes())));
    text += fmt::format("{} calls of {} kernels, {:.2f} million MACs\n", program.calls()->size(),
                        program.kernels()->size(), double(macs) / 1e6);
    for (const file::Arena *arena : *program.arenas())
        text +=
            fmt::format("arena {} bytes (lower bound {}), ", with_commas(int64_t(arena->bytes())),
                        with_commas(int64_t(arena->lower_bound())));
    text += fmt::format("weights {} bytes, fingerprint {:016x}\n",
                        with_commas(program.weights()->size()), program.fingerprint());
    text += "\ninputs\n" + list_tensors(*program.inputs());
    text += "\noutputs\n" + list_tensors(*program.outputs());
    return text + "\ncalls\n" + calls.text(2);
}

} // namespace octet::tools
