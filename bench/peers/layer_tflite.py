"""Writes a layer as an int8 .tflite file of one operator, with the schema that ships in LiteRT."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from layer_numbers import INPUT_SCALE, INPUT_ZERO_POINT, OUTPUT_ZERO_POINT, Numbers
from layers import Layer

BUILTIN = schema.BuiltinOperator
OPTIONS = schema.BuiltinOptions
TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8,
         "int32": schema.TensorType.INT32}

# Builtin operator, its first version with int8, and its options' member of the union.
OPERATORS = {
    "conv": (BUILTIN.CONV_2D, 3, OPTIONS.Conv2DOptions),
    "pointwise": (BUILTIN.CONV_2D, 3, OPTIONS.Conv2DOptions),
    "call": (BUILTIN.CONV_2D, 3, OPTIONS.Conv2DOptions),
    "depthwise": (BUILTIN.DEPTHWISE_CONV_2D, 3, OPTIONS.DepthwiseConv2DOptions),
    "fc": (BUILTIN.FULLY_CONNECTED, 4, OPTIONS.FullyConnectedOptions),
    "add": (BUILTIN.ADD, 2, OPTIONS.AddOptions),
    "quantize": (BUILTIN.QUANTIZE, 1, OPTIONS.QuantizeOptions),
}


def quantization(scales, zero_points, axis=0):
    parameters = schema.QuantizationParametersT()
    parameters.scale = np.atleast_1d(np.asarray(scales, np.float32))
    parameters.zeroPoint = np.broadcast_to(np.int64(zero_points), parameters.scale.shape).copy()
    parameters.quantizedDimension = axis
    return parameters


class ModelBuilder:
    """Collects tensors and buffers; buffer 0 is empty and belongs to every activation."""

    def __init__(self):
        self.buffers = [schema.BufferT()]
        self.tensors = []

    def tensor(self, name, shape, dtype, parameters=None, data=None) -> int:
        tensor = schema.TensorT()
        tensor.name = name
        tensor.shape = np.asarray(shape, np.int32)
        tensor.type = TYPES[dtype]
        tensor.quantization = parameters
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def operator_options(layer: Layer):
    """The operator's options; padding SAME and activation NONE are their defaults."""
    if layer.kind in ("conv", "pointwise", "call"):
        options = schema.Conv2DOptionsT()
    elif layer.depthwise:
        options = schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier = 1
    else:
        return {"fc": schema.FullyConnectedOptionsT, "add": schema.AddOptionsT,
                "quantize": schema.QuantizeOptionsT}[layer.kind]()
    options.strideW = options.strideH = layer.stride
    return options


def weight_tensors(builder: ModelBuilder, layer: Layer, numbers: Numbers) -> list[int]:
    weights, axis = numbers.weights, 0
    if layer.depthwise:  # (1, row, column, channel)
        weights, axis = weights.transpose(3, 1, 2, 0), 3
    elif layer.kind == "fc":
        weights = weights.reshape(layer.channels_out, layer.channels_in)
    bias_scales = np.float32(INPUT_SCALE) * numbers.weight_scales
    return [builder.tensor("weights", weights.shape, "int8",
                           quantization(numbers.weight_scales, 0, axis), weights),
            builder.tensor("bias", numbers.bias.shape, "int32",
                           quantization(bias_scales, 0), numbers.bias)]


def write_tflite(layer: Layer, numbers: Numbers, path) -> None:
    builder = ModelBuilder()
    activation = quantization(INPUT_SCALE, INPUT_ZERO_POINT)
    if layer.kind == "quantize":
        inputs = [builder.tensor("input", layer.input_shape, "float32")]
        result = activation
    else:
        inputs = [builder.tensor(name, layer.input_shape, "int8", activation)
                  for name in (["input", "other"] if layer.kind == "add" else ["input"])]
        result = quantization(numbers.output_scale, OUTPUT_ZERO_POINT)
    constants = weight_tensors(builder, layer, numbers) if layer.has_weights else []
    output = builder.tensor("output", layer.output_shape, "int8", result)

    builtin, version, union_member = OPERATORS[layer.kind]
    code = schema.OperatorCodeT()
    code.builtinCode = builtin
    code.deprecatedBuiltinCode = builtin
    code.version = version

    operator = schema.OperatorT()
    operator.opcodeIndex = 0
    operator.inputs, operator.outputs = inputs + constants, [output]
    operator.builtinOptionsType = union_member
    operator.builtinOptions = operator_options(layer)

    graph = schema.SubGraphT()
    graph.name = layer.name
    graph.tensors, graph.operators = builder.tensors, [operator]
    graph.inputs, graph.outputs = inputs, [output]

    model = schema.ModelT()
    model.version = 3
    model.description = "single operator"
    model.operatorCodes, model.subgraphs, model.buffers = [code], [graph], builder.buffers

    file = flatbuffers.Builder(1 << 16)
    file.Finish(model.Pack(file), file_identifier=b"TFL3")
    path.write_bytes(file.Output())
