#include "tools/real_arrays.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace octet::tools {

namespace {

template <typename T>
Values numbers(const Array &array) {
    Values values(array.data.size() / sizeof(T));
    for (size_t i = 0; i < values.size(); ++i) {
        T value;
        std::memcpy(&value, array.data.data() + i * sizeof(T), sizeof(T));
        values[i] = float(value);
    }
    return values;
}

Values numbers(const Array &array) {
    switch (array.dtype) {
    case DType::f32:
        return numbers<float>(array);
    case DType::s8:
        return numbers<int8_t>(array);
    case DType::u8:
    case DType::boolean:
        return numbers<uint8_t>(array);
    case DType::s16:
        return numbers<int16_t>(array);
    case DType::s32:
        return numbers<int32_t>(array);
    case DType::s64:
        return numbers<int64_t>(array);
    }
    return {};
}

/// The shape of one run of the network.
Shape with_batch(const Tensor &tensor, int64_t samples) {
    Shape shape = tensor.shape;
    if (!shape.empty())
        shape[0] = int(samples);
    return shape;
}

Shape channels_first(const Shape &nhwc) {
    return {nhwc[0], nhwc[3], nhwc[1], nhwc[2]};
}

/// In place: calibration data may be most of what fits into memory.
void to_channels_last(Values &values, const Shape &nhwc) {
    const int64_t n = nhwc[0], pixels = int64_t(nhwc[1]) * nhwc[2], channels = nhwc[3];
    Values one(size_t(pixels * channels));
    for (int64_t i = 0; i < n; ++i) {
        float *image = values.data() + i * pixels * channels;
        std::copy_n(image, one.size(), one.data());
        for (int64_t p = 0; p < pixels; ++p)
            for (int64_t c = 0; c < channels; ++c)
                image[p * channels + c] = one[size_t(c * pixels + p)];
    }
}

/// Samples in the array: its first axis, or one where that axis is missing.
Values read_input(const Tensor &tensor, const std::string &file,
                  const std::optional<DataScale> &scale, int64_t &samples) {
    if (!std::filesystem::exists(file))
        throw UsageError("{}: there is no such file; check the path", file);
    Array array = read_npy(file);
    Shape shape = array.shape;
    if (shape.size() + 1 == tensor.shape.size())
        shape.insert(shape.begin(), 1);
    samples = shape.empty() ? 1 : shape[0];
    const int batch = tensor.shape.empty() ? 1 : tensor.shape[0];
    const Shape wanted = with_batch(tensor, samples);
    const bool is_nchw = shape != wanted && wanted.size() == 4 && shape == channels_first(wanted);
    if (shape != wanted && !is_nchw) {
        Shape one(wanted.begin() + (wanted.empty() ? 0 : 1), wanted.end());
        throw UsageError("{}: its shape is {}, but input '{}' takes samples of {}; reshape it to "
                         "Nx{}",
                         file, to_string(array.shape), tensor.name, to_string(one), to_string(one));
    }
    if (samples == 0)
        throw UsageError("{}: holds no samples; give at least {}", file, batch);
    if (samples % batch != 0)
        throw UsageError("{}: holds {} samples, but the network takes {} at a time; give a "
                         "multiple of {}",
                         file, samples, batch, batch);
    samples /= batch;

    Values values = numbers(array);
    array.data = {}; // Two copies are not needed.
    const Quantization &quantization = tensor.quantization;
    float factor = 1, zero_point = 0;
    if (scale)
        factor = scale->scale, zero_point = scale->zero_point;
    else if (quantization.quantized() && array.dtype == tensor.dtype)
        factor = quantization.scale(), zero_point = float(quantization.zero_point());
    if (factor != 1 || zero_point != 0)
        for (float &value : values)
            value = factor * (value - zero_point);
    if (is_nchw)
        to_channels_last(values, wanted);
    return values;
}

} // namespace

DataScale data_scale(const std::string &text) {
    DataScale result;
    const char *end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data(), end, result.scale);
    if (error == std::errc() && rest != end && *rest == ',') {
        const auto zero = std::from_chars(rest + 1, end, result.zero_point);
        rest = zero.ptr;
        error = zero.ec;
    }
    if (error != std::errc() || rest != end || !(result.scale > 0))
        throw UsageError("data scale '{}': write SCALE or SCALE,ZERO_POINT, such as 0.0078125,128",
                         text);
    return result;
}

quantize::Samples read_samples(const Graph &graph, const std::vector<std::string> &files,
                               const std::optional<DataScale> &scale) {
    if (files.size() != graph.inputs.size())
        throw UsageError("{}: has {} inputs, --data names {} files; give one for each",
                         graph.source, graph.inputs.size(), files.size());
    quantize::Samples samples;
    for (size_t i = 0; i < files.size(); ++i) {
        int64_t count = 0;
        samples.inputs.push_back(read_input(graph.tensor(graph.inputs[i]), files[i], scale, count));
        if (i > 0 && count != samples.count)
            throw UsageError("{}: holds samples for {} runs, {} for {}; give arrays of one length",
                             files[i], count, files[0], samples.count);
        samples.count = count;
    }
    return samples;
}

std::vector<int64_t> read_labels(const std::string &file, int64_t samples) {
    if (!std::filesystem::exists(file))
        throw UsageError("{}: there is no such file; check the path", file);
    const Array array = read_npy(file);
    if (array.dtype == DType::f32)
        throw UsageError("{}: holds float32, labels are integers; convert it with .astype", file);
    const int64_t count = element_count(array.shape);
    if (count != samples)
        throw UsageError("{}: holds {} labels for {} samples; give one for each", file, count,
                         samples);
    const Values values = numbers(array);
    return {values.begin(), values.end()};
}

} // namespace octet::tools
