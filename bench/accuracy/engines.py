"""The peers' engines: each runs a network, float or quantized, on float samples one at a time.

A network with integer inputs gets the nearest representable numbers, integer outputs are returned
as the numbers that they stand for.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter

BENCH = Path(__file__).resolve().parents[1]
sys.path += [str(BENCH / "peers"), str(BENCH)]

from peers import quiet  # noqa: E402


def interpreter(path: Path) -> Interpreter:
    with quiet():
        made = Interpreter(model_path=str(path), num_threads=1)
        made.allocate_tensors()
    return made


def input_quantization(path: Path) -> tuple[float, int]:
    """Scale and zero point of a .tflite network's first input."""
    return interpreter(path).get_input_details()[0]["quantization"]


def to_stored(values: np.ndarray, detail: dict) -> np.ndarray:
    """Float numbers in a tensor's own type."""
    if detail["dtype"] == np.float32:
        return values
    scale, zero_point = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    stored = np.rint(values / np.float32(scale)) + zero_point
    return np.clip(stored, limits.min, limits.max).astype(detail["dtype"])


def to_real(stored: np.ndarray, detail: dict) -> np.ndarray:
    """The numbers that a tensor's stored values stand for."""
    if detail["dtype"] == np.float32:
        return stored
    scale, zero_point = detail["quantization"]
    return (stored.astype(np.float32) - zero_point) * np.float32(scale)


def run_tflite(path: Path, samples: np.ndarray) -> np.ndarray:
    """One row of outputs per sample, by LiteRT's interpreter with its default delegate."""
    engine = interpreter(path)
    source, result = engine.get_input_details()[0], engine.get_output_details()[0]
    rows = []
    for stored in to_stored(samples, source):
        engine.set_tensor(source["index"], stored[np.newaxis])
        engine.invoke()
        rows.append(to_real(engine.get_tensor(result["index"]), result).reshape(-1))
    return np.stack(rows)


def run_onnx(path: Path, samples: np.ndarray) -> np.ndarray:
    """One row of outputs per sample, by ONNX Runtime's CPU provider. Inputs and outputs of its
    quantizer's networks are float."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options,
                                           providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.stack([session.run(None, {name: sample[np.newaxis]})[0].reshape(-1)
                     for sample in samples])
