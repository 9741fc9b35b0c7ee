#include "compiler/import/import.h"

#include "compiler/import/octet/import_octet.h"
#include "compiler/import/onnx/import_onnx.h"
#include "compiler/import/read_file.h"
#include "compiler/import/tflite/import_tflite.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace octet {

namespace {

/// FlatBuffers carry four letters that name their format behind the first offset.
bool has_identifier(const Bytes &bytes, const char *letters) {
    return bytes.size() >= 8 && std::memcmp(bytes.data() + 4, letters, 4) == 0;
}

/// ONNX files have no letters of their own, but begin with a small version number (field 1) and the
/// producer's name or the graph (fields 2 and 7).
bool looks_like_onnx(const Bytes &bytes, const std::filesystem::path &file) {
    return file.extension() == ".onnx" ||
           (bytes.size() >= 8 && bytes[0] == 0x08 && bytes[1] < 0x80 &&
            (bytes[2] == 0x12 || bytes[2] == 0x3a));
}

} // namespace

std::string identifier(const std::string &text) {
    std::string result;
    for (char c : text)
        result += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    if (result.empty() || std::isdigit(static_cast<unsigned char>(result[0])))
        result = "model_" + result;
    return result;
}

Graph import_model(const std::filesystem::path &file) {
    const std::string source = file.string();
    const Bytes bytes = read_file(file);
    if (has_identifier(bytes, "OCTT"))
        throw UsageError("{}: this is a compiled program; give run, bench or inspect the network "
                         "it was compiled from (.tflite)",
                         source);
    const bool is_octet = has_identifier(bytes, "OCTN"), is_tflite = has_identifier(bytes, "TFL3");
    const bool is_onnx = !is_octet && !is_tflite && looks_like_onnx(bytes, file);
    if (!is_octet && !is_tflite && !is_onnx)
        throw UsageError("{}: this is neither a TensorFlow Lite model (it lacks the letters TFL3) "
                         "nor an ONNX model; give a .tflite file or an .onnx file",
                         source);
    Graph graph = is_octet  ? network::import_octet(bytes, source)
                  : is_onnx ? onnx::import_onnx(bytes, source)
                            : tflite::import_tflite(bytes, source);
    graph.name = identifier(file.stem().string());
    const std::string numbers = describe_numbers(graph);
    if (std::find(graph.notes.begin(), graph.notes.end(), numbers) == graph.notes.end())
        graph.notes.insert(graph.notes.begin(), numbers);
    return graph;
}

} // namespace octet
