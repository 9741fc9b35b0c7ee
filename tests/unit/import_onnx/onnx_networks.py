"""Writes small networks in the style of common exporters as cases for onnx_networks_test.

    onnx_networks.py FOLDER float|int8

Each sub-folder of FOLDER is a case: model.onnx, input0.npy, ..., ONNX Runtime's output0.npy, ...,
and `transposes`, how many TRANSPOSE operators an NHWC network of it needs (and `hard_swishes`, how
many HARD_SWISH operators, where there are any). int8 cases are quantized by ONNX Runtime's own
quantizer and run by it without rewriting the graph, so that the file is executed as it is written;
`float_operators`, where there is the file, is how many operators stay float.

Exits with 77, having written nothing, when a package is not installed.
"""

import pathlib
import sys

MISSING = 77

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime import quantization
except ImportError as error:
    print(f"onnx_networks.py: {error}", file=sys.stderr)
    sys.exit(MISSING)


class Network:
    """Builds a graph; every method appends an operator and returns the name of its output."""

    def __init__(self, name, shape, opset, seed=0, dims=None):
        self.name, self.shape, self.opset = f"{name}_opset{opset}", shape, opset
        self.dims = dims or shape
        self.random = np.random.default_rng(seed + 7)
        self.nodes, self.initializers, self.count = [], [], 0

    def op(self, kind, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"{kind.lower()}_{self.count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, array):
        self.count += 1
        name = f"constant_{self.count}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, *shape, scale=None):
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else shape[0]
        scale = scale or 1.2 / np.sqrt(fan_in)
        return self.constant(self.random.normal(0, scale, shape).astype(np.float32))

    def conv(self, x, ci, co, k=3, bias=True, groups=1, dims=2, **attributes):
        if "pads" not in attributes and "auto_pad" not in attributes:
            attributes["pads"] = [k // 2] * (2 * dims)
        inputs = [x, self.weights(co, ci // groups, *[k] * dims)]
        if bias:
            inputs.append(self.weights(co, scale=0.3))
        return self.op("Conv", *inputs, group=groups, kernel_shape=[k] * dims, **attributes)

    def bn(self, x, channels):
        positive = np.abs(self.random.normal(1, 0.3, channels)).astype(np.float32) + 0.1
        return self.op("BatchNormalization", x, self.weights(channels, scale=1),
                       self.weights(channels, scale=0.5), self.weights(channels, scale=0.5),
                       self.constant(positive))

    def gemm(self, x, ci, co):
        return self.op("Gemm", x, self.weights(co, ci), self.weights(co, scale=0.3), transB=1)

    def clip(self, x, low, high):
        if self.opset < 11:
            return self.op("Clip", x, min=low, max=high)
        return self.op("Clip", x, self.constant(np.float32(low)), self.constant(np.float32(high)))

    def axes_op(self, kind, x, axes, since=13, **attributes):
        if self.opset < since:
            return self.op(kind, x, axes=axes, **attributes)
        return self.op(kind, x, self.constant(np.array(axes, np.int64)), **attributes)

    def reduce_mean(self, x, axes, keepdims=1):
        return self.axes_op("ReduceMean", x, axes, since=18, keepdims=keepdims)

    def split(self, x, parts, axis):
        if self.opset < 13:
            return self.op("Split", x, outputs=len(parts), split=parts, axis=axis)
        return self.op("Split", x, self.constant(np.array(parts, np.int64)), outputs=len(parts),
                       axis=axis)

    def pad(self, x, pads):
        if self.opset < 11:
            return self.op("Pad", x, pads=pads, mode="constant", value=0.0)
        return self.op("Pad", x, self.constant(np.array(pads, np.int64)))

    def slice(self, x, starts, ends, axes, steps=None):
        if self.opset < 10:
            return self.op("Slice", x, starts=starts, ends=ends, axes=axes)
        inputs = [self.constant(np.array(v, np.int64)) for v in (starts, ends, axes)]
        if steps:
            inputs.append(self.constant(np.array(steps, np.int64)))
        return self.op("Slice", x, *inputs)

    def upsample(self, x, mode):
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        if self.opset < 10:
            return self.op("Upsample", x, scales, mode=mode)
        if self.opset < 11:
            return self.op("Resize", x, scales, mode=mode)
        coordinates = "asymmetric" if mode == "nearest" else "half_pixel"
        extra = {"nearest_mode": "floor"} if mode == "nearest" else {}
        roi = self.constant(np.zeros(0, np.float32)) if self.opset < 13 else ""
        return self.op("Resize", x, roi, scales, mode=mode,
                       coordinate_transformation_mode=coordinates, **extra)

    def model(self, *outputs):
        ranks = [None] * len(outputs)
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.dims)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, rank)
             for name, rank in zip(outputs, ranks)],
            self.initializers)
        # The oldest format version that has the opset, which any engine reads.
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=8 if self.opset <= 18 else 10)


def classifier(opset):
    n = Network("classifier", [1, 3, 16, 16], opset)
    x = n.op("Relu", n.bn(n.conv("x", 3, 8, bias=False, strides=[2, 2]), 8))
    x = n.clip(n.bn(n.conv(x, 8, 8, groups=8), 8), 0.0, 6.0)
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x = n.op("Add", n.conv(x, 8, 8), n.conv(x, 8, 8, k=1))
    x = n.op("Flatten", n.op("GlobalAveragePool", x))
    return n, n.model(n.op("Softmax", n.gemm(n.op("Dropout", x), 8, 5), axis=1)), 0


def flattened(opset):
    """LeNet: a Flatten of more than one pixel in front of a Gemm."""
    n = Network("flattened", [1, 2, 8, 6], opset)
    x = n.op("Relu", n.conv("x", 2, 4))
    x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = n.op("Relu", n.op("Flatten", x))
    return n, n.model(n.gemm(n.op("Tanh", n.gemm(x, 48, 10)), 10, 3)), 0


def batch(opset):
    """Three images at once, flattened in front of a Gemm."""
    n = Network("batch", [3, 2, 8, 6], opset)
    x = n.op("Relu", n.bn(n.conv("x", 2, 4, strides=[2, 1]), 4))
    x = n.op("Mul", x, n.op("Sigmoid", n.reduce_mean(x, [2, 3])))
    return n, n.model(n.gemm(n.op("Flatten", x), 96, 5), x), 0


def shape_chain(opset):
    """x.view(x.size(0), -1) of a network with a free batch."""
    n = Network("shape_chain", [1, 3, 6, 6], opset, dims=["batch", 3, 6, 6])
    x = n.conv("x", 3, 4)
    batch = n.op("Gather", n.op("Shape", x), n.constant(np.int64(0)), axis=0)
    batch = n.axes_op("Unsqueeze", batch, [0])
    shape = n.op("Concat", batch, n.constant(np.array([-1], np.int64)), axis=0)
    return n, n.model(n.gemm(n.op("Reshape", x, shape), 144, 4)), 0


def squeeze_excite(opset):
    """MobileNetV3: hard swish in its parts, and a block that scales channels."""
    n = Network("squeeze_excite", [1, 4, 8, 8], opset)
    x = n.conv("x", 4, 8)
    x = n.op("Mul", x, n.op("HardSigmoid", x, alpha=1 / 6, beta=0.5))
    s = n.op("Relu", n.conv(n.op("GlobalAveragePool", x), 8, 4, k=1))
    s = n.op("HardSigmoid", n.conv(s, 4, 8, k=1), alpha=0.2, beta=0.5)
    x = n.op("Mul", s, x)
    x = n.op("Mul", x, n.op("Sigmoid", x))
    x = n.axes_op("Squeeze", n.reduce_mean(x, [2, 3]), [2, 3])
    return n, n.model(n.gemm(x, 8, 3)), 0


def hard_swishes(opset):
    """Hard swishes in the parts that exporters of networks before opset 14 write."""
    n = Network("hard_swishes", [1, 4, 8, 8], opset)

    def clipped(x):
        return n.clip(n.op("Add", x, n.constant(np.float32(3))), 0.0, 6.0)

    x = n.conv("x", 4, 8)
    x = n.conv(n.op("Div", n.op("Mul", x, clipped(x)), n.constant(np.float32(6))), 8, 8)
    x = n.conv(n.op("Mul", n.op("Mul", clipped(x), n.constant(np.float32(1 / 6))), x), 8, 8)
    x = n.op("Mul", n.op("HardSigmoid", x, alpha=1 / 6, beta=0.5), x)
    return n, n.model(x), 0


def excite_linear(opset):
    """A squeeze-excite block whose middle is fully connected: (n, c) becomes (n, c, 1, 1)."""
    n = Network("excite_linear", [1, 4, 5, 7], opset)
    x = n.conv("x", 4, 8)
    s = n.op("Relu", n.gemm(n.reduce_mean(x, [2, 3], keepdims=0), 8, 4))
    s = n.op("Sigmoid", n.gemm(s, 4, 8))
    s = n.op("Reshape", s, n.constant(np.array([1, 8, 1, 1], np.int64)))
    return n, n.model(n.conv(n.op("Mul", x, s), 8, 3)), 0


def unet(opset):
    n = Network("unet", [1, 3, 12, 8], opset)
    a = n.op("Relu", n.conv("x", 3, 6))
    b = n.op("MaxPool", a, kernel_shape=[2, 2], strides=[2, 2])
    b = n.op("LeakyRelu", n.conv(b, 6, 12), alpha=0.1)
    c = n.op("MaxPool", b, kernel_shape=[2, 2], strides=[2, 2])
    c = n.op("Relu", n.conv(c, 12, 12, dilations=[2, 2], pads=[2, 2, 2, 2]))
    b = n.op("Concat", n.upsample(c, "nearest"), b, axis=1)
    b = n.conv(b, 24, 8)
    up = n.op("ConvTranspose", b, n.weights(8, 6, 2, 2), n.weights(6), strides=[2, 2])
    a = n.op("Concat", up, a, n.op("Tanh", up), axis=1)
    return n, n.model(n.op("Sigmoid", n.conv(a, 18, 2, k=1))), 0


def bilinear(opset):
    n = Network("bilinear", [1, 3, 5, 4], opset)
    return n, n.model(n.conv(n.upsample(n.conv("x", 3, 4), "linear"), 4, 2)), 0


def shuffle(opset):
    """ShuffleNet: channels are dealt out by a reshape, a transpose and a reshape."""
    n = Network("shuffle", [1, 6, 5, 4], opset)
    left, right = n.split(n.conv("x", 6, 8), [4, 4], axis=1)
    x = n.op("Concat", left, n.op("Relu", n.conv(right, 4, 4, groups=2)), axis=1)
    x = n.op("Reshape", x, n.constant(np.array([0, 2, 4, 5, 4], np.int64)))
    x = n.op("Transpose", x, perm=[0, 2, 1, 3, 4])
    x = n.op("Reshape", x, n.constant(np.array([0, -1, 5, 4], np.int64)))
    # The shuffle itself moves channels; no other transpose is left.
    return n, n.model(n.conv(x, 8, 4)), 1


def sequence(opset):
    """One-dimensional convolutions over a signal."""
    n = Network("sequence", [1, 2, 40], opset)
    x = n.op("Relu", n.bn(n.conv("x", 2, 6, k=5, dims=1, strides=[2]), 6))
    x = n.op("MaxPool", x, kernel_shape=[2], strides=[2])
    x = n.op("PRelu", n.conv(x, 6, 6, groups=6, dims=1), n.weights(6, 1))
    x = n.op("Add", n.conv(x, 6, 8, k=1, dims=1), n.weights(8, 1))
    return n, n.model(n.gemm(n.reduce_mean(x, [2], keepdims=0), 8, 3)), 0


def tensorflow(opset):
    """tf2onnx: NHWC ends, a bias as an Add, MatMul and Add for dense layers, SAME as a word."""
    n = Network("tensorflow", [1, 9, 7, 3], opset)
    x = n.op("Transpose", "x", perm=[0, 3, 1, 2])
    x = n.conv(x, 3, 8, bias=False, auto_pad="SAME_UPPER", strides=[2, 2])
    x = n.clip(n.op("Add", x, n.weights(1, 8, 1, 1)), 0.0, 6.0)
    y = n.op("Transpose", x, perm=[0, 2, 3, 1])
    y = n.op("Add", n.op("MatMul", y, n.weights(8, 4)), n.weights(4))
    z = n.reduce_mean(n.op("Transpose", x, perm=[0, 2, 3, 1]), [1, 2], keepdims=0)
    z = n.op("Add", n.op("MatMul", z, n.weights(8, 6)), n.weights(6))
    return n, n.model(y, n.op("Softmax", z, axis=1 if opset < 13 else -1)), 0


def elementwise(opset):
    n = Network("elementwise", [1, 4, 5, 6], opset)
    x = n.op("Div", n.op("Sub", "x", n.weights(1, 4, 1, 1)), n.constant(np.float32(0.25)))
    x = n.bn(n.op("Tanh", x), 4)
    x = n.op("Max", n.op("Min", x, n.constant(np.float32(0.7))), n.constant(np.float32(-0.4)))
    x = n.clip(n.op("Mul", x, n.constant(np.float32(8))), -3.0, 2.0)
    x = n.op("Mul", n.op("Add", x, n.weights(6)), n.weights(4, 5, 6, scale=1))
    return n, n.model(n.op("Sub", n.constant(np.float32(1)), n.conv(x, 4, 4))), 0


def windows(opset):
    """Pools that count padding, paddings of all kinds, slices."""
    n = Network("windows", [1, 3, 11, 10], opset)
    x = n.pad("x", [0, 0, 1, 2, 0, 0, 0, 1])
    x = n.conv(x, 3, 5, k=2, pads=[1, 0, 0, 1])
    a = n.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
             count_include_pad=1)
    b = n.op("AveragePool", x, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0])
    c = n.conv(x, 5, 5, k=1, pads=[1, 1, 1, 1])
    c = n.slice(c, [1, -9], [-1, 2000], [2, 3])
    outputs = [a, b, n.pad(c, [0, 1, 0, 0, 0, 0, 0, 0])]
    if opset >= 10:
        outputs.append(n.op("MaxPool", n.slice(x, [0, 1], [4, 10], [1, 2], [2, 3]),
                            kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1))
    return n, n.model(*outputs), 0


def upconvolutions(opset):
    n = Network("upconvolutions", [1, 4, 5, 4], opset)
    a = n.op("ConvTranspose", "x", n.weights(4, 3, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1],
             output_padding=[1, 1])
    b = n.op("ConvTranspose", "x", n.weights(4, 2, 3, 2), n.weights(4), group=2, dilations=[2, 1],
             strides=[2, 3], pads=[1, 0, 2, 1])
    c = n.op("ConvTranspose", "x", n.weights(4, 2, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2])
    return n, n.model(n.bn(a, 3), b, c), 0


def tokens(opset):
    """A mixer: an image becomes a row of patches, mixed along both axes."""
    n = Network("tokens", [1, 3, 8, 8], opset)
    x = n.conv("x", 3, 6, k=4, pads=[0] * 4, strides=[4, 4])
    x = n.op("Reshape", x, n.constant(np.array([1, 6, 4], np.int64)))
    y = n.op("MatMul", x, n.weights(4, 4))
    x = n.op("Transpose", n.op("Add", x, n.op("Add", y, n.weights(4))), perm=[0, 2, 1])
    x = n.op("Relu", n.op("Add", n.op("MatMul", x, n.weights(6, 6)), n.weights(6)))
    # Mixing along patches reads (channels, patches), mixing channels (patches, channels).
    return n, n.model(n.op("Softmax", n.reduce_mean(x, [1], keepdims=0), axis=1)), 2


def pairs(_):
    """Pairs written by hand, with what quantizers leave out: biases in float, weights that the file
    quantizes, joined and pooled values of several scales, operators without pairs between."""
    n = Network("pairs", [1, 3, 6, 6], 17)

    def pair(x, scale, zero_point, dtype=np.int8):
        parameters = n.constant(np.float32(scale)), n.constant(dtype(zero_point))
        return n.op("DequantizeLinear", n.op("QuantizeLinear", x, *parameters), *parameters)

    def conv(x, ci, co, k):
        weights = pair(n.weights(co, ci, k, k), 0.013, 0)
        return n.op("Conv", x, weights, n.weights(co, scale=0.3), pads=[k // 2] * 4)

    x = pair("x", 0.031, 5)
    a = pair(n.clip(conv(x, 3, 4, 3), 0.0, 6.0), 0.0237, -128)
    b = pair(n.op("Relu", conv(x, 3, 4, 1)), 0.011, -128)
    c = pair(n.op("Concat", a, b, axis=1), 0.019, -100)
    c = pair(n.op("MaxPool", c, kernel_shape=[2, 2], strides=[2, 2]), 0.024, -90)
    c = pair(n.op("Mul", c, pair(n.weights(1, 8, 1, 1), 0.009, -11)), 0.021, 3)
    d = pair(n.op("Sub", c, n.op("Transpose", n.op("Transpose", c, perm=[0, 1, 3, 2]),
                                 perm=[0, 1, 3, 2])), 0.02, 4)
    # No pair between them: these three stay in float.
    e = pair(n.op("Mul", n.op("Tanh", d), n.op("Add", c, c)), 0.015, 1)
    return n, n.model(pair(conv(e, 8, 5, 3), 0.017, 2)), 0


FLOAT = [classifier, flattened, batch, shape_chain, squeeze_excite, hard_swishes, excite_linear,
         unet, bilinear, shuffle, sequence, tensorflow, elementwise, windows, upconvolutions,
         tokens]
INT8 = [classifier, flattened, unet, tensorflow, squeeze_excite, shuffle]
OPSETS = [9, 10, 11, 12, 13, 18, 21, 23]


def run(model, x, optimized):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    if not optimized:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options,
                                   providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


def write(folder, name, model, x, outputs, **files):
    path = folder / name
    path.mkdir()
    onnx.save(model, path / "model.onnx")
    np.save(path / "input0.npy", x)
    for i, output in enumerate(outputs):
        np.save(path / f"output{i}.npy", np.ascontiguousarray(output))
    for file, content in files.items():
        (path / file).write_text(str(content))


def write_float(folder):
    for build in FLOAT:
        for opset in OPSETS:
            network, model, transposes = build(opset)
            x = np.random.default_rng(3).normal(0, 1, network.shape).astype(np.float32)
            swishes = {"hard_swishes": 3} if build is hard_swishes else {}
            write(folder, network.name, model, x, run(model, x, True), transposes=transposes,
                  **swishes)


class Samples(quantization.CalibrationDataReader):
    def __init__(self, shape):
        random = np.random.default_rng(5)
        self.left = [random.normal(0, 1, shape).astype(np.float32) for _ in range(20)]

    def get_next(self):
        return {"x": self.left.pop()} if self.left else None


FORMS = {
    "s8_channel": (quantization.QuantType.QInt8, quantization.QuantType.QInt8, True),
    "s8_tensor": (quantization.QuantType.QInt8, quantization.QuantType.QInt8, False),
    "u8_channel": (quantization.QuantType.QUInt8, quantization.QuantType.QInt8, True),
    "u8_u8": (quantization.QuantType.QUInt8, quantization.QuantType.QUInt8, False),
}


def write_int8(folder):
    for build in INT8:
        for form, (activations, weights, per_channel) in FORMS.items():
            network, model, _ = build(17)
            onnx.save(model, folder / "float.onnx")
            # Folds normalizations into convolutions, as its authors ask for.
            quantization.quant_pre_process(str(folder / "float.onnx"), str(folder / "folded.onnx"),
                                           skip_symbolic_shape=True)
            quantization.quantize_static(
                str(folder / "folded.onnx"), str(folder / "quantized.onnx"), Samples(network.shape),
                quant_format=quantization.QuantFormat.QDQ, activation_type=activations,
                weight_type=weights, per_channel=per_channel)
            quantized = onnx.load(folder / "quantized.onnx")
            x = np.random.default_rng(3).normal(0, 1, network.shape).astype(np.float32)
            outputs = run(quantized, x, False)
            # The steps of two hard sigmoids, for which there is no operator on 8 bits.
            left = {"float_operators": 7} if build is squeeze_excite else {}
            write(folder, f"{network.name}_{form}", quantized, x, outputs, **left)
    write_pairs(folder)


def write_pairs(folder):
    network, model, _ = pairs(17)
    x = np.random.default_rng(3).normal(0, 1, network.shape).astype(np.float32)
    write(folder, network.name, model, x, run(model, x, False), float_operators=3)


def main():
    folder = pathlib.Path(sys.argv[1])
    {"float": write_float, "int8": write_int8}[sys.argv[2]](folder)


main()
