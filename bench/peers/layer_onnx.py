"""Writes a layer as ONNX Runtime runs it fastest: one quantized operator on uint8, channels last.

These are the contrib operators that its optimizer makes of a QDQ graph, so no time goes into
transposes or float detours.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from layer_numbers import INPUT_SCALE, INPUT_ZERO_POINT, OUTPUT_ZERO_POINT, Numbers
from layers import Layer

CONTRIB = "com.microsoft"


def same_padding(layer: Layer) -> list[int]:
    """[top, left, bottom, right] as TensorFlow's SAME: the odd row or column goes to the end."""
    def split(size, out):
        total = max((out - 1) * layer.stride + layer.taps - size, 0)
        return total // 2, total - total // 2

    top, bottom = split(layer.height, layer.out_height)
    left, right = split(layer.width, layer.out_width)
    return [top, left, bottom, right]


def make_operator(layer: Layer):
    quantized_in, quantized_out = ["in_scale", "in_zero"], ["out_scale", "out_zero"]
    weights = ["weights", "weight_scales", "weight_zeros"]
    if layer.kind == "add":
        return helper.make_node("QLinearAdd",
                                ["input", *quantized_in, "other", *quantized_in, *quantized_out],
                                ["output"], domain=CONTRIB)
    if layer.kind == "quantize":
        return helper.make_node("QuantizeLinear", ["input", *quantized_in], ["output"])
    if layer.kind == "fc":
        return helper.make_node("QGemm",
                                ["input", *quantized_in, *weights, "bias", *quantized_out],
                                ["output"], domain=CONTRIB, transA=0, transB=0, alpha=1.0)
    return helper.make_node(
        "QLinearConv", ["input", *quantized_in, *weights, *quantized_out, "bias"], ["output"],
        domain=CONTRIB, channels_last=1, group=layer.channels_in if layer.depthwise else 1,
        kernel_shape=[layer.taps] * 2, strides=[layer.stride] * 2, pads=same_padding(layer))


def constants(layer: Layer, numbers: Numbers) -> dict[str, np.ndarray]:
    values = {
        "in_scale": np.float32(INPUT_SCALE), "in_zero": np.uint8(INPUT_ZERO_POINT + 128),
        "out_scale": np.float32(numbers.output_scale),
        "out_zero": np.uint8(OUTPUT_ZERO_POINT + 128),
    }
    if layer.has_weights:
        weights = numbers.weights.transpose(0, 3, 1, 2)
        if layer.kind == "fc":
            weights = weights.reshape(layer.channels_out, layer.channels_in).T
        scales = numbers.weight_scales
        if len(scales) == 1:
            scales = scales[0]
        values |= {"weights": np.ascontiguousarray(weights), "weight_scales": scales,
                   "weight_zeros": np.zeros(np.shape(scales), np.int8), "bias": numbers.bias}
    return values


def write_onnx(layer: Layer, numbers: Numbers, path) -> None:
    node = make_operator(layer)
    kind = TensorProto.FLOAT if layer.kind == "quantize" else TensorProto.UINT8
    names = ["input", "other"] if layer.kind == "add" else ["input"]
    graph = helper.make_graph(
        [node], layer.name,
        [helper.make_tensor_value_info(name, kind, layer.input_shape) for name in names],
        [helper.make_tensor_value_info("output", TensorProto.UINT8, layer.output_shape)],
        [numpy_helper.from_array(np.asarray(value), name)
         for name, value in constants(layer, numbers).items() if name in node.input])
    model = helper.make_model(graph, ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17),
                                             helper.make_opsetid(CONTRIB, 1)])
    onnx.save(model, str(path))
