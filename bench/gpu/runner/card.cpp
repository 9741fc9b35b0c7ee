#include "card.h"

#include "octet/octet.h"

#include <dlfcn.h>
#include <stdexcept>

namespace octet::bench {

using runtime::cuda::success;

namespace {

enum Attribute : int { clock_rate = 13, multiprocessor_count = 16 };

} // namespace

void Card::check(int error, const char *what) const {
    if (error != success)
        throw std::runtime_error(std::string(what) + ": " + driver.text(error) + " (error " +
                                 std::to_string(error) + ")");
}

Card::Card(int number) : number_(number) {
    if (driver.open("libcuda.so.1", "bundle") != OCTET_OK)
        throw std::runtime_error(octet_last_error());
    driver.version(&driver_version);
    int device = 0;
    check(driver.device_get(&device, number), "opening the card");
    char text[128] = "";
    driver.device_name(text, sizeof text, device);
    name = text;
    int major = 0, minor = 0;
    driver.device_attribute(&major, runtime::cuda::capability_major, device);
    driver.device_attribute(&minor, runtime::cuda::capability_minor, device);
    capability = 10 * major + minor;
    driver.device_attribute(&multiprocessors, multiprocessor_count, device);
    driver.device_attribute(&kilohertz, clock_rate, device);
    check(driver.primary_retain(&context, device), "opening the card's context");
    check(driver.context_push(context), "using the card's context");
    check(driver.stream_create(&stream, runtime::cuda::non_blocking), "creating a stream");
    const auto find = [&](auto &function, const char *symbol) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
            dlsym(driver.library, symbol));
        if (function == nullptr)
            throw std::runtime_error(std::string("the driver lacks ") + symbol);
    };
    find(event_create_, "cuEventCreate");
    find(event_record_, "cuEventRecord");
    find(event_wait_, "cuEventSynchronize");
    find(event_elapsed_, "cuEventElapsedTime");
    check(event_create_(&start_, 0), "creating an event");
    check(event_create_(&stop_, 0), "creating an event");
}

Card::~Card() {
    for (Handle module : modules_)
        driver.module_unload(module);
    driver.stream_destroy(stream);
    driver.primary_release(number_);
}

Address Card::allocate(size_t bytes) {
    Address address = 0;
    check(driver.allocate(&address, bytes), "memory on the card");
    return address;
}

void Card::free(Address address) {
    driver.free(address);
}

Handle Card::load(const std::string &ptx, const char *function) {
    Handle module = nullptr, result = nullptr;
    check(driver.module_load(&module, ptx.c_str(), 0, nullptr, nullptr), function);
    modules_.push_back(module);
    check(driver.module_function(&result, module, function), function);
    return result;
}

Handle Card::record(const std::function<void()> &enqueue) {
    check(driver.capture_begin(stream, runtime::cuda::relaxed_capture), "recording");
    enqueue();
    Handle graph = nullptr, executable = nullptr;
    check(driver.capture_end(stream, &graph), "recording");
    check(driver.graph_instantiate(&executable, graph, 0), "recording");
    driver.graph_destroy(graph);
    return executable;
}

std::vector<double> Card::time(Handle graph, double seconds) {
    check(driver.graph_launch(graph, stream), "warming up");
    check(driver.stream_wait(stream), "warming up");
    std::vector<double> times;
    for (double sum = 0; times.size() < 3 || (sum < seconds && times.size() < 1000);) {
        check(event_record_(start_, stream), "timing");
        check(driver.graph_launch(graph, stream), "timing");
        check(event_record_(stop_, stream), "timing");
        check(event_wait_(stop_), "timing");
        float milliseconds = 0;
        check(event_elapsed_(&milliseconds, start_, stop_), "timing");
        times.push_back(double(milliseconds) * 1e-3);
        sum += times.back();
    }
    return times;
}

void Card::forget(Handle graph) {
    driver.graph_exec_destroy(graph);
}

} // namespace octet::bench
