#include "compiler/report/memory_map.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet::report {
namespace {

// The drawing's inner size and the room for the axes, in SVG units.
constexpr double width = 900, height = 300, left = 70, bottom = 36, top = 10, right = 10;

void extend(Lifetime &lifetime, int call) {
    lifetime.first = lifetime.first < 0 ? call : std::min(lifetime.first, call);
    lifetime.last = std::max(lifetime.last, call);
}

std::string rectangle(const lower::StoredTensor &tensor, int id, Lifetime life, double per_call,
                      double per_byte) {
    // Hues a golden angle apart keep neighbours distinct however many there are.
    const int hue = id * 137 % 360;
    const double tall = std::max(1.0, double(tensor.bytes) * per_byte);
    return fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" "
                       "fill=\"hsl({} 60% 62%)\"><title>{}: {} {}, {} bytes at {}, calls {} to "
                       "{}</title></rect>\n",
                       left + life.first * per_call,
                       top + height - double(tensor.offset) * per_byte - tall,
                       (life.last - life.first + 1) * per_call, tall, hue, escape(tensor.name),
                       name_of(tensor.dtype), to_string(tensor.shape), tensor.bytes, tensor.offset,
                       life.first, life.last);
}

/// A horizontal line at `bytes` with its label beside the axis.
std::string level(uint64_t bytes, double per_byte, const char *style) {
    const double y = top + height - double(bytes) * per_byte;
    return fmt::format("<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.2f}\" y2=\"{2:.2f}\" {3}/>"
                       "<text x=\"{4}\" y=\"{5:.2f}\" text-anchor=\"end\">{6}</text>\n",
                       left, left + width, y, style, left - 6, y + 4, human_bytes(bytes));
}

/// The drawing of arena `index`.
std::string arena_map(const lower::Program &program, const std::vector<Lifetime> &lives,
                      size_t index) {
    const lower::Arena &arena = program.arenas[index];
    const double calls = double(std::max<size_t>(1, program.calls.size()));
    const double per_call = width / calls;
    const double per_byte = height / double(std::max<uint64_t>(1, arena.bytes));
    std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" "
                                  "aria-label=\"Memory map of the arena{}\">\n",
                                  left + width + right, top + height + bottom,
                                  arena.memory.empty() ? "" : " in " + escape(arena.memory));
    for (size_t i = 0; i < program.tensors.size(); i++)
        if (program.tensors[i].region == lower::Region::arena &&
            program.tensors[i].index == int(index) && lives[i].first >= 0)
            svg += rectangle(program.tensors[i], int(i), lives[i], per_call, per_byte);
    svg += level(0, per_byte, "class=\"axis\"");
    svg += level(arena.bytes, per_byte, "class=\"axis\"");
    // Drawn apart only where it differs enough for the two labels not to collide.
    if (double(arena.bytes - arena.lower_bound) * per_byte > 14)
        svg += level(arena.lower_bound, per_byte, "class=\"bound\"");
    return svg + fmt::format("<text x=\"{}\" y=\"{}\">call 0</text><text x=\"{}\" y=\"{}\" "
                             "text-anchor=\"end\">call {}</text>\n</svg>\n",
                             left, top + height + 20, left + width, top + height + 20,
                             program.calls.empty() ? 0 : program.calls.size() - 1);
}

} // namespace

std::string escape(std::string_view text) {
    std::string escaped;
    for (char c : text) {
        switch (c) {
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '&':
            escaped += "&amp;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        default:
            escaped += c;
        }
    }
    return escaped;
}

std::string human_bytes(uint64_t bytes) {
    if (bytes < 1000)
        return fmt::format("{} B", bytes);
    double value = double(bytes);
    const char *unit = "";
    for (const char *next : {"kB", "MB", "GB"}) {
        if (value < 999.5)
            break;
        value /= 1000;
        unit = next;
    }
    return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
}

std::vector<Lifetime> lifetimes(const lower::Program &program) {
    std::vector<Lifetime> lives(program.tensors.size());
    for (size_t i = 0; i < program.calls.size(); i++) {
        const lower::Call &call = program.calls[i];
        for (const lower::Argument &argument : call.arguments)
            if (argument.tensor >= 0)
                extend(lives.at(size_t(argument.tensor)), int(i));
        for (const auto *ids : {&call.inputs, &call.outputs})
            for (int id : *ids)
                extend(lives.at(size_t(id)), int(i));
    }
    return lives;
}

std::string memory_map(const lower::Program &program) {
    const std::vector<Lifetime> lives = lifetimes(program);
    std::string maps;
    for (size_t i = 0; i < program.arenas.size(); i++) {
        // Several are told apart by their memories; one that nothing lies in is not drawn.
        if (program.arenas.size() > 1 && program.arenas[i].bytes == 0)
            continue;
        if (program.arenas.size() > 1)
            maps += fmt::format("<h3>{}, {}</h3>\n", escape(program.arenas[i].memory),
                                human_bytes(program.arenas[i].bytes));
        maps += arena_map(program, lives, i);
    }
    return maps;
}

} // namespace octet::report
