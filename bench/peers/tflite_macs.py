"""Counts the multiply-accumulates of a .tflite file from the shapes in it."""

from pathlib import Path

from ai_edge_litert import schema_py_generated as schema


def count_macs(path: Path) -> int:
    """Of one inference: convolutions, depthwise convolutions and fully connected layers."""
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    builtin = schema.BuiltinOperator
    total = 0
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        # Old files have only the deprecated field; newer ones fill both.
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        if kind not in (builtin.CONV_2D, builtin.DEPTHWISE_CONV_2D, builtin.FULLY_CONNECTED):
            continue
        weights = graph.tensors[operator.inputs[1]].shape
        output = graph.tensors[operator.outputs[0]].shape
        # Products per output: all of a filter but its output channel; of a depthwise filter
        # (1, row, column, channel) only its taps.
        products = weights[1] * weights[2] if kind == builtin.DEPTHWISE_CONV_2D else (
            int(weights[1:].prod()))
        total += int(output.prod()) * int(products)
    return total
