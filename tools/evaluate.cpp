// octet evaluate: how good a network is on data, alone and against another.
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "tools/judge.h"
#include "tools/predict.h"
#include "tools/real_arrays.h"
#include "tools/verb.h"

namespace octet::tools {
namespace {

struct Options : ModelOptions {
    std::vector<std::string> data;
    std::string labels, against, json, data_scale;
};

std::optional<DataScale> scale_of(const Options &options) {
    return options.data_scale.empty() ? std::nullopt
                                      : std::optional(data_scale(options.data_scale));
}

void print(const Judgement &judgement) {
    fmt::print("samples    {}\n", judgement.samples);
    if (judgement.accuracy)
        fmt::print("accuracy   {:.4f}\n", *judgement.accuracy);
    if (judgement.agreement)
        fmt::print("agreement  {:.4f}\n", *judgement.agreement);
    if (judgement.sqnr_db)
        fmt::print("SQNR       {:.2f} dB\n", *judgement.sqnr_db);
}

int run(const Options &options) {
    Predictor predictor(options);
    quantize::Samples samples = read_samples(predictor.graph(), options.data, scale_of(options));
    std::vector<int64_t> labels;
    const int batch = batch_of_outputs(predictor.graph());
    if (!options.labels.empty())
        labels = read_labels(options.labels, samples.count * batch);
    const std::vector<Values> outputs = predictor.run(samples);
    Judgement judgement = judge(predictor.graph(), outputs, labels);
    if (!options.against.empty()) {
        ModelOptions other = options;
        other.model = options.against;
        other.target = "host";
        Predictor exact(other);
        // The same arrays, as the other network takes them.
        const quantize::Samples its = read_samples(exact.graph(), options.data, scale_of(options));
        compare(predictor.graph(), outputs, exact.graph(), exact.run(its), judgement);
    }
    if (!options.json.empty())
        write_text_file(options.json, to_json(judgement).dump(2) + "\n");
    print(judgement);
    return 0;
}

} // namespace

Verb add_evaluate(Arguments command) {
    Arguments verb = command.verb("evaluate", "Judge a network on data, alone or against another");
    auto options = std::make_shared<Options>();
    add_model_options(verb, *options);
    verb.option("-d,--data", options->data, "One .npy file per input, samples along the first axis",
                Need::required);
    verb.option("-l,--labels", options->labels, "A .npy file of one class number per sample");
    verb.option("--against", options->against,
                "Another network, whose outputs are taken as exact: agreement and SQNR");
    verb.option("--data-scale", options->data_scale,
                "SCALE[,ZERO_POINT]: the arrays' numbers mean SCALE (number - ZERO_POINT)");
    verb.option("--json", options->json, "Write the numbers to this file, too");
    verb.footer(R"(
Any network, float or quantized, takes the same arrays: numbers mean themselves, and are quantized
where the network wants integers; only an array of the input's own integer type holds stored values.
Images may be NHWC or NCHW. Accuracy and agreement compare the index of the largest output; SQNR is
over all outputs, with --against's as the signal.

Examples:
  octet evaluate resnet_int8.tflite --data test_x.npy --labels test_y.npy
  octet evaluate resnet_int8.tflite --data test_x.npy --against resnet.onnx --target cortex-m4)");
    return {verb, [options] { return run(*options); }};
}

} // namespace octet::tools
