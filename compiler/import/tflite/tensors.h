// Tensors of a .tflite file: types, shapes, quantization, and constants from the file's buffers.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/tflite/tflite_generated.h"

namespace octet::tflite {

class TensorReader {
public:
    /// `file_size` bounds what the model may make us copy.
    TensorReader(const schema::Model &model, const std::string &source, size_t file_size);

    /// Tensor `index` of the subgraph. Known defects of real files are put right: an absent name,
    /// an axis of quantization that a vector does not have, zero points left out, quantization of
    /// floats. Throws Error for what cannot be read.
    Tensor read(const schema::Tensor &tensor, size_t index);

    /// Counts bytes taken from the file. FlatBuffers may refer to the same bytes many times, so
    /// that a small hostile file could describe a huge model; honest ones share little.
    void spend(size_t bytes);

private:
    std::shared_ptr<const Bytes> data(const std::string &object, const schema::Tensor &tensor);

    const schema::Model &model_;
    const std::string &source_;
    size_t budget_;
    std::vector<std::shared_ptr<const Bytes>> buffers_; ///< one copy each, shared by tensors
};

/// Printable ASCII of at most 4096 letters: names go into messages, reports and JSON.
std::string printable(const flatbuffers::String *text);

} // namespace octet::tflite
