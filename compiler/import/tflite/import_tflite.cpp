#include "compiler/import/tflite/import_tflite.h"

#include "compiler/import/fold.h"
#include "compiler/import/stored_weights.h"
#include "compiler/import/tflite/operator_reader.h"
#include "compiler/import/tflite/tensors.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace octet::tflite {

namespace {

struct Entry {
    schema::BuiltinOperator code;
    OpKind kind;
    void (*import)(OperatorReader &);
};

constexpr Entry entries[] = {
#define OCTET_OPERATOR(kind, tflite, code)                                                         \
    {schema::BuiltinOperator(code), OpKind::kind, import_##kind},
#define OCTET_SHAPE_OPERATOR(kind, tflite, code)                                                   \
    {schema::BuiltinOperator(code), OpKind::kind, import_##kind},
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    // Builtins that Graph says in operators of other kinds.
    {schema::BuiltinOperator::SPLIT, OpKind::slice, import_split},
};

schema::BuiltinOperator builtin_of(const schema::OperatorCode &code) {
    return std::max(code.builtin_code(), schema::BuiltinOperator(code.deprecated_builtin_code()));
}

const Entry *find_entry(const schema::OperatorCode &code) {
    const auto found = std::find_if(std::begin(entries), std::end(entries),
                                    [&](const Entry &e) { return e.code == builtin_of(code); });
    return found == std::end(entries) ? nullptr : &*found;
}

std::string operator_name(const schema::OperatorCode &code) {
    const schema::BuiltinOperator builtin = builtin_of(code);
    if (builtin == schema::BuiltinOperator::CUSTOM)
        return fmt::format("CUSTOM '{}'", printable(code.custom_code()));
    const std::string name = schema::EnumNameBuiltinOperator(builtin);
    return name.empty() ? fmt::format("operator code {}", int(builtin)) : name;
}

class Importer {
public:
    Importer(const Bytes &file, const std::string &source)
        : model_(verified(file, source)), subgraph_(first_subgraph(source)),
          reader_(model_, source, file.size()) {
        graph_.source = source;
        graph_.name = "model";
    }

    Graph import() {
        refuse_unsupported();
        if (const auto *tensors = subgraph_.tensors())
            for (uint32_t i = 0; i < tensors->size(); i++)
                graph_.tensors.push_back(reader_.read(*tensors->Get(i), i));
        for (const Tensor &tensor : graph_.tensors)
            check_tensor(graph_, tensor);
        graph_.inputs = tensor_list(subgraph_.inputs(), "the network's inputs");
        graph_.outputs = tensor_list(subgraph_.outputs(), "the network's outputs");
        Folder folder(graph_);
        for (uint32_t i = 0; i < operator_count(); i++) {
            for (Operator &op : read_operator(*subgraph_.operators()->Get(i), i)) {
                if (decode(op) || folder.fold(op))
                    continue;
                stored_weights_.put_into(op);
                graph_.operators.push_back(std::move(op));
            }
        }
        const size_t removed = remove_unused(graph_);
        check(graph_);
        note_if(model_.subgraphs()->size() > 1, "only the first of {} subgraphs is imported",
                model_.subgraphs()->size());
        note_if(folder.folded() + decoded_ > 0, "{} operators on constants and shapes folded",
                folder.folded() + decoded_);
        note_if(removed > 0, "{} operators that no output needs removed", removed);
        return std::move(graph_);
    }

private:
    template <typename Count>
    void note_if(bool condition, fmt::format_string<Count &> format, Count count) {
        if (condition)
            graph_.notes.push_back(fmt::format(format, count));
    }

    static const schema::Model &verified(const Bytes &file, const std::string &source) {
        flatbuffers::Verifier verifier(file.data(), file.size());
        if (file.size() < 8 || !schema::VerifyModelBuffer(verifier))
            throw Error("{}: this is not a sound TensorFlow Lite model of {} bytes; the file is "
                        "damaged or cut short, copy it again",
                        source, file.size());
        return *schema::GetModel(file.data());
    }

    const schema::SubGraph &first_subgraph(const std::string &source) const {
        const size_t count = model_.subgraphs() ? model_.subgraphs()->size() : 0;
        if (count == 0)
            throw Error("{}: the model has no subgraph; there is nothing to import", source);
        return *model_.subgraphs()->Get(0);
    }

    uint32_t operator_count() const {
        return subgraph_.operators() ? subgraph_.operators()->size() : 0;
    }

    const schema::OperatorCode &code_of(const schema::Operator &op, uint32_t index) const {
        const size_t count = model_.operator_codes() ? model_.operator_codes()->size() : 0;
        if (op.opcode_index() >= count)
            throw Error("{}: operator {} has code {}; the model has {} operator codes",
                        where(graph_), index, op.opcode_index(), count);
        return *model_.operator_codes()->Get(op.opcode_index());
    }

    // All at once: whoever has to change the network wants the whole list.
    void refuse_unsupported() {
        std::map<uint32_t, int> uses; // of operator codes
        for (uint32_t i = 0; i < operator_count(); i++) {
            const schema::Operator &op = *subgraph_.operators()->Get(i);
            if (!find_entry(code_of(op, i)))
                uses[op.opcode_index()]++;
        }
        if (uses.empty())
            return;
        std::map<std::string, int> counts; // a file may list a code twice
        for (const auto &[index, count] : uses) {
            const schema::OperatorCode &code = *model_.operator_codes()->Get(index);
            reader_.spend(code.custom_code() ? code.custom_code()->size() : 0);
            counts[operator_name(code)] += count;
        }
        std::vector<std::string> names;
        for (const auto &[name, count] : counts)
            names.push_back(fmt::format("{} ({}x)", name, count));
        throw Error("{}: operators that are not supported: {}; replace them in the network{}",
                    where(graph_), fmt::join(names, ", "),
                    model_.subgraphs()->size() > 1
                        ? fmt::format(" (only the first of its {} subgraphs is imported)",
                                      model_.subgraphs()->size())
                        : "");
    }

    /// `lowest` is no_tensor where an entry may be absent, else 0.
    std::vector<TensorId> tensor_list(const flatbuffers::Vector<int32_t> *ids,
                                      const std::string &what, TensorId lowest = 0) {
        if (!ids)
            return {};
        reader_.spend(ids->size() * sizeof(int32_t));
        const std::vector<TensorId> result(ids->begin(), ids->end());
        for (TensorId id : result)
            if (id < lowest || id >= TensorId(graph_.tensors.size()))
                throw Error("{}: {} refer to tensor {} of {}; the file is damaged, copy it again",
                            where(graph_), what, id, graph_.tensors.size());
        return result;
    }

    /// A DEQUANTIZE of an int8 constant, per tensor or per channel: its output becomes a constant.
    bool decode(const Operator &op) {
        if (op.kind != OpKind::dequantize || op.inputs.size() != 1 || op.outputs.size() != 1 ||
            op.inputs[0] == no_tensor)
            return false;
        const Tensor &stored = graph_.tensor(op.inputs[0]);
        Tensor &real = graph_.tensor(op.outputs[0]);
        if (!stored.constant() || stored.dtype != DType::s8 || !stored.quantization.quantized() ||
            real.constant() || real.dtype != DType::f32 || real.shape != stored.shape ||
            std::count(graph_.outputs.begin(), graph_.outputs.end(), op.outputs[0]) > 0)
            return false;
        reader_.spend(real.bytes());
        const std::vector<float> values = dequantized_values(stored);
        const auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
        real.data = std::make_shared<const Bytes>(bytes, bytes + real.bytes());
        stored_weights_.add(op.outputs[0], op.inputs[0]);
        decoded_++;
        return true;
    }

    /// One operator, or several for a builtin that Graph says in several.
    std::vector<Operator> read_operator(const schema::Operator &source, uint32_t index) {
        const Entry &entry = *find_entry(code_of(source, index));
        Operator op;
        op.kind = entry.kind;
        op.name = fmt::format("{}_{}", name_of(op.kind), index);
        op.inputs = tensor_list(source.inputs(), "the inputs of " + op.name, no_tensor);
        op.outputs = tensor_list(source.outputs(), "the outputs of " + op.name);
        op.name = unique_name(op, op.name);
        OperatorReader reader(source, graph_, op);
        entry.import(reader);
        std::vector<Operator> operators = {std::move(op)};
        for (Operator &next : reader.following()) {
            next.name = unique_name(next, fmt::format("{}_{}", name_of(next.kind), index));
            operators.push_back(std::move(next));
        }
        return operators;
    }

    /// The output tensor's name, or `fallback` where it has none; a number behind it on repetition.
    std::string unique_name(const Operator &op, const std::string &fallback) {
        std::string name = fallback;
        if (!op.outputs.empty()) {
            const auto *stored = subgraph_.tensors()->Get(uint32_t(op.outputs[0]))->name();
            if (stored && stored->size() > 0)
                name = graph_.tensor(op.outputs[0]).name;
        }
        reader_.spend(name.size());
        std::string unique = name;
        for (int &count = name_counts_[name]; !names_.insert(unique).second;)
            unique = fmt::format("{}_{}", name, ++count + 1);
        return unique;
    }

    const schema::Model &model_;
    const schema::SubGraph &subgraph_;
    TensorReader reader_;
    Graph graph_;
    StoredWeights stored_weights_{graph_};
    size_t decoded_ = 0; ///< constants
    std::set<std::string> names_;
    std::map<std::string, int> name_counts_; ///< repetitions so far
};

} // namespace

Graph import_tflite(const Bytes &file, const std::string &source) {
    return Importer(file, source).import();
}

} // namespace octet::tflite
