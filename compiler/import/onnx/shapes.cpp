#include "compiler/import/onnx/shapes.h"

#include "compiler/graph/check_operator.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace octet::onnx {

namespace {

Shape checked(const Node &node, const std::vector<int64_t> &wanted, const Shape &in) {
    Shape shape;
    int64_t elements = 1;
    for (int64_t extent : wanted) {
        if (extent < 0 || extent > max_elements)
            node.fail("it makes an axis of {} elements; export the network with fixed shapes",
                      extent);
        elements *= extent;
        if (elements > max_elements)
            node.fail("it makes more than 2^28 elements; export the network with fixed shapes");
        shape.push_back(int(extent));
    }
    if (elements != element_count(in))
        node.fail("it makes {} of {}; both must have as many elements", to_string(shape),
                  to_string(in));
    return shape;
}

Shape shape_of_reshape(const Node &node, const Shape &in) {
    std::vector<int64_t> wanted =
        node.opset() < 5 ? node.integers("shape") : node.constant_integers(1, "shape");
    if (wanted.size() > 8)
        node.fail("its shape has {} dimensions; at most 8 are supported", wanted.size());
    int64_t known = 1;
    int open = -1;
    for (size_t i = 0; i < wanted.size(); i++) {
        if (wanted[i] == 0 && !node.integer("allowzero", 0)) {
            if (i >= in.size())
                node.fail("its shape copies axis {} of {}; give a number", i, to_string(in));
            wanted[i] = in[i];
        }
        if (wanted[i] == -1 && open >= 0)
            node.fail("its shape has two free axes; give at least one a number");
        if (wanted[i] == -1)
            open = int(i);
        else if (wanted[i] < 0 || wanted[i] > max_elements || known > max_elements)
            node.fail("its shape has an axis of {} elements; give a number from 1 to 2^28",
                      wanted[i]);
        else
            known *= wanted[i];
    }
    if (open >= 0)
        wanted[size_t(open)] = known > 0 ? element_count(in) / known : 0;
    return checked(node, wanted, in);
}

Shape shape_of_flatten(const Node &node, const Shape &in) {
    int64_t axis = node.integer("axis", 1);
    const auto rank = int64_t(in.size());
    if (axis < -rank || axis > rank)
        node.fail("its axis {} is not one of {} dimensions; use an axis of the tensor", axis, rank);
    axis = axis < 0 ? axis + rank : axis;
    const int64_t rows = element_count({in.begin(), in.begin() + std::ptrdiff_t(axis)});
    return checked(node, {rows, rows > 0 ? element_count(in) / rows : 0}, in);
}

std::set<int> axes_of(const Node &node, size_t rank) {
    std::set<int> result;
    for (int64_t axis : node.parameter("axes", 1).value_or(std::vector<int64_t>()))
        result.insert(node.axis(axis, rank));
    return result;
}

Shape shape_of_squeeze(const Node &node, const Shape &in) {
    const std::set<int> axes = axes_of(node, in.size());
    Shape shape;
    for (size_t axis = 0; axis < in.size(); axis++) {
        const bool removed = axes.empty() ? in[axis] == 1 : axes.count(int(axis)) > 0;
        if (removed && in[axis] != 1)
            node.fail("it removes axis {} of {}; only extents of 1 can be removed", axis,
                      to_string(in));
        if (!removed)
            shape.push_back(in[axis]);
    }
    return shape;
}

Shape shape_of_unsqueeze(const Node &node, const Shape &in) {
    const auto given = node.parameter("axes", 1).value_or(std::vector<int64_t>());
    if (given.size() + in.size() > 8)
        node.fail("it makes {} dimensions; at most 8 are supported", given.size() + in.size());
    const std::set<int> axes = axes_of(node, in.size() + given.size());
    if (axes.size() != given.size())
        node.fail("it adds an axis twice; name each once");
    Shape shape;
    size_t next = 0;
    for (size_t axis = 0; axis < in.size() + axes.size(); axis++)
        shape.push_back(axes.count(int(axis)) ? 1 : in[next++]);
    return shape;
}

} // namespace

Shape reshaped_shape(const Node &node, const Shape &in) {
    if (node.type() == "Flatten")
        return shape_of_flatten(node, in);
    if (node.type() == "Squeeze")
        return shape_of_squeeze(node, in);
    return node.type() == "Unsqueeze" ? shape_of_unsqueeze(node, in) : shape_of_reshape(node, in);
}

Axes permutation_of(const Node &node, size_t rank) {
    Axes result = identity(rank);
    std::reverse(result.begin(), result.end());
    if (node.has("perm")) {
        const auto given = node.integers("perm");
        result.assign(given.begin(), given.end());
    }
    Axes sorted = result;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != identity(rank))
        node.fail("its perm is not one of {} axes; name each axis once", rank);
    return result;
}

std::vector<Range> slice_ranges(const Node &node, const Shape &in) {
    const bool old = node.opset() < 10;
    const auto starts = old ? node.integers("starts") : node.constant_integers(1, "starts");
    const auto ends = old ? node.integers("ends") : node.constant_integers(2, "ends");
    std::vector<int64_t> axes(starts.size()), steps(starts.size(), 1);
    std::iota(axes.begin(), axes.end(), 0);
    axes = node.parameter("axes", 3).value_or(axes);
    if (!old && node.has_input(4))
        steps = node.constant_integers(4, "steps");
    if (ends.size() != starts.size() || axes.size() != starts.size() ||
        steps.size() != starts.size())
        node.fail("it has {} starts, {} ends, {} axes and {} steps; give as many of each",
                  starts.size(), ends.size(), axes.size(), steps.size());
    std::vector<Range> ranges;
    for (int extent : in)
        ranges.push_back({0, 1, extent});
    for (size_t i = 0; i < starts.size(); i++) {
        const int axis = node.axis(axes[i], in.size());
        const int64_t extent = in[size_t(axis)], step = steps[i];
        if (step == 0 || step > max_elements || step < -max_elements)
            node.fail("its step along axis {} is {}; use one from 1 to 2^28", axis, step);
        const auto place = [&](int64_t bound, int64_t lowest, int64_t highest) {
            const int64_t cut = std::clamp(bound, -max_elements, max_elements);
            return std::clamp(cut < 0 ? cut + extent : cut, lowest, highest);
        };
        const int64_t begin =
            step > 0 ? place(starts[i], 0, extent) : place(starts[i], 0, extent - 1);
        const int64_t end = step > 0 ? place(ends[i], 0, extent) : place(ends[i], -1, extent - 1);
        const int64_t span = step > 0 ? end - begin : begin - end, stride = std::abs(step);
        ranges[size_t(axis)] = {begin, step, std::max<int64_t>(0, (span + stride - 1) / stride)};
    }
    return ranges;
}

std::vector<int> split_extents(const Node &node, int extent) {
    const auto outputs = int64_t(node.output_count());
    std::vector<int64_t> given = node.parameter("split", 1).value_or(std::vector<int64_t>());
    if (given.empty()) {
        const int64_t count = node.integer("num_outputs", outputs);
        const int64_t each = count > 0 ? (extent + count - 1) / count : 0;
        for (int64_t i = 0; i < outputs; i++)
            given.push_back(std::min<int64_t>(each, extent - i * each));
    }
    int64_t sum = 0;
    std::vector<int> result;
    for (int64_t part : given) {
        result.push_back(node.bounded(part, 1, "split"));
        sum += part;
    }
    if (sum != extent || int64_t(given.size()) != outputs)
        node.fail(
            "its {} parts have {} elements together; the axis has {} and there are {} outputs",
            given.size(), sum, extent, outputs);
    return result;
}

} // namespace octet::onnx
