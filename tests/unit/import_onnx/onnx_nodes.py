"""Writes ONNX's own test cases of single operators as cases for onnx_test.

    onnx_nodes.py FOLDER

Each sub-folder of FOLDER is a case: model.onnx, input0.npy, ... and the outputs that the standard
expects, output0.npy, ...; `tolerance`, where they are not exact floats. A case that Octet refuses
by design holds the file `refused` with words that its message must contain. ONNX's cases give every
operand as an input of the network; what Octet wants as a constant (weights, shapes, scales) becomes
an initializer with the case's values.

Exits with 77, having written nothing, when the onnx package is not installed.
"""

import pathlib
import re
import sys

MISSING = 77

try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
    from onnx.backend.test.case.node import collect_testcases
except ImportError as error:
    print(f"onnx_nodes.py: {error}", file=sys.stderr)
    sys.exit(MISSING)

# Operators and how many of their operands stay inputs at run time; the others become constants.
OPERATORS = {
    "Add": 2, "AveragePool": 1, "BatchNormalization": 1, "Clip": 1, "Concat": 99, "Conv": 1,
    "ConvTranspose": 1, "DequantizeLinear": 1, "Div": 1, "Dropout": 1, "Flatten": 1, "Gather": 1,
    "Gemm": 1, "GlobalAveragePool": 1, "GlobalMaxPool": 1, "HardSigmoid": 1, "HardSwish": 1,
    "Identity": 1, "LeakyRelu": 1, "MatMul": 1, "Max": 1, "MaxPool": 1, "Min": 1, "Mul": 2,
    "PRelu": 1, "Pad": 1, "QuantizeLinear": 1, "ReduceMean": 1, "Relu": 1, "Reshape": 1,
    "Resize": 1, "Sigmoid": 1, "Slice": 1, "Softmax": 1, "Split": 1, "Squeeze": 1, "Sub": 2,
    "Sum": 99, "Tanh": 1, "Transpose": 1, "Unsqueeze": 1, "Upsample": 1,
}

# Cases that are refused: regular expressions of their names, and words of the message.
REFUSED = {
    r"(averagepool|maxpool|convtranspose|globalaveragepool|conv)_3d.*": "dimensions",
    r"averagepool_2d_dilations": "dilations",
    r"batchnorm_.*_training_mode": "statistics",
    r"(training_)?dropout_.*mask.*": "mask",
    r"training_dropout(_default)?": "training mode",
    r"dequantizelinear_blocked": "block",
    r"dequantizelinear_axis": "per tensor",
    r"gather_.*": "one constant index",
    r"(edge|reflect|wrap)_pad": "mode",
    r"constant_pad.*": "pads with",
    r"matmul_(1d_3d|3d|4d|bcast)": "1 or 2 dimensions",
    r"maxpool_2d_dilations": "dilations",
    r"maxpool_with_argmax.*": "indices",
    r"quantizelinear_axis": "per tensor",
    r"quantizelinear_blocked.*": "block",
    r"prelu_example": "one value per channel",
    r"resize_downsample_(scales_linear(_align_corners)?|sizes_nearest)": "other pixels",
    r"resize_(up|down)sample_scales_linear_half_pixel_symmetric": "other pixels",
    r"resize_downsample_sizes_linear_pytorch_half_pixel": "other pixels",
    r"resize_upsample_sizes_nearest_(ceil_half_pixel|floor_align_corners)": "other pixels",
    r"resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric": "other pixels",
    r"resize_.*cubic.*": "cubic",
    r"resize_.*antialias": "aliasing",
    r"resize_tf_crop.*": "tf_crop_and_resize",
    r"resize_.*not_(larger|smaller)": "aspect",
    r"slice_neg_steps": "step",
}


def refusal(name):
    for expression, words in REFUSED.items():
        if re.fullmatch("test_" + expression, name):
            return words
    return None


def usable(case):
    """One float operator whose first input is an activation of at least one element."""
    nodes = case.model.graph.node
    if len(nodes) != 1 or nodes[0].op_type not in OPERATORS or nodes[0].domain:
        return False
    inputs, outputs = case.data_sets[0]
    return bool(inputs) and all(
        isinstance(array, (np.ndarray, np.generic)) for array in [*inputs, *outputs])


def activation(array, node):
    """Whether the operator is about such numbers: only the quantizing pair is about integers."""
    eight_bits = array.dtype in (np.int8, np.uint8) and "Linear" in node.op_type
    return array.dtype == np.float32 or eight_bits


def write(folder, case):
    inputs, outputs = case.data_sets[0]
    node = case.model.graph.node[0]
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    runtime = OPERATORS[node.op_type]
    names = [value.name for value in case.model.graph.input]
    kept = [i for i, name in enumerate(names) if list(node.input).index(name) < runtime]
    if not kept or not all(activation(array, node) for array in
                           [*(inputs[i] for i in kept), outputs[0]]):
        return
    if any(array.size == 0 for array in [*(inputs[i] for i in kept), *outputs]):
        return
    for i in reversed(range(len(names))):
        if i not in kept:
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(inputs[i]), names[i]))
            del model.graph.input[i]
    path = folder / case.name
    path.mkdir()
    onnx.save(model, path / "model.onnx")
    for number, i in enumerate(kept):
        np.save(path / f"input{number}.npy", np.array(inputs[i], order="C"))
    for number, array in enumerate(outputs[:len(model.graph.output)]):
        np.save(path / f"output{number}.npy", np.array(array, order="C"))
    if case.name == "test_averagepool_2d_ceil_last_window_starts_on_pad":
        (path / "tolerance").write_text("1e-3")  # Its outputs are written with four digits.
    if refusal(case.name) is not None:
        (path / "refused").write_text(refusal(case.name))


def main():
    folder = pathlib.Path(sys.argv[1])
    for case in collect_testcases():
        if case.model is not None and usable(case):
            write(folder, case)


main()
