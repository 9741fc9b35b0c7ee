// octet quantize and octet evaluate: options, configuration, arrays of both layouts; whatever does
// not fit is refused in one line, and nothing is left half-written.
#include "compiler/import/import.h"
#include "compiler/support/npy.h"
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"
#include "tests/support/write_file.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <limits>

namespace octet::test {
namespace {

using Names = std::vector<std::string>;

Graph float_network() {
    RandomGraph g(5, "net");
    const TensorId x = g.input({1, 6, 5, 3}, DType::f32);
    const TensorId y = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
    const TensorId z = g.depthwise_conv2d(y, {.same = true});
    const TensorId scores = g.fully_connected(g.reshape(z, {1, 96}), {.channels_out = 5});
    return g.finish({g.softmax(scores)});
}

std::vector<float> numbers(int64_t count) {
    RandomGraph g(17);
    std::vector<float> values(static_cast<size_t>(count));
    for (float &value : values)
        value = g.uniform(-1.0f, 1.0f);
    return values;
}

void save(const Workplace &here, const std::string &name, const Shape &shape,
          const std::vector<float> &values) {
    Array array{DType::f32, shape, Bytes(values.size() * sizeof(float))};
    std::memcpy(array.data.data(), values.data(), array.data.size());
    const NpyFile file{here / name, &array};
    write_npy({&file, 1});
}

void save_text(const Workplace &here, const std::string &name, const std::string &text) {
    write_file(here / name, Bytes(text.begin(), text.end()));
}

/// A folder with net.tflite and x.npy of 8 samples.
struct Place : Workplace {
    Place() {
        write_model(float_network(), "net");
        save(*this, "x.npy", {8, 6, 5, 3}, numbers(8 * 90));
    }
    /// Quantizes with these options; the network written, or fails the test.
    Graph quantized(const std::string &options, const std::string &output = "q.tflite") const {
        const Outcome outcome = octet("quantize net.tflite -d x.npy -o " + output + " " + options);
        INFO(options << "\n" << outcome.err);
        REQUIRE(outcome.exit_code == 0);
        return import_model(*this / output);
    }
    void refused(const std::string &options, const std::string &reason, int code = 2) const {
        const Names before = files();
        INFO(options);
        check_refused(octet("quantize " + options), code, reason);
        CHECK(files() == before);
    }
    nlohmann::json evaluated(const std::string &arguments) const {
        const Outcome outcome = octet("evaluate " + arguments + " --json j.json");
        INFO(arguments << "\n" << outcome.err);
        REQUIRE(outcome.exit_code == 0);
        return nlohmann::json::parse(std::ifstream(*this / "j.json"));
    }
};

const Tensor &weights_of(const Graph &graph, OpKind kind) {
    for (const Operator &op : graph.operators)
        if (op.kind == kind)
            return graph.tensor(op.inputs.at(1));
    FAIL("no " << name_of(kind));
    throw std::logic_error("unreachable");
}

} // namespace

TEST_CASE("Quantize without options writes an int8 network near the float one", "[cli]") {
    const Place here;
    const Graph graph = here.quantized("");
    CHECK(graph.tensor(graph.inputs[0]).dtype == DType::s8);
    CHECK(graph.tensor(graph.outputs[0]).dtype == DType::s8);
    CHECK(weights_of(graph, OpKind::conv2d).quantization.scales.size() == 8);
    const nlohmann::json judged = here.evaluated("q.tflite -d x.npy --against net.tflite");
    CHECK(judged.at("samples") == 8);
    CHECK(judged.at("accuracy").is_null());
    CHECK(judged.at("agreement").get<double>() >= 0.75);
    CHECK(judged.at("sqnr_db").get<double>() > 25);
}

TEST_CASE("Formats have the ends and rounding that their users expect", "[cli]") {
    const Place here;
    const Graph onnx = here.quantized("--calibration minmax", "q.onnx");
    CHECK(onnx.tensor(onnx.inputs[0]).dtype == DType::f32);
    CHECK(onnx.tensor(onnx.outputs[0]).dtype == DType::f32);
    const Graph octet = here.quantized("--calibration minmax", "q.octet");
    CHECK(octet.tensor(octet.inputs[0]).dtype == DType::s8);
    CHECK(octet.operators[0].rounding == Rounding::float32);
    const Graph chosen =
        here.quantized("--calibration minmax --ends float --rounding micro", "r.octet");
    CHECK(chosen.tensor(chosen.inputs[0]).dtype == DType::f32);
    CHECK(chosen.operators.back().rounding == Rounding::micro);
}

TEST_CASE("Every option of quantize does what it says", "[cli]") {
    const Place here;
    const std::string fast = "--calibration minmax --correct none ";
    CHECK(weights_of(here.quantized(fast + "--weights per-tensor,asymmetric"), OpKind::conv2d)
              .quantization.scales.size() == 1);
    const Tensor &narrow =
        weights_of(here.quantized(fast + "--weights per-channel,4", "n.octet"), OpKind::conv2d);
    CHECK(narrow.storage.bits == 4);
    const Tensor books =
        weights_of(here.quantized(fast + "--weights per-channel,codebook:4/channel", "b.octet"),
                   OpKind::conv2d);
    CHECK(books.storage.bits == 2);
    CHECK(books.storage.codebook_count() == 8);
    const Graph symmetric = here.quantized(fast + "--activations symmetric");
    CHECK(symmetric.tensor(symmetric.inputs[0]).quantization.zero_point() == 0);
    const Graph pow2 = here.quantized(fast + "--activations pow2");
    int exponent = 0;
    CHECK(std::frexp(pow2.tensor(pow2.inputs[0]).quantization.scale(), &exponent) == 0.5f);
    const Graph only = here.quantized(fast + "--compute float");
    CHECK(only.tensor(only.inputs[0]).dtype == DType::f32);
    for (const char *options :
         {"--calibration average", "--calibration percentile:99.9", "--calibration mse",
          "--calibration entropy", "--calibration search", "--correct bias",
          "--correct equalize,round", "--samples 3", "--target host", "--verbose"}) {
        const Outcome outcome =
            here.octet(std::string("quantize net.tflite -d x.npy -o q.tflite ") + options);
        INFO(options << "\n" << outcome.err);
        CHECK(outcome.exit_code == 0);
    }
    CHECK_THAT(here.octet("quantize net.tflite -d x.npy -o q.tflite --samples 3 " + fast).out,
               Catch::Contains("on 3 calibration samples"));
    here.quantized(fast + "--save-statistics s.json");
    CHECK(nlohmann::json::parse(std::ifstream(here / "s.json")).at("samples") == 8);
}

TEST_CASE("A configuration has rules for layers, and the command line wins", "[cli]") {
    const Place here;
    save_text(here, "c.json", R"({"weights": "per-tensor,symmetric", "calibration": "minmax",
        "correct": "none", "ranges": {"input_0": [-2, 2]},
        "rules": [{"op": "fully_connected", "compute": "float"},
                  {"name": "depthwise*", "weights": "per-channel"}]})");
    const Graph graph = here.quantized("--config c.json");
    CHECK(weights_of(graph, OpKind::conv2d).quantization.scales.size() == 1);
    CHECK(weights_of(graph, OpKind::depthwise_conv2d).quantization.scales.size() == 8);
    CHECK(weights_of(graph, OpKind::fully_connected).dtype == DType::f32);
    CHECK(graph.tensor(graph.inputs[0]).quantization.scale() == Approx(4.0 / 255));
    const Graph over = here.quantized("--config c.json --weights per-channel");
    CHECK(weights_of(over, OpKind::conv2d).quantization.scales.size() == 8);

    const std::string run = "net.tflite -d x.npy -o q2.tflite --config d.json";
    save_text(here, "d.json", R"({"rules": [{"name": "nothing*", "compute": "float"}]})");
    here.refused(run, "the rule name 'nothing*' matches no operator");
    save_text(here, "d.json", R"({"ranges": {"nothing": [-1, 1]}})");
    here.refused(run, "a range is given for 'nothing'");
    save_text(here, "d.json", R"({"ranges": {"input_0": [1, -1]}})");
    here.refused(run, "d.json: ");
    save_text(here, "d.json", R"({"wieghts": "per-tensor"})");
    here.refused(run, "d.json: key 'wieghts' is not known");
    save_text(here, "d.json", "{\"weights\": ");
    here.refused(run, "d.json: is not JSON");
    here.refused("net.tflite -d x.npy -o q2.tflite --config none.json", "none.json: ");
}

TEST_CASE("Images may be NHWC or NCHW", "[cli]") {
    const Place here;
    const std::vector<float> nhwc = numbers(8 * 90);
    std::vector<float> nchw(nhwc.size());
    for (size_t n = 0; n < 8; ++n)
        for (size_t p = 0; p < 30; ++p)
            for (size_t c = 0; c < 3; ++c)
                nchw[(n * 3 + c) * 30 + p] = nhwc[(n * 30 + p) * 3 + c];
    save(here, "t.npy", {8, 3, 6, 5}, nchw);
    const auto outcome =
        here.shell("\"$OCTET\" quantize net.tflite -d x.npy -o a.octet --calibration minmax && "
                   "\"$OCTET\" quantize net.tflite -d t.npy -o b.octet --calibration minmax && cmp "
                   "a.octet b.octet");
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    const nlohmann::json a = here.evaluated("net.tflite -d x.npy --against a.octet");
    CHECK(a == here.evaluated("net.tflite -d t.npy --against a.octet"));
}

TEST_CASE("Accuracy counts the labels that the largest output meets", "[cli]") {
    const Place here;
    int64_t labels[8] = {};
    const auto judge = [&](int64_t label) {
        std::fill(std::begin(labels), std::end(labels), label);
        Array array{DType::s64, {8}, Bytes(sizeof labels)};
        std::memcpy(array.data.data(), labels, sizeof labels);
        const NpyFile file{here / "y.npy", &array};
        write_npy({&file, 1});
        return here.evaluated("net.tflite -d x.npy -l y.npy").at("accuracy").get<double>();
    };
    double sum = 0; // Each sample is one of the five classes.
    for (int64_t label = 0; label < 5; ++label)
        sum += judge(label);
    CHECK(sum == Approx(1));
    CHECK(judge(5) == 0);
}

TEST_CASE("Bad data are refused and nothing is written", "[cli]") {
    const Place here;
    const std::string run = "net.tflite -d b.npy -o q.tflite";
    for (float wrong :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        std::vector<float> values = numbers(8 * 90);
        values[700] = wrong;
        save(here, "b.npy", {8, 6, 5, 3}, values);
        here.refused(run, "tensor 'input_0' has 1 values that are NaN or infinite", 1);
    }
    save(here, "b.npy", {8, 6, 5, 3}, std::vector<float>(8 * 90, 0.25f));
    here.refused(run, "the calibration data for input 'input_0' are 0.25 everywhere", 1);
    save(here, "b.npy", {0, 6, 5, 3}, {});
    here.refused(run, "b.npy: holds no samples");
    save(here, "b.npy", {8, 6, 5, 4}, numbers(8 * 120));
    here.refused(run, "b.npy: its shape is 8x6x5x4, but input 'input_0' takes samples of 6x5x3");
    here.refused("net.tflite -d x.npy x.npy -o q.tflite", "has 1 inputs, --data names 2 files");
    here.refused("net.tflite -d none.npy -o q.tflite", "none.npy: there is no such file");
    here.refused("net.tflite -d net.tflite -o q.tflite", "net.tflite: is not a .npy file", 1);
}

TEST_CASE("Words that no option knows are refused", "[cli]") {
    const Place here;
    const std::string run = "net.tflite -d x.npy -o q.tflite ";
    here.refused(run + "--weights per-row", "weights 'per-row': 'per-row' is not known");
    here.refused(run + "--weights per-channel,asymmetric", "per channel they must be symmetric");
    here.refused(run + "--weights codebook:1", "a codebook has 2 to 256 centroids");
    here.refused(run + "--weights codebook:4/3", "cannot share codebooks by 3");
    here.refused(run + "--activations 12", "activations '12': '12' is not known");
    here.refused(run + "--calibration percentile:20", "the percentile lies above 50");
    here.refused(run + "--calibration guess", "calibration 'guess' is not known");
    here.refused(run + "--correct spelling", "'spelling' is not known");
    here.refused(run + "--compute quickly", "compute 'quickly' is not known");
    here.refused(run + "--ends int4", "--ends 'int4' is not known");
    here.refused(run + "--rounding up", "'up'");
    here.refused(run + "--target abacus", "abacus");
    here.refused(run + "--data-scale 0", "data scale '0'");
    here.refused("net.tflite -d x.npy -o q.keras", "q.keras: its extension says no format");
    here.refused("net.tflite -o q.tflite", "--data");
}

TEST_CASE("Networks that cannot be quantized are refused", "[cli]") {
    const Place here;
    here.quantized("--calibration minmax --correct none");
    here.refused("q.tflite -d x.npy -o r.tflite", "give the float network");
    Graph graph = float_network();
    Tensor &weights = graph.tensor(graph.operators[0].inputs[1]);
    Bytes bytes = *weights.data;
    const float wrong = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(bytes.data() + 8, &wrong, sizeof wrong);
    weights.data = std::make_shared<const Bytes>(std::move(bytes));
    here.write_model(graph, "nan");
    here.refused("nan.tflite -d x.npy -o r.tflite", "holds NaN at element 2", 1);
}

TEST_CASE("The report explains every layer", "[cli]") {
    const Place here;
    const Array labels{DType::s64, {8}, Bytes(8 * sizeof(int64_t))};
    const NpyFile labels_file{here / "y.npy", &labels};
    write_npy({&labels_file, 1});
    here.quantized("--calibration minmax --report r.html -l y.npy");
    std::ifstream file(here / "r.html");
    const std::string page((std::istreambuf_iterator<char>(file)), {});
    const Graph graph = import_model(here / "net.tflite");
    for (const Operator &op : graph.operators)
        if (op.kind == OpKind::conv2d || op.kind == OpKind::fully_connected)
            CHECK_THAT(page, Catch::Contains(op.name));
    CHECK_THAT(page, Catch::Contains("accuracy on calibration data"));
    CHECK_THAT(page, Catch::Contains("per-channel,symmetric,8"));
    here.refused("net.tflite -d x.npy -o q.tflite --report none/r.html", "there is no folder none");
}

TEST_CASE("An output that cannot be written is refused, and so are statistics", "[cli]") {
    const Place here;
    const std::string run = "net.tflite -d x.npy --calibration minmax --correct none ";
    here.refused(run + "-o none/q.tflite --save-statistics s.json",
                 "none/q.tflite: there is no folder none");
    here.refused(run + "-o q.tflite --save-statistics none/s.json",
                 "none/s.json: there is no folder none");
}

TEST_CASE("Stored statistics spare the data where nothing is corrected", "[cli]") {
    const Place here;
    const std::string fast = "--calibration mse --correct none ";
    here.quantized(fast + "--save-statistics s.json", "a.octet");
    const Outcome outcome =
        here.octet("quantize net.tflite --statistics s.json -o b.octet " + fast);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out, Catch::Contains("ranges from 8 samples of an earlier run"));
    CHECK(here.shell("cmp a.octet b.octet").exit_code == 0);
    CHECK_THAT(here.octet("quantize net.tflite --statistics s.json -o c.octet --correct none").err,
               Catch::Contains("no samples to search ranges with"));
    here.quantized("--statistics s.json --calibration mse", "d.octet");

    const std::string run = "net.tflite --statistics s.json -o e.octet ";
    here.refused(run, "corrections");
    here.refused(run + "--correct none --calibration search", "there are no samples");
    here.refused(run + "--correct none --report r.html", "--report needs samples");
    here.refused(run + "--correct none --debug whole --debug-dir d", "--debug needs samples");
    here.refused("net.tflite -o e.octet --correct none", "there is no --data");
    here.refused("net.tflite --statistics none.json -o e.octet --correct none",
                 "none.json: there is no such file");
    Graph other = float_network();
    Tensor &weights = other.tensor(other.operators[0].inputs[1]);
    weights.data = std::make_shared<const Bytes>(weights.bytes());
    here.write_model(other, "other");
    here.refused("other.tflite --statistics s.json -o e.octet " + fast, "s.json: ", 1);
}

TEST_CASE("The debugger's arrays are what octet run computes", "[cli]") {
    const Place here;
    const Graph graph = here.quantized(
        "--calibration minmax --correct none --debug whole --debug-dir d --debug-samples 3",
        "q.octet");
    const auto index = nlohmann::json::parse(std::ifstream(here / "d" / "index.json"));
    CHECK(index.at("mode") == "whole");
    CHECK(index.at("samples") == 3);
    REQUIRE(index.at("tensors").size() == graph.operators.size() + 1);
    const auto floats = [&](const nlohmann::json &entry, const char *file) {
        const Array array = read_npy(here / "d" / entry.at(file).get<std::string>());
        CHECK(array.dtype == DType::f32);
        CHECK(array.shape == entry.at("shape").get<Shape>());
        std::vector<float> values(array.data.size() / sizeof(float));
        std::memcpy(values.data(), array.data.data(), array.data.size());
        return values;
    };
    // The input's values are its integers' meaning: those integers through `octet run`.
    const nlohmann::json &input = index["tensors"].front(), &output = index["tensors"].back();
    const auto stored = [](const nlohmann::json &entry, float value) {
        return int(std::lrint(value / entry.at("scale").get<float>())) +
               entry.at("zero_point").get<int>();
    };
    Array integers{DType::s8, {3, 6, 5, 3}, {}};
    for (float value : floats(input, "quantized_file"))
        integers.data.push_back(uint8_t(stored(input, value)));
    const NpyFile file{here / "i.npy", &integers};
    write_npy({&file, 1});
    const Outcome ran = here.octet("run q.octet -i i.npy -o o.npy");
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
    const Array result = read_npy(here / "o.npy");
    const std::vector<float> last = floats(output, "quantized_file");
    REQUIRE(result.data.size() == last.size());
    for (size_t i = 0; i < last.size(); ++i)
        CHECK(int(int8_t(result.data[i])) == stored(output, last[i]));
    // And the float side is the data themselves, of samples spread over all eight.
    const std::vector<float> all = numbers(8 * 90), real = floats(input, "float_file");
    for (size_t i = 0; i < 3; ++i)
        CHECK(std::equal(real.begin() + long(i * 90), real.begin() + long(i * 90 + 90),
                         all.begin() + long(i * 8 / 3 * 90)));

    for (const char *mode : {"int-per-layer", "float-per-layer"}) {
        here.quantized(std::string("--calibration minmax --correct none --debug ") + mode +
                       " --debug-dir " + mode);
        const auto layers = nlohmann::json::parse(std::ifstream(here / mode / "index.json"));
        CHECK(layers.at("tensors").size() == graph.operators.size());
        CHECK(layers.at("samples") == 4);
    }
    const std::string run = "net.tflite -d x.npy -o r.octet ";
    here.refused(run + "--debug whole", "--debug and --debug-dir belong together");
    here.refused(run + "--debug-dir e", "--debug and --debug-dir belong together");
    here.refused(run + "--debug half --debug-dir e", "debug 'half' is not known");
    here.refused(run + "--debug whole --debug-dir d", "d: there are files in it");
    here.refused(run + "--debug whole --debug-dir none/d", "there is no folder");
}

} // namespace octet::test
