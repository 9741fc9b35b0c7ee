"""Runs ONNX Runtime on the models of a folder and writes them as cases for onnx_networks_test.

    onnx_run.py FOLDER MODELS WORD

Every MODELS/*WORD*.onnx becomes a sub-folder of FOLDER with a copy of the model, random inputs and the
outputs, the graph executed as it is written. Exits with 77 when a package is not installed.
"""

import pathlib
import shutil
import sys

MISSING = 77

try:
    import numpy as np
    import onnxruntime as ort
except ImportError as error:
    print(f"onnx_run.py: {error}", file=sys.stderr)
    sys.exit(MISSING)


def sample(name, shape):
    """Inputs in the range that the network was trained for: pixels, or features around 0."""
    random = np.random.default_rng(11)
    if name.startswith(("ic_", "vww_")):
        return random.uniform(0, 255 if name.startswith("ic_") else 1, shape).astype(np.float32)
    return random.normal(0, 3, shape).astype(np.float32)


def main():
    folder, models, word = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    for model in sorted(models.glob(f"*{word}*.onnx")):
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        info = session.get_inputs()[0]
        x = sample(model.stem, info.shape)
        path = folder / model.stem
        path.mkdir()
        shutil.copy(model, path / "model.onnx")
        np.save(path / "input0.npy", x)
        for i, output in enumerate(session.run(None, {info.name: x})):
            np.save(path / f"output{i}.npy", output)


main()
