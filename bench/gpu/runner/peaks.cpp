#include "peaks.h"

#include <algorithm>
#include <stdexcept>

namespace octet::bench {

namespace {

// Sums that do not wait for each other, and how often a loop goes through them.
constexpr int dot_sums = 16, dot_rounds = 8;
constexpr int tile_sums = 8, tile_rounds = 4;
constexpr int threads = 256;

std::string number(int value) {
    return std::to_string(value);
}

/// %name0, %name1, ... in braces.
std::string registers(const std::string &name, int first, int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i)
        text += (i > 0 ? ", %" : "%") + name + number(first + i);
    return text + "}";
}

/// A loop of `count` rounds over `sums` registers %s, which start as different numbers and end, all
/// added, in out[thread]: nothing can be left out.
std::string loop(const std::string &head, const std::string &entry, int sums,
                 const std::string &body) {
    std::string text = head + ".address_size 64\n.visible .entry " + entry +
                       "(.param .u64 out, .param .u32 count)\n{\n"
                       ".reg .pred %again;\n.reg .b32 %s<" +
                       number(sums) +
                       ">, %a<4>, %b<2>, %left, %id, %block, %size;\n"
                       ".reg .b64 %to, %at;\n"
                       "ld.param.u64 %to, [out];\nld.param.u32 %left, [count];\n"
                       "mov.u32 %id, %tid.x;\nmov.u32 %block, %ctaid.x;\nmov.u32 %size, %ntid.x;\n"
                       "mad.lo.s32 %id, %block, %size, %id;\n";
    for (int i = 0; i < 4; ++i)
        text += "add.s32 %a" + number(i) + ", %id, " + number(i) + ";\n";
    for (int i = 0; i < 2; ++i)
        text += "xor.b32 %b" + number(i) + ", %id, " + number(85 + i) + ";\n";
    for (int i = 0; i < sums; ++i)
        text += "add.s32 %s" + number(i) + ", %id, " + number(i) + ";\n";
    text += "again:\n" + body +
            "sub.u32 %left, %left, 1;\nsetp.ne.u32 %again, %left, 0;\n@%again bra again;\n";
    for (int i = 1; i < sums; ++i)
        text += "add.s32 %s0, %s0, %s" + number(i) + ";\n";
    return text + "cvta.to.global.u64 %to, %to;\nmul.wide.u32 %at, %id, 4;\n"
                  "add.s64 %at, %to, %at;\nst.global.u32 [%at], %s0;\nret;\n}\n";
}

std::string dot_ptx() {
    std::string body;
    for (int round = 0; round < dot_rounds; ++round)
        for (int i = 0; i < dot_sums; ++i) {
            const std::string sum = "%s" + number(i);
            body += "dp4a.s32.s32 " + sum + ", %a" + number(round % 4) + ", %b" +
                    number(round / 4) + ", " + sum + ";\n";
        }
    return loop(".version 5.0\n.target sm_61\n", "dot", dot_sums, body);
}

std::string tiles_ptx() {
    std::string body;
    for (int round = 0; round < tile_rounds; ++round)
        for (int i = 0; i < tile_sums; ++i) {
            const std::string sums = registers("s", 4 * i, 4);
            body += "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 " + sums + ", " +
                    registers("a", 0, 4) + ", " + registers("b", 0, 2) + ", " + sums + ";\n";
        }
    return loop(".version 7.0\n.target sm_80\n", "tiles", 4 * tile_sums, body);
}

constexpr int copy_vectors = 4; ///< of 16 bytes, that a thread has under way

std::string copy_ptx() {
    // Each block copies `copy_vectors` runs of neighbouring vectors.
    std::string text = ".version 5.0\n.target sm_61\n.address_size 64\n"
                       ".visible .entry copy(.param .u64 from, .param .u64 to)\n{\n.reg .b32 %v<" +
                       number(4 * copy_vectors) +
                       ">, %id, %block;\n.reg .b64 %from, %to, %at;\n"
                       "ld.param.u64 %from, [from];\nld.param.u64 %to, [to];\n"
                       "cvta.to.global.u64 %from, %from;\ncvta.to.global.u64 %to, %to;\n"
                       "mov.u32 %id, %tid.x;\nmov.u32 %block, %ctaid.x;\n"
                       "mad.lo.s32 %id, %block, " +
                       number(threads * copy_vectors) +
                       ", %id;\nmul.wide.u32 %at, %id, 16;\n"
                       "add.s64 %from, %from, %at;\nadd.s64 %to, %to, %at;\n";
    for (int i = 0; i < copy_vectors; ++i)
        text += "ld.global.v4.u32 " + registers("v", 4 * i, 4) + ", [%from+" +
                number(16 * threads * i) + "];\n";
    for (int i = 0; i < copy_vectors; ++i)
        text += "st.global.v4.u32 [%to+" + number(16 * threads * i) + "], " +
                registers("v", 4 * i, 4) + ";\n";
    return text + "ret;\n}\n";
}

/// Seconds of one launch.
double seconds_of(Card &card, Handle function, unsigned blocks, void **parameters, double seconds) {
    const Handle graph = card.record([&] {
        card.check(card.driver.launch(function, blocks, 1, 1, threads, 1, 1, 0, card.stream,
                                      parameters, nullptr),
                   "a peak's kernel");
    });
    const std::vector<double> times = card.time(graph, seconds);
    card.forget(graph);
    return *std::min_element(times.begin(), times.end());
}

/// Products per second of a loop whose thread makes `products` of them in a round.
double products_per_second(Card &card, const char *name, double products, double seconds) {
    const Handle function = card.load(peak_ptx(name), name);
    const bool full = seconds > 0;
    // Eight blocks fill a multiprocessor; several rounds of blocks hide the last one's end.
    const unsigned blocks = full ? unsigned(card.multiprocessors) * 8 * 4 : 1;
    uint32_t count = full ? 4096 : 1;
    Address out = card.allocate(size_t(blocks) * threads * 4);
    void *parameters[] = {&out, &count};
    const double taken = seconds_of(card, function, blocks, parameters, seconds);
    card.free(out);
    return products * count * blocks * threads / taken;
}

double bytes_per_second(Card &card, double seconds) {
    const Handle function = card.load(copy_ptx(), "copy");
    constexpr size_t block_bytes = size_t(16) * threads * copy_vectors;
    // Far more than the card's cache holds.
    const unsigned blocks = seconds > 0 ? unsigned((size_t(512) << 20) / block_bytes) : 2;
    const size_t bytes = block_bytes * blocks;
    std::vector<uint8_t> data(bytes), copied(bytes);
    for (size_t i = 0; i < bytes; ++i)
        data[i] = uint8_t(i * 2654435761u >> 13);
    Address from = card.allocate(bytes), to = card.allocate(bytes);
    const auto &driver = card.driver;
    card.check(driver.copy_to_device(from, data.data(), bytes, card.stream), "copying");
    void *parameters[] = {&from, &to};
    const double taken = seconds_of(card, function, blocks, parameters, seconds);
    card.check(driver.copy_to_host(copied.data(), to, bytes, card.stream), "copying");
    card.check(driver.stream_wait(card.stream), "copying");
    card.free(from);
    card.free(to);
    if (copied != data)
        throw std::runtime_error("the kernel that copies memory gave something else; the card or "
                                 "its driver is broken");
    return 2 * double(bytes) / taken;
}

} // namespace

std::string peak_ptx(const std::string &name) {
    if (name == "dot")
        return dot_ptx();
    if (name == "tiles")
        return tiles_ptx();
    return name == "copy" ? copy_ptx() : "";
}

Peaks measure_peaks(Card &card, double seconds) {
    Peaks peaks;
    peaks.dot = products_per_second(card, "dot", 4.0 * dot_sums * dot_rounds, seconds);
    if (card.capability >= 80) {
        constexpr double per_thread = 16.0 * 8 * 32 / 32;
        peaks.tiles =
            products_per_second(card, "tiles", per_thread * tile_sums * tile_rounds, seconds);
    }
    peaks.copied = bytes_per_second(card, seconds);
    return peaks;
}

} // namespace octet::bench
