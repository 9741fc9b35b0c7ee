// The exporter of Octet's own format: a Graph, field by field (compiler/import/octet/network.fbs).
#include "compiler/export/export.h"
#include "compiler/import/octet/attributes_json.h"
#include "compiler/import/octet/network_file.h"
#include "compiler/import/octet/network_generated.h"

namespace octet {

namespace schema = network::schema;

namespace {

std::unique_ptr<schema::TensorT> written(const Tensor &tensor) {
    auto t = std::make_unique<schema::TensorT>();
    t->name = tensor.name;
    t->dtype = uint8_t(tensor.dtype);
    t->shape = tensor.shape;
    t->scales = tensor.quantization.scales;
    t->zero_points = tensor.quantization.zero_points;
    t->axis = tensor.quantization.axis;
    if (tensor.constant()) {
        t->constant = std::make_unique<schema::ConstantT>();
        t->constant->data = network::pack_elements(tensor);
        t->constant->bits = uint8_t(tensor.storage.bits);
        t->constant->codebooks = tensor.storage.codebooks;
        t->constant->codebook_axis = tensor.storage.axis;
    }
    return t;
}

std::unique_ptr<schema::OperatorT> written(const Operator &op) {
    auto o = std::make_unique<schema::OperatorT>();
    o->kind = name_of(op.kind);
    o->name = op.name;
    o->inputs = op.inputs;
    o->outputs = op.outputs;
    o->attributes = network::to_json(op.attributes);
    o->rounding = uint8_t(op.rounding);
    return o;
}

} // namespace

Bytes to_octet(const Graph &graph) {
    schema::NetworkT file;
    file.format = network::format_version;
    file.name = graph.name;
    for (const Tensor &tensor : graph.tensors)
        file.tensors.push_back(written(tensor));
    for (const Operator &op : graph.operators)
        file.operators.push_back(written(op));
    file.inputs = graph.inputs;
    file.outputs = graph.outputs;
    file.notes = graph.notes;
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishNetworkBuffer(builder, schema::Network::Pack(builder, &file));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

} // namespace octet
