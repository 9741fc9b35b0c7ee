#include "compiler/import/octet/import_octet.h"

#include "compiler/graph/check_operator.h"
#include "compiler/import/octet/attributes_json.h"
#include "compiler/import/octet/network_file.h"
#include "compiler/import/octet/network_generated.h"
#include "compiler/import/untrusted.h"

#include <optional>

namespace octet::network {

namespace {

std::optional<OpKind> kind_of(std::string_view name) {
    constexpr OpKind kinds[] = {
#define OCTET_OPERATOR(kind, tflite, code) OpKind::kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) OpKind::kind,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    for (OpKind kind : kinds)
        if (name_of(kind) == name)
            return kind;
    return std::nullopt;
}

class Importer {
public:
    Importer(const Bytes &file, const std::string &source)
        : network_(verified(file, source)), budget_(source, file.size()) {
        graph_.source = source;
    }

    Graph import() {
        graph_.name = text(network_.name());
        for (const schema::Tensor *tensor : *network_.tensors())
            graph_.tensors.push_back(read(*tensor));
        for (const schema::Operator *op : *network_.operators())
            graph_.operators.push_back(read(*op));
        graph_.inputs = list<TensorId>(network_.inputs());
        graph_.outputs = list<TensorId>(network_.outputs());
        if (network_.notes())
            for (const flatbuffers::String *note : *network_.notes())
                graph_.notes.push_back(text(note));
        check(graph_);
        return std::move(graph_);
    }

private:
    static const schema::Network &verified(const Bytes &file, const std::string &source) {
        flatbuffers::Verifier verifier(file.data(), file.size());
        if (file.size() < 8 || !schema::VerifyNetworkBuffer(verifier))
            throw Error("{}: this is not a sound network of {} bytes; the file is damaged or cut "
                        "short, copy it again",
                        source, file.size());
        const schema::Network &network = *schema::GetNetwork(file.data());
        if (network.format() != format_version)
            throw Error("{}: the network has format {}; this octet reads format {}, write the "
                        "file again with it",
                        source, network.format(), format_version);
        return network;
    }

    std::string text(const flatbuffers::String *stored) {
        if (!stored)
            return "";
        budget_.spend(stored->size());
        return printable(stored->string_view());
    }

    template <typename T>
    std::vector<T> list(const flatbuffers::Vector<T> *stored) {
        if (!stored)
            return {};
        budget_.spend(stored->size() * sizeof(T));
        return {stored->begin(), stored->end()};
    }

    Tensor read(const schema::Tensor &stored) {
        Tensor tensor;
        tensor.name = text(stored.name());
        if (stored.dtype() > uint8_t(DType::boolean))
            throw Error("{}: tensor '{}': its type is {}; there are types 0 to {}", graph_.source,
                        tensor.name, stored.dtype(), int(DType::boolean));
        tensor.dtype = DType(stored.dtype());
        tensor.shape = list<int>(stored.shape());
        tensor.quantization = {list<float>(stored.scales()), list<int>(stored.zero_points()),
                               stored.axis()};
        check_tensor(graph_, tensor); // before its elements are counted
        if (const schema::Constant *constant = stored.constant())
            read_constant(*constant, tensor);
        return tensor;
    }

    void read_constant(const schema::Constant &stored, Tensor &tensor) {
        tensor.storage = {stored.bits(), list<int8_t>(stored.codebooks()), stored.codebook_axis()};
        budget_.spend(stored.data()->size());
        try {
            tensor.data = std::make_shared<const Bytes>(
                unpack_elements(tensor, {stored.data()->data(), stored.data()->size()}));
        } catch (const Error &error) {
            throw Error("{}: {}", graph_.source, error.what());
        }
        check_tensor(graph_, tensor);
    }

    Operator read(const schema::Operator &stored) {
        Operator op;
        const std::string kind = text(stored.kind());
        op.name = text(stored.name());
        const std::optional<OpKind> found = kind_of(kind);
        if (!found)
            throw Error("{}: {}: its kind '{}' is not known; write the file again with this octet",
                        graph_.source, op.name, kind);
        op.kind = *found;
        op.inputs = list<TensorId>(stored.inputs());
        op.outputs = list<TensorId>(stored.outputs());
        if (stored.rounding() > uint8_t(Rounding::float32))
            throw Error("{}: {}: its rounding is {}; there are roundings 0 to {}", graph_.source,
                        op.name, stored.rounding(), int(Rounding::float32));
        op.rounding = Rounding(stored.rounding());
        try {
            op.attributes = from_json(text(stored.attributes()));
        } catch (const Error &error) {
            throw Error("{}: {} ({}): {}; write the file again with this octet", graph_.source,
                        op.name, kind, error.what());
        }
        return op;
    }

    const schema::Network &network_;
    Budget budget_;
    Graph graph_;
};

} // namespace

Graph import_octet(const Bytes &file, const std::string &source) {
    return Importer(file, source).import();
}

} // namespace octet::network
