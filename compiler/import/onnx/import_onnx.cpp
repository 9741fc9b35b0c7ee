#include "compiler/import/onnx/import_onnx.h"

#include "compiler/graph/check_operator.h"
#include "compiler/import/fold.h"
#include "compiler/import/onnx/inputs.h"
#include "compiler/import/onnx/node.h"
#include "compiler/import/onnx/quantize_constants.h"
#include "compiler/import/onnx/rewrite.h"
#include "compiler/import/stored_weights.h"

#include <fmt/ranges.h>
#include <google/protobuf/io/coded_stream.h>

#include <climits>
#include <unordered_set>

namespace octet::onnx {

namespace {

using Import = void (*)(Node &);

const std::unordered_map<std::string, Import> &importers() {
    static const std::unordered_map<std::string, Import> table = {
#define OCTET_ONNX_OPERATOR(type, function) {#type, function},
#include "compiler/import/onnx/operators.def"
#undef OCTET_ONNX_OPERATOR
    };
    return table;
}

bool supported(const proto::NodeProto &node) {
    const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
    // ONNX Runtime has the same pair of operators in a domain of its own.
    const bool pair = node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear";
    if (!standard && !(pair && node.domain() == "com.microsoft"))
        return false;
    return translated(node.op_type()) || is_evaluated(node.op_type());
}

class Importer {
public:
    Importer(const Bytes &file, const std::string &source)
        : builder_(graph_, 16 * file.size() + (size_t(1) << 26)),
          tensors_(builder_, source), network_{graph_, builder_, tensors_, 0, {}, {}, {}} {
        graph_.source = source;
        graph_.name = "model";
        parse(file);
    }

    Graph import() {
        find_live_nodes();
        refuse_unsupported();
        read_initializers();
        read_inputs(model_.graph(), network_);
        for (const proto::NodeProto *source : live_) {
            Node node(*source, network_);
            builder_.set_name(name_of(*source));
            if (!evaluate(node))
                importers().at(source->op_type())(node);
        }
        set_outputs(model_.graph(), network_);
        finish();
        return std::move(graph_);
    }

private:
    void parse(const Bytes &file) {
        google::protobuf::io::CodedInputStream stream(file.data(), int(file.size()));
        stream.SetTotalBytesLimit(INT_MAX);
        if (!model_.ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage() ||
            !model_.has_graph())
            throw Error("{}: this is not a sound ONNX model of {} bytes; the file is damaged or "
                        "cut short, copy it again",
                        where(graph_), file.size());
        for (const auto &opset : model_.opset_import())
            if (opset.domain().empty() || opset.domain() == "ai.onnx")
                network_.opset = std::max(network_.opset, opset.version());
        if (network_.opset < 7)
            throw Error("{}: it uses ONNX's opset {}; export it with opset 9 or newer",
                        where(graph_), network_.opset);
    }

    static std::string name_of(const proto::NodeProto &node) {
        for (const std::string &output : node.output())
            if (!output.empty())
                return printable(output);
        return printable(node.op_type());
    }

    /// Operators that an output needs, in the order of the file.
    void find_live_nodes() {
        const auto &nodes = model_.graph().node();
        std::unordered_set<std::string> needed;
        for (const auto &output : model_.graph().output()) {
            needed.insert(output.name());
            network_.readers[output.name()].push_back(nullptr);
        }
        for (int i = nodes.size(); i-- > 0;) {
            const proto::NodeProto &node = nodes.Get(i);
            if (std::none_of(node.output().begin(), node.output().end(), [&](const auto &output) {
                    return !output.empty() && needed.count(output);
                }))
                continue;
            needed.insert(node.input().begin(), node.input().end());
            live_.push_back(&node);
        }
        std::reverse(live_.begin(), live_.end());
        dead_ = size_t(nodes.size()) - live_.size();
        for (const proto::NodeProto *node : live_) {
            for (const std::string &input : node->input())
                network_.readers[input].push_back(node);
            for (const std::string &output : node->output())
                network_.writers[output] = node;
        }
    }

    // All at once: whoever has to change the network wants the whole list.
    void refuse_unsupported() const {
        std::map<std::string, int> counts;
        for (const proto::NodeProto *node : live_)
            if (!supported(*node))
                counts[printable(node->domain().empty()
                                     ? node->op_type()
                                     : node->domain() + "." + node->op_type())]++;
        std::vector<std::string> names;
        for (const auto &[name, count] : counts)
            names.push_back(fmt::format("{} ({}x)", name, count));
        if (!names.empty())
            throw Error("{}: operators that are not supported: {}; replace them in the network",
                        where(graph_), fmt::join(names, ", "));
    }

    void read_initializers() {
        if (model_.graph().sparse_initializer_size())
            throw Error("{}: it has constants that are stored sparse; convert the network to dense "
                        "weights",
                        where(graph_));
        for (const proto::TensorProto &tensor : model_.graph().initializer())
            if (network_.readers.count(tensor.name()))
                network_.values[tensor.name()] = constant_value(tensors_.read(tensor, "constant"));
    }

    template <typename Count>
    void note_if(bool condition, fmt::format_string<Count &> format, Count count) {
        if (condition)
            graph_.notes.push_back(fmt::format(format, count));
    }

    void finish() {
        fuse_bias(graph_);
        fuse_hard_swish(graph_);
        graph_.set_rounding(Rounding::float32);
        quantize_operators(graph_, builder_.stored_constants());
        keep_stored_weights();
        fold_constants(graph_);
        const size_t removed = remove_unused(graph_);
        check(graph_);
        for (const auto &[type, count] : tensors_.converted())
            graph_.notes.push_back(fmt::format("{} constants of {} became float32", count, type));
        note_if(dead_ > 0, "{} operators that no output needs left out", dead_);
        note_if(removed > 0, "{} operators became part of others", removed);
    }

    /// Of operators that stay float.
    void keep_stored_weights() {
        StoredWeights weights(graph_);
        for (const auto &[real, stored] : builder_.stored_constants()) {
            graph_.tensors.push_back(with_type(stored, DType::s8));
            weights.add(real, TensorId(graph_.tensors.size()) - 1);
        }
        for (Operator &op : graph_.operators)
            weights.put_into(op);
    }

    proto::ModelProto model_;
    Graph graph_;
    Builder builder_;
    TensorReader tensors_;
    Network network_;
    std::vector<const proto::NodeProto *> live_;
    size_t dead_ = 0;
};

} // namespace

bool translated(const std::string &type) {
    return importers().count(type) > 0;
}

Graph import_onnx(const Bytes &file, const std::string &source) {
    return Importer(file, source).import();
}

} // namespace octet::onnx
