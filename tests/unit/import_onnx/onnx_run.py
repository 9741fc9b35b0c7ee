"""Runs ONNX Runtime on the models of a folder and writes them as cases for onnx_networks_test.

    onnx_run.py FOLDER MODELS WORD

Every MODELS/*WORD*.onnx becomes sub-folders of FOLDER with a copy of the model, random inputs and
the outputs, the graph executed as it is written. What a QuantizeLinear inside the network makes is
an output, too, so that all layers are compared. Exits with 77 when a package is not installed.
"""

import pathlib
import sys

MISSING = 77

try:
    import numpy as np
    import onnx
    import onnxruntime as ort
except ImportError as error:
    print(f"onnx_run.py: {error}", file=sys.stderr)
    sys.exit(MISSING)


SAMPLES = 3


def sample(name, shape, random):
    """Inputs in the range that the network was trained for: pixels, or features of sounds."""
    if name.startswith(("ic_", "vww_")):
        return random.uniform(0, 255 if name.startswith("ic_") else 1, shape).astype(np.float32)
    mean, deviation = (-40, 30) if name.startswith("kws_") else (0, 3)
    return random.normal(mean, deviation, shape).astype(np.float32)


def with_layers(model):
    types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    known = {value.name for value in model.graph.output}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and node.output[0] not in known:
            model.graph.output.append(
                onnx.helper.make_tensor_value_info(node.output[0], types[node.input[2]], None))
    return model


def main():
    folder, models, word = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    for file in sorted(models.glob(f"*{word}*.onnx")):
        model = with_layers(onnx.load(file))
        session = ort.InferenceSession(model.SerializeToString(), options,
                                       providers=["CPUExecutionProvider"])
        info = session.get_inputs()[0]
        random = np.random.default_rng(11)
        for number in range(SAMPLES):
            x = sample(file.stem, info.shape, random)
            path = folder / f"{file.stem}_{number}"
            path.mkdir()
            onnx.save(model, path / "model.onnx")
            np.save(path / "input0.npy", x)
            for i, output in enumerate(session.run(None, {info.name: x})):
                np.save(path / f"output{i}.npy", output)


main()
