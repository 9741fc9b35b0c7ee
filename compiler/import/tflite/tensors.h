// Tensors of a .tflite file: types, shapes, quantization, and constants from the file's buffers.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/tflite/tflite_generated.h"
#include "compiler/import/untrusted.h"

namespace octet::tflite {

class TensorReader {
public:
    /// `file_size` bounds what the model may make us copy.
    TensorReader(const schema::Model &model, const std::string &source, size_t file_size);

    /// Tensor `index` of the subgraph. Known defects of real files are put right: an absent name,
    /// an axis of quantization that a vector does not have, zero points left out, quantization of
    /// floats. Throws Error for what cannot be read.
    Tensor read(const schema::Tensor &tensor, size_t index);

    /// Counts bytes taken from the file.
    void spend(size_t bytes) { budget_.spend(bytes); }

private:
    std::shared_ptr<const Bytes> data(const std::string &object, const schema::Tensor &tensor);

    const schema::Model &model_;
    const std::string &source_;
    Budget budget_;
    std::vector<std::shared_ptr<const Bytes>> buffers_; ///< one copy each, shared by tensors
};

/// octet::printable, of a text that may be absent.
std::string printable(const flatbuffers::String *text);

} // namespace octet::tflite
