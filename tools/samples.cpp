#include "tools/samples.h"

#include "compiler/support/error.h"

namespace octet::tools {
namespace {

/// The shape of one sample.
Shape sample_shape(const Tensor &tensor) {
    return tensor.shape.empty() ? Shape() : Shape(tensor.shape.begin() + 1, tensor.shape.end());
}

/// "int8 Nx96x96x3": what an array for this input must be.
std::string expectation(const Tensor &tensor) {
    const Shape sample = sample_shape(tensor);
    return sample.empty() ? fmt::format("{} N", name_of(tensor.dtype))
                          : fmt::format("{} Nx{}", name_of(tensor.dtype), to_string(sample));
}

[[noreturn]] void refuse_type(const Tensor &tensor, const Array &array, const std::string &file) {
    const Quantization &q = tensor.quantization;
    if (array.dtype == DType::f32 && q.quantized())
        throw UsageError("{}: holds float32, but input '{}' takes {} with scale {} and zero point "
                         "{}; store round(x / {}) + {} as {}",
                         file, tensor.name, name_of(tensor.dtype), q.scale(), q.zero_point(),
                         q.scale(), q.zero_point(), name_of(tensor.dtype));
    throw UsageError("{}: holds {}, but input '{}' takes {}; convert it with .astype", file,
                     name_of(array.dtype), tensor.name, name_of(tensor.dtype));
}

/// Samples in the array: its first axis, or one when it is a single sample without that axis.
int64_t count_samples(const Tensor &tensor, const Array &array, const std::string &file) {
    if (array.dtype != tensor.dtype)
        refuse_type(tensor, array, file);
    const Shape sample = sample_shape(tensor);
    if (array.shape == sample)
        return 1;
    if (array.shape.empty() || Shape(array.shape.begin() + 1, array.shape.end()) != sample)
        throw UsageError("{}: its shape is {}, but input '{}' takes {}; reshape it", file,
                         to_string(array.shape), tensor.name, expectation(tensor));
    return array.shape[0];
}

} // namespace

int batch_of(const Tensor &tensor) {
    return tensor.shape.empty() ? 1 : tensor.shape[0];
}

int64_t complete(const Graph &graph, int images, std::vector<Array> &arrays) {
    if (images == 1 || arrays.empty() || arrays.size() != graph.inputs.size())
        return 0;
    int64_t samples = -1;
    for (size_t i = 0; i < arrays.size(); ++i) {
        const Shape &shape = arrays[i].shape;
        const Shape sample = sample_shape(graph.tensor(graph.inputs[i]));
        const bool several = shape.size() == sample.size() + 1;
        const int64_t count = several ? shape[0] : 1;
        if (Shape(shape.begin() + several, shape.end()) != sample || count == 0 ||
            (samples >= 0 && count != samples))
            return 0;
        samples = count;
    }
    const int64_t missing = (images - samples % images) % images;
    for (size_t i = 0; i < arrays.size(); ++i) {
        Array &array = arrays[i];
        const Shape sample = sample_shape(graph.tensor(graph.inputs[i]));
        array.data.resize(array.data.size() / size_t(samples) * size_t(samples + missing));
        array.shape = sample;
        array.shape.insert(array.shape.begin(), int(samples + missing));
    }
    return missing;
}

void drop_last(Array &array, int64_t count) {
    const int64_t samples = array.shape.at(0);
    array.data.resize(array.data.size() / size_t(samples) * size_t(samples - count));
    array.shape[0] = int(samples - count);
}

int64_t count_runs(const Graph &graph, const std::vector<Array> &arrays,
                   const std::vector<std::string> &files) {
    if (arrays.size() != graph.inputs.size()) {
        std::string wanted;
        for (TensorId id : graph.inputs)
            wanted += fmt::format("{}'{}' ({})", wanted.empty() ? "" : ", ", graph.tensor(id).name,
                                  expectation(graph.tensor(id)));
        throw UsageError("{}: has {} inputs, --input names {} files; give one for each of {}",
                         graph.source, graph.inputs.size(), arrays.size(), wanted);
    }
    int64_t runs = -1;
    for (size_t i = 0; i < arrays.size(); i++) {
        const Tensor &tensor = graph.tensor(graph.inputs[i]);
        const int64_t samples = count_samples(tensor, arrays[i], files[i]);
        const int batch = batch_of(tensor);
        if (samples == 0)
            throw UsageError("{}: holds no samples; give at least {}", files[i], batch);
        if (samples % batch != 0)
            throw UsageError("{}: holds {} samples, but the network takes {} at a time; give a "
                             "multiple of {}",
                             files[i], samples, batch, batch);
        if (runs >= 0 && samples / batch != runs)
            throw UsageError("{}: holds samples for {} runs, {} for {}; give arrays of one length",
                             files[i], samples / batch, files[0], runs);
        runs = samples / batch;
    }
    return std::max<int64_t>(runs, 1); // a network without inputs runs once
}

Bytes slice(const Tensor &tensor, const Array &array, int64_t index) {
    const auto begin = array.data.begin() + index * int64_t(tensor.bytes());
    return {begin, begin + int64_t(tensor.bytes())};
}

Array output_array(const Tensor &tensor, int64_t runs) {
    Array array{tensor.dtype, tensor.shape, {}};
    if (tensor.shape.empty())
        array.shape = {int(runs)};
    else
        array.shape[0] *= int(runs);
    array.data.reserve(size_t(runs) * tensor.bytes());
    return array;
}

} // namespace octet::tools
