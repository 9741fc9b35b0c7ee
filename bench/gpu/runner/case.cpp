#include "case.h"

#include <algorithm>
#include <chrono>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace octet::bench {

namespace {

std::vector<uint8_t> read(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open())
        throw std::runtime_error(file + ": it cannot be read; unpack the bundle again");
    return bytes;
}

/// The file's images again and again, `bytes` in all.
std::vector<uint8_t> repeated(const std::string &file, size_t bytes) {
    const std::vector<uint8_t> images = read(file);
    if (images.empty())
        throw std::runtime_error(file + ": it is empty; unpack the bundle again");
    std::vector<uint8_t> result(bytes);
    for (size_t i = 0; i < bytes; i += images.size())
        std::copy_n(images.begin(), std::min(images.size(), bytes - i),
                    result.begin() + std::ptrdiff_t(i));
    return result;
}

void must(octet_status status) {
    if (status != OCTET_OK)
        throw std::runtime_error(octet_last_error());
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// An array of the card as a pointer that only the runtime follows.
void *pointer(Address address) {
    return reinterpret_cast<void *>(address);
}

} // namespace

std::vector<Case> read_cases(const std::string &folder) {
    const std::string file = folder + "/cases.tsv";
    const std::vector<uint8_t> bytes = read(file);
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    std::vector<Case> cases;
    std::string line;
    std::getline(lines, line); // the columns' names
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        Case one;
        if (!(words >> one.name >> one.target >> one.batch >> one.images >> one.calls >> one.macs >>
              one.bytes >> one.m >> one.n >> one.k >> one.weights_start >> one.weights))
            throw std::runtime_error(file + ": a damaged line; unpack the bundle again");
        cases.push_back(one);
    }
    return cases;
}

Running::Running(Card &card, const std::string &folder, const Case &which)
    : card_(card), case_(which) {
    const std::string images = folder + "/cases/" + which.name + "/";
    files_ = images + which.target + "_" + std::to_string(which.batch);
    const std::string objects = files_ + ".so";
    library_ = dlopen(objects.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr)
        throw std::runtime_error(dlerror());
    const auto *library = static_cast<const octet_library *>(
        dlsym(library_, ("octet_" + which.name + "_library").c_str()));
    if (library == nullptr)
        throw std::runtime_error(objects + ": its kernel table is missing; unpack it again");
    octet_cuda_options cuda{};
    cuda.context = card.context;
    cuda.stream = card.stream;
    octet_options options{};
    options.cuda = &cuda;
    read_model(folder + "/cases/" + which.weights);
    must(octet_model_open_memory(image_, image_bytes_, library, &options, &model_));
    octet_tensor_info info;
    for (size_t i = 0; i < octet_model_input_count(model_); ++i) {
        must(octet_model_input(model_, i, &info));
        inputs_.push_back(repeated(images + "input" + std::to_string(i) + ".bin", info.bytes));
        arrays_.push_back(card.allocate(info.bytes));
        card_inputs_.push_back(pointer(arrays_.back()));
        card.check(
            card.driver.copy_to_device(arrays_.back(), inputs_[i].data(), info.bytes, card.stream),
            "copying an input");
    }
    for (size_t i = 0; i < octet_model_output_count(model_); ++i) {
        must(octet_model_output(model_, i, &info));
        expected_.push_back(repeated(images + "output" + std::to_string(i) + ".bin", info.bytes));
        arrays_.push_back(card.allocate(info.bytes));
        card_outputs_.push_back(pointer(arrays_.back()));
    }
    card.check(card.driver.stream_wait(card.stream), "copying the inputs");
}

Running::~Running() {
    octet_model_close(model_);
    for (const Address array : arrays_)
        card_.free(array);
    if (library_ != nullptr)
        dlclose(library_);
}

void Running::read_model(const std::string &weights) {
    const Bytes rest = read(files_ + ".octet"), middle = read(weights);
    if (case_.weights_start > rest.size())
        throw std::runtime_error(files_ + ".octet: it is too short; unpack the bundle again");
    constexpr size_t alignment = 64;
    image_bytes_ = rest.size() + middle.size();
    memory_.resize(image_bytes_ + alignment);
    image_ = memory_.data() + (alignment - reinterpret_cast<uintptr_t>(memory_.data()) % alignment);
    const auto start = rest.begin() + std::ptrdiff_t(case_.weights_start);
    uint8_t *next = std::copy(rest.begin(), start, image_);
    next = std::copy(middle.begin(), middle.end(), next);
    std::copy(start, rest.end(), next);
}

void Running::compare(const std::vector<Bytes> &outputs, Exactness &result) const {
    for (size_t i = 0; i < outputs.size(); ++i)
        for (size_t j = 0; j < outputs[i].size(); ++j) {
            ++result.outputs;
            result.mismatches += outputs[i][j] != expected_[i][j];
        }
}

Exactness Running::check() {
    Exactness result;
    constexpr uint8_t pattern = 0xcd; // What is not written must show.
    std::vector<const void *> in;
    std::vector<Bytes> outputs;
    std::vector<void *> out;
    for (const Bytes &input : inputs_)
        in.push_back(input.data());
    for (const Bytes &expected : expected_)
        outputs.emplace_back(expected.size(), pattern);
    for (Bytes &output : outputs)
        out.push_back(output.data());
    must(octet_model_run(model_, in.data(), out.data()));
    compare(outputs, result);

    for (size_t i = 0; i < outputs.size(); ++i) {
        std::fill(outputs[i].begin(), outputs[i].end(), pattern);
        card_.check(card_.driver.copy_to_device(arrays_[inputs_.size() + i], outputs[i].data(),
                                                outputs[i].size(), card_.stream),
                    "filling an output");
    }
    must(octet_cuda_run_async(model_, card_inputs_.data(), card_outputs_.data()));
    must(octet_cuda_wait(model_));
    for (size_t i = 0; i < outputs.size(); ++i)
        card_.check(card_.driver.copy_to_host(outputs[i].data(), arrays_[inputs_.size() + i],
                                              outputs[i].size(), card_.stream),
                    "reading an output");
    card_.check(card_.driver.stream_wait(card_.stream), "reading the outputs");
    compare(outputs, result);
    if (case_.batch == 1)
        check_calls(result);
    return result;
}

void Running::check_calls(Exactness &result) {
    std::ifstream lines(files_ + ".calls");
    size_t done = 0;
    const auto run_to = [&](size_t end) {
        for (; done < end; ++done)
            must(octet_model_run_call(model_, done, card_inputs_.data(), card_outputs_.data()));
    };
    size_t call = 0, offset = 0, rows = 0, row = 0, stride = 0;
    uint64_t expected = 0;
    std::string name;
    while (lines >> call >> offset >> rows >> row >> stride >> expected &&
           std::getline(lines >> std::ws, name)) {
        run_to(call + 1);
        Bytes memory(rows > 0 ? (rows - 1) * stride + row : 0);
        must(octet_model_arena_read(model_, offset, memory.data(), memory.size()));
        uint64_t hash = 14695981039346656037ull;
        for (size_t i = 0; i < rows; ++i)
            for (size_t j = 0; j < row; ++j)
                hash = (hash ^ memory[i * stride + j]) * 1099511628211ull;
        ++result.calls;
        if (hash != expected && result.first_wrong.empty())
            result.first_wrong = name;
    }
}

Time Running::time(double seconds) {
    constexpr int runs = 20; // Enough that a graph's launch does not count.
    const Handle graph = card_.record([&] {
        for (int i = 0; i < runs; ++i)
            must(octet_cuda_run_async(model_, card_inputs_.data(), card_outputs_.data()));
    });
    const std::vector<double> times = card_.time(graph, seconds);
    card_.forget(graph);
    Time time;
    time.least = *std::min_element(times.begin(), times.end()) / runs;
    time.median = median(times) / runs;
    std::vector<double> alone;
    for (double sum = 0; alone.size() < 5 || (sum < seconds / 2 && alone.size() < 1000);) {
        const auto start = std::chrono::steady_clock::now();
        must(octet_cuda_run_async(model_, card_inputs_.data(), card_outputs_.data()));
        must(octet_cuda_wait(model_));
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        alone.push_back(taken.count());
        sum += alone.back();
    }
    time.alone = median(alone);
    return time;
}

} // namespace octet::bench
