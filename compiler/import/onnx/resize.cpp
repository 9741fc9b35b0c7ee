// Resize and Upsample.
//
// ONNX describes where an output pixel samples by a coordinate mode, a rounding of coordinates and
// either a scale or a size; Octet has three rules (ResizeAttributes). Rather than a table of which
// words mean the same, the places that ONNX would read are computed, and the rule is taken that
// reads the same ones for every output pixel; where none does, the words are named and refused.
#include "compiler/reference/resize.h"
#include "compiler/import/onnx/window.h"

#include <algorithm>
#include <cmath>

namespace octet::onnx {

namespace {

struct AxisScale {
    int in = 1, out = 1;
    double scale = 1; ///< as ONNX divides coordinates by
};

/// ONNX's words about sampling.
struct Sampling {
    std::string mode, coordinates, rounding;
};

/// Where along the input output pixel `i` lies.
double place(const Sampling &sampling, const AxisScale &axis, int i) {
    const std::string &mode = sampling.coordinates;
    if (mode == "asymmetric")
        return i / axis.scale;
    const double exact = axis.in * axis.scale; // the output's extent before it was cut
    if (mode == "align_corners")
        return exact > 1 ? i * (axis.in - 1) / (exact - 1) : 0;
    if (mode == "pytorch_half_pixel" && axis.out == 1)
        return 0;
    if (mode == "tf_half_pixel_for_nn")
        return (i + 0.5) / axis.scale;
    if (mode == "half_pixel_symmetric")
        return axis.in / 2.0 * (1 - axis.out / exact) + (i + 0.5) / axis.scale - 0.5;
    return (i + 0.5) / axis.scale - 0.5; // half_pixel
}

double rounded(const std::string &rounding, double x) {
    if (rounding == "floor")
        return std::floor(x);
    if (rounding == "ceil")
        return std::ceil(x);
    return rounding == "round_prefer_ceil" ? std::floor(x + 0.5) : std::ceil(x - 0.5);
}

/// The place that Octet reads by `rule`, for nearest after rounding.
double place(const ResizeAttributes &rule, bool nearest, const AxisScale &axis, int i) {
    if (nearest)
        return reference::nearest_place(rule, i, axis.in, axis.out);
    const double scale = rule.align_corners && axis.out > 1 ? double(axis.in - 1) / (axis.out - 1)
                                                            : double(axis.in) / axis.out;
    return rule.half_pixel_centers ? (i + 0.5) * scale - 0.5 : i * scale;
}

bool same_places(const Sampling &sampling, const ResizeAttributes &rule, const AxisScale &axis) {
    const bool nearest = sampling.mode == "nearest";
    for (int i = 0; i < axis.out; i++) {
        double theirs = place(sampling, axis, i);
        if (nearest)
            theirs = rounded(sampling.rounding, theirs);
        // Both read the nearest pixel inside for a place outside.
        const double last = axis.in - 1;
        const double ours = std::clamp(place(rule, nearest, axis, i), 0.0, last);
        if (std::abs(std::clamp(theirs, 0.0, last) - ours) > (nearest ? 0.0 : 1e-4))
            return false;
    }
    return true;
}

/// Scales or sizes of all axes, from whichever inputs or attributes the opset has.
std::vector<AxisScale> scales_of(const Node &node, const Shape &in) {
    const bool upsample = node.type() == "Upsample";
    const size_t scales_at = upsample || node.opset() < 11 ? 1 : 2;
    std::vector<float> scales;
    std::vector<int64_t> sizes, axes = node.integers("axes");
    if (node.has("scales"))
        scales = node.numbers("scales");
    else if (node.has_input(scales_at)) {
        const Tensor constant = node.constant(scales_at, "scales");
        scales.assign(constant.values<float>().begin(), constant.values<float>().end());
    }
    if (scales.empty() && !upsample && node.has_input(3))
        sizes = node.constant_integers(3, "sizes");
    if (axes.empty())
        for (size_t axis = 0; axis < in.size(); axis++)
            axes.push_back(int64_t(axis));
    if (std::max(scales.size(), sizes.size()) != axes.size())
        node.fail("it has {} scales and {} sizes; {} axes need one each", scales.size(),
                  sizes.size(), axes.size());
    const std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
    if (!sizes.empty() && policy != "stretch")
        node.fail("its keep_aspect_ratio_policy is '{}'; only stretch is supported", policy);
    std::vector<AxisScale> result;
    for (int extent : in)
        result.push_back({extent, extent, 1});
    for (size_t i = 0; i < axes.size(); i++) {
        AxisScale &axis = result[size_t(node.axis(axes[i], in.size()))];
        if (!sizes.empty()) {
            axis.out = node.bounded(sizes[i], 1, "size");
            axis.scale = double(axis.out) / axis.in;
            continue;
        }
        const double out = std::floor(double(axis.in) * double(scales[i]));
        if (!(out >= 1 && out <= 65536))
            node.fail("its scale is {}; the result must have from 1 to 65536 elements", scales[i]);
        axis.out = int(out);
        axis.scale = double(scales[i]);
    }
    return result;
}

Sampling sampling_of(const Node &node) {
    const bool old = node.type() == "Upsample" || node.opset() < 11;
    Sampling sampling{
        node.text("mode", "nearest"),
        node.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
        node.text("nearest_mode", old ? "floor" : "round_prefer_floor")};
    if (sampling.mode == "bilinear")
        sampling.mode = "linear";
    if (sampling.mode != "nearest" && sampling.mode != "linear")
        node.fail("its mode is '{}'; nearest and linear are supported", sampling.mode);
    if (node.integer("antialias", 0))
        node.fail("it filters against aliasing; set antialias to 0");
    const std::vector<std::string> known = {"asymmetric",           "align_corners",
                                            "pytorch_half_pixel",   "half_pixel",
                                            "tf_half_pixel_for_nn", "half_pixel_symmetric"};
    if (std::find(known.begin(), known.end(), sampling.coordinates) == known.end())
        node.fail("its coordinate_transformation_mode is '{}'; use half_pixel, align_corners or "
                  "asymmetric",
                  sampling.coordinates);
    return sampling;
}

} // namespace

void import_resize(Node &node) {
    const TensorId image = image_input(node);
    const Shape &shape = node.input(0).shape();
    const Sampling sampling = sampling_of(node);
    const std::vector<AxisScale> scales = scales_of(node, shape);
    if (scales[0].out != scales[0].in || scales[1].out != scales[1].in)
        node.fail("it resizes the batch or the channels; height and width are supported");
    const AxisScale h = shape.size() == 4 ? scales[2] : AxisScale{}, w = scales.back();
    const ResizeAttributes rules[] = {{false, false}, {false, true}, {true, false}};
    const auto rule = std::find_if(std::begin(rules), std::end(rules), [&](const auto &r) {
        return same_places(sampling, r, h) && same_places(sampling, r, w);
    });
    if (rule == std::end(rules))
        node.fail("{} from {}x{} to {}x{} with coordinates '{}'{} reads other pixels than any of "
                  "half_pixel, align_corners and asymmetric with whole scales; use one of these",
                  sampling.mode, h.in, w.in, h.out, w.out, sampling.coordinates,
                  sampling.mode == "nearest" ? ", rounded by '" + sampling.rounding + "'," : "");
    const Shape in = node.builder().tensor(image).shape;
    const OpKind kind =
        sampling.mode == "nearest" ? OpKind::resize_nearest : OpKind::resize_bilinear;
    set_image_output(
        node, node.builder().emit(kind, "", {image}, *rule, Shape{in[0], h.out, w.out, in[3]}),
        shape.size());
}

void import_upsample(Node &node) {
    import_resize(node);
}

} // namespace octet::onnx
