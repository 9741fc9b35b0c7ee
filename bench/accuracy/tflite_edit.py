"""Small changes to .tflite files, by LiteRT's own schema."""

from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

SIGNATURE, INPUT = "serving_default", "x0"


def read(path: Path) -> schema.ModelT:
    """Old files have their operator codes in a byte that LiteRT's quantizer overlooks."""
    model = flatbuffer_utils.read_model(str(path))
    for code in model.operatorCodes:
        code.builtinCode = flatbuffer_utils.get_builtin_code_from_operator_code(code)
    return model


def to_bytes(model: schema.ModelT) -> bytes:
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def with_signature(path: Path) -> bytes:
    """The same network with one named signature, without which LiteRT's quantizer cannot calibrate.
    Its inputs are called x0, x1, ..."""
    model = read(path)
    graph = model.subgraphs[0]

    def named(tensors: list[int], letter: str) -> list[schema.TensorMapT]:
        maps = []
        for number, index in enumerate(tensors):
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = f"{letter}{number}", int(index)
            maps.append(entry)
        return maps

    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE, 0
    signature.inputs, signature.outputs = named(graph.inputs, "x"), named(graph.outputs, "y")
    model.signatureDefs = [signature]
    return to_bytes(model)


def float_twin(quantized: Path, onnx_path: Path) -> bytes:
    """The graph of an int8 .tflite file in float, with the weights and biases of an .onnx file that
    has the same operators with weights in the same order. Any two that differ in shape are
    refused."""
    model = read(quantized)
    graph = model.subgraphs[0]
    source = onnx.load(str(onnx_path)).graph
    arrays = {a.name: onnx.numpy_helper.to_array(a) for a in source.initializer}
    weighted = iter([n for n in source.node if n.op_type in ("Conv", "Gemm")])
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        if code not in (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D,
                        schema.BuiltinOperator.FULLY_CONNECTED):
            continue
        weights, bias = (arrays[name] for name in next(weighted).input[1:3])
        if code == schema.BuiltinOperator.DEPTHWISE_CONV_2D:
            weights = weights.transpose(1, 2, 3, 0)  # ONNX: channel, 1, y, x; here 1, y, x, channel
        elif code == schema.BuiltinOperator.CONV_2D:
            weights = weights.transpose(0, 2, 3, 1)
        for index, values in zip(operator.inputs[1:3], (weights, bias)):
            put_constant(model, graph.tensors[index], values)
    for tensor in graph.tensors:
        if tensor.type == schema.TensorType.INT8:
            tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    return to_bytes(model)


def put_constant(model: schema.ModelT, tensor: schema.TensorT, values: np.ndarray) -> None:
    """Replaces a constant, whose buffer is no other tensor's, by float32 values."""
    if list(tensor.shape) != list(values.shape):
        raise SystemExit(f"{tensor.name.decode()}: shape {list(tensor.shape)}, the other file has "
                         f"{list(values.shape)}; give two files of the same network")
    data = np.ascontiguousarray(values, np.float32).tobytes()
    model.buffers[tensor.buffer].data = np.frombuffer(data, np.uint8)
    tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
