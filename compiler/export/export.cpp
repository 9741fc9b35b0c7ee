#include "compiler/export/export.h"

#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"

namespace octet {

void export_model(const Graph &graph, const std::filesystem::path &file) {
    const std::string extension = file.extension().string();
    Bytes (*write)(const Graph &) = extension == ".tflite"  ? to_tflite
                                    : extension == ".onnx"  ? to_onnx
                                    : extension == ".octet" ? to_octet
                                                            : nullptr;
    if (!write)
        throw UsageError("{}: its extension is none of a model's; use .tflite, .onnx or .octet",
                         file.string());
    const Bytes bytes = write(graph);
    PendingFile pending(file);
    pending.write(bytes.data(), bytes.size());
    pending.commit();
}

} // namespace octet
