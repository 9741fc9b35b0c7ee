// What a bad .tflite file gets: one Error that names the file, the object and the remedy.
#include "compiler/export/tflite/model.h"
#include "compiler/import/tflite/import_tflite.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

using namespace octet;
using namespace octet::test;
namespace schema = octet::tflite::schema;

namespace {

Graph convolution() {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 8, 8, 4});
    return g.finish({g.conv2d(x, {.channels_out = 6, .same = true})});
}

template <typename Spoil>
std::string spoiled(const Graph &graph, Spoil &&spoil) {
    schema::ModelT model = tflite::to_model(graph);
    REQUIRE_NOTHROW(tflite::import_tflite(tflite::pack(model), "net.tflite"));
    spoil(model, *model.subgraphs.at(0));
    const Bytes bytes = tflite::pack(model);
    return error_of([&] { tflite::import_tflite(bytes, "net.tflite"); });
}

template <typename Spoil>
std::string spoiled(Spoil &&spoil) {
    return spoiled(convolution(), std::forward<Spoil>(spoil));
}

void add_operator(schema::ModelT &model, schema::BuiltinOperator code,
                  const std::string &custom = "") {
    auto opcode = std::make_unique<schema::OperatorCodeT>();
    opcode->builtin_code = code;
    opcode->deprecated_builtin_code = int8_t(std::min(int(code), 127));
    opcode->custom_code = custom;
    model.operator_codes.push_back(std::move(opcode));
    auto op = std::make_unique<schema::OperatorT>();
    op->opcode_index = uint32_t(model.operator_codes.size() - 1);
    op->inputs = op->outputs = {0};
    model.subgraphs[0]->operators.push_back(std::move(op));
}

} // namespace

TEST_CASE("bytes that are no model") {
    for (size_t size : {0, 1, 7, 8, 64})
        check_message(error_of([&] { tflite::import_tflite(Bytes(size, 0xff), "net.tflite"); }),
                      {"net.tflite: ", "not a sound TensorFlow Lite model", "copy it again"});
}

TEST_CASE("unsupported operators are all named with their counts") {
    const std::string message = spoiled([](auto &model, auto &) {
        add_operator(model, schema::BuiltinOperator::FLOOR_MOD);
        add_operator(model, schema::BuiltinOperator::FLOOR_MOD);
        add_operator(model, schema::BuiltinOperator::CUSTOM, "Detection\nPostProcess");
        add_operator(model, schema::BuiltinOperator::STABLEHLO_ADD);
        add_operator(model, schema::BuiltinOperator(4711));
    });
    check_message(message, {"net.tflite: operators that are not supported", "FLOOR_MOD (2x)",
                            "CUSTOM 'Detection_PostProcess' (1x)", "STABLEHLO_ADD (1x)",
                            "operator code 4711 (1x)"});
}

TEST_CASE("indices stay in their tables") {
    check_message(spoiled([](auto &, auto &g) { g.operators[0]->inputs[1] = 77; }),
                  {"net.tflite: the inputs of conv2d_0 refer to tensor 77 of 4"});
    check_message(spoiled([](auto &, auto &g) { g.operators[0]->outputs[0] = -1; }),
                  {"the outputs of conv2d_0 refer to tensor -1"});
    check_message(spoiled([](auto &, auto &g) { g.inputs[0] = -1; }),
                  {"the network's inputs refer to tensor -1"});
    check_message(spoiled([](auto &, auto &g) { g.outputs[0] = 4; }),
                  {"the network's outputs refer to tensor 4"});
    check_message(spoiled([](auto &, auto &g) { g.operators[0]->opcode_index = 9; }),
                  {"operator 0 has code 9", "1 operator codes"});
    check_message(spoiled([](auto &, auto &g) { g.tensors[1]->buffer = 1000; }),
                  {"tensor 1 ('tensor_1')", "buffer 1000"});
    check_message(spoiled([](auto &model, auto &) { model.subgraphs.clear(); }), {"no subgraph"});
}

TEST_CASE("tensors that cannot be") {
    check_message(spoiled([](auto &, auto &g) {
                      g.tensors[0]->shape = {1, -8, 8, 4};
                  }),
                  {"tensor 'input_0'", "1x-8x8x4"});
    check_message(spoiled([](auto &, auto &g) {
                      g.tensors[0]->shape = {INT32_MAX, INT32_MAX, 8, 4};
                  }),
                  {"at most 2^28"});
    check_message(spoiled([](auto &model, auto &) { model.buffers[1]->data.pop_back(); }),
                  {"'tensor_1'", "215 bytes", "216"});
    check_message(spoiled([](auto &, auto &g) { g.tensors[1]->type = schema::TensorType::INT4; }),
                  {"its type INT4 (17) is not supported"});
    check_message(spoiled([](auto &, auto &g) { g.tensors[1]->type = schema::TensorType(99); }),
                  {"its type  (99)"});
    check_message(spoiled([](auto &, auto &g) { g.tensors[0]->is_variable = true; }),
                  {"networks with state"});
    check_message(spoiled([](auto &, auto &g) {
                      g.tensors[1]->sparsity = std::make_unique<schema::OpaqueT>();
                  }),
                  {"stored sparse"});
    check_message(spoiled([](auto &, auto &g) { g.tensors[1]->quantization->details_type = 2; }),
                  {"details of type 2"});
    check_message(spoiled([](auto &, auto &g) {
                      g.tensors[0]->quantization->zero_point = {int64_t(1) << 40};
                  }),
                  {"does not fit"});
    check_message(spoiled([](auto &model, auto &) {
                      model.buffers[1]->data.clear();
                      model.buffers[1]->offset = 4096;
                      model.buffers[1]->size = 216;
                  }),
                  {"outside the model's tables"});
}

TEST_CASE("operators in disorder") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 6});
    const TensorId y = g.clamp(OpKind::relu, x);
    const Graph chain = g.finish({g.clamp(OpKind::relu6, y)});
    check_message(spoiled(chain,
                          [](auto &, auto &s) {
                              s.operators[1]->outputs = s.inputs;
                              s.outputs = s.inputs;
                          }),
                  {"net.tflite: input_0 writes 'input_0', which is an input"});
    check_message(spoiled(chain, [](auto &, auto &s) { s.outputs = s.inputs; }),
                  {"no operator computes its outputs"});
    check_message(
        spoiled(chain, [](auto &, auto &s) { std::swap(s.operators[0], s.operators[1]); }),
        {"relu6_1 reads 'relu_0' before anything has written it"});
    check_message(spoiled(chain,
                          [](auto &, auto &s) {
                              s.operators.insert(
                                  s.operators.begin(),
                                  std::make_unique<schema::OperatorT>(*s.operators[0]));
                          }),
                  {"relu_0_2 writes 'relu_0', which is an input, a constant or another"});
}

TEST_CASE("options that Octet does not have") {
    using Type = schema::ActivationFunctionType;
    const auto options = [](auto &g) { return g.operators[0]->builtin_options.AsConv2DOptions(); };
    check_message(
        spoiled([&](auto &, auto &g) { options(g)->fused_activation_function = Type::TANH; }),
        {"net.tflite: conv2d_0 (CONV_2D): its fused activation TANH (4)", "use NONE"});
    check_message(spoiled([&](auto &, auto &g) { options(g)->padding = schema::Padding(7); }),
                  {"padding scheme is 7"});
    for (int stride : {0, -1, INT32_MAX})
        check_message(spoiled([&](auto &, auto &g) { options(g)->stride_h = stride; }),
                      {"its stride is"});
    check_message(spoiled([&](auto &, auto &g) { options(g)->dilation_w_factor = INT32_MIN; }),
                  {"its dilation is"});
    check_message(spoiled([](auto &, auto &g) { g.operators[0]->builtin_options.Reset(); }),
                  {"no options of its kind"});

    RandomGraph dense(1, "net");
    const TensorId x = dense.input({2, 5});
    const Graph fully_connected = dense.finish({dense.fully_connected(x, {})});
    check_message(
        spoiled(fully_connected,
                [](auto &, auto &g) {
                    g.operators[0]->builtin_options.AsFullyConnectedOptions()->weights_format =
                        schema::FullyConnectedOptionsWeightsFormat::SHUFFLED4x16INT8;
                }),
        {"stored shuffled"});
}

TEST_CASE("parameters computed at run time are refused") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 4, 4, 2});
    const Graph padded = g.finish({g.pad(x, {{0, 0}, {1, 1}, {1, 1}, {0, 0}})});
    check_message(spoiled(padded, [](auto &, auto &s) { s.tensors.back()->buffer = 0; }),
                  {"pad_0 (PAD)", "paddings", "computed at run time"});
    check_message(
        spoiled(padded, [](auto &model, auto &) { model.buffers.back()->data[11] = 0xff; }),
        {"pads by"});
}

TEST_CASE("a small file cannot describe a huge network") {
    // Every entry of a vector of tables may be the same table: 200,000 tensors of a name of 4000
    // letters in one megabyte.
    const Graph graph = convolution();
    flatbuffers::FlatBufferBuilder builder;
    const auto name = builder.CreateString(std::string(4000, 'x'));
    const auto tensor = schema::CreateTensor(builder, 0, schema::TensorType::INT8, 0, name);
    const auto tensors =
        builder.CreateVector(std::vector<flatbuffers::Offset<schema::Tensor>>(200000, tensor));
    const auto subgraph = schema::CreateSubGraph(builder, tensors);
    const auto subgraphs = builder.CreateVector(&subgraph, 1);
    const auto buffer = schema::CreateBuffer(builder);
    const auto buffers = builder.CreateVector(&buffer, 1);
    schema::FinishModelBuffer(builder, schema::CreateModel(builder, 3, 0, subgraphs, 0, buffers));
    const Bytes bytes(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    check_message(error_of([&] { tflite::import_tflite(bytes, "net.tflite"); }),
                  {"refer to the same bytes many times"});
}
