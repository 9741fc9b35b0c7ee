"""LiteRT's quantizers as contestants: static, all integer, int8 activations, symmetric weights.

LiteRT has two. `litert_quantizer` is the package that its documentation recommends; its algorithms
differ in how they scale weights, activations always have a moving average of the samples' extremes.
"converter" is the quantizer inside the TensorFlow Lite converter, which keeps the extremes of all
samples; ai_edge_litert ships it, so TensorFlow, which would only wrap it, is not needed.
"""

import contextlib
import io
import logging
import warnings
from pathlib import Path

import numpy as np
from ai_edge_litert import _pywrap_tensorflow_lite_calibration_wrapper as calibration_wrapper
from litert_quantizer import qtyping, quantizer

from engines import quiet, run_tflite
from judge import Score, judge
from tasks import Task
from tflite_edit import INPUT, SIGNATURE, with_signature

# For each scheme: the weights' bits, and whether every output channel has its own scale.
SCHEMES = {"int8 per channel": (8, True), "int8 per tensor": (8, False),
           "int4 per channel": (4, True)}
ALGORITHMS = {"MinMax": "min_max_uniform_quantize", "MSE": "MSE", "OCTAV": "OCTAV"}
WEIGHTED = ("CONV_2D", "FULLY_CONNECTED", "DEPTHWISE_CONV_2D")


class LiteRT:
    name = "LiteRT"
    schemes = list(SCHEMES)

    def methods(self, scheme: str) -> list[str]:
        bits, _ = SCHEMES[scheme]
        return [*ALGORITHMS, *(["converter"] if bits == 8 else [])]

    def quantize(self, task: Task, scheme: str, method: str, scratch: Path) -> Path:
        bits, per_channel = SCHEMES[scheme]
        with quiet(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # about memory, when all tensors are kept
            logging.disable(logging.WARNING)
            try:
                made = (convert(task, per_channel) if method == "converter" else
                        quantize(task, bits, per_channel, ALGORITHMS[method]))
            finally:
                logging.disable(logging.NOTSET)
        result = scratch / f"{task.key}_litert.tflite"
        result.write_bytes(made)
        return result

    def score(self, task: Task, model: Path, scratch: Path) -> Score:
        return judge(run_tflite(task.tflite, task.held_out), run_tflite(model, task.held_out),
                     task.labels, task.classifies, model.stat().st_size)


def quantize(task: Task, bits: int, per_channel: bool, algorithm: str) -> bytes:
    """By litert_quantizer. Depthwise convolutions keep 8 bits: it has no 4-bit ones."""
    granularity = qtyping.QuantGranularity["CHANNELWISE" if per_channel else "TENSORWISE"]
    tool = quantizer.Quantizer(with_signature(task.tflite))
    tool.add_static_config(".*", qtyping.TFLOperationName.ALL_SUPPORTED, 8, 8, granularity)
    for operator in WEIGHTED:
        its_bits = 8 if operator == "DEPTHWISE_CONV_2D" else bits
        tool.add_static_config(".*", qtyping.TFLOperationName[operator], 8, its_bits, granularity,
                               algorithm)
    statistics = tool.calibrate(
        {SIGNATURE: [{INPUT: sample[np.newaxis]} for sample in task.calibration]}, num_threads=1)
    return bytes(tool.quantize(statistics).quantized_model)


def convert(task: Task, per_channel: bool) -> bytes:
    """By the converter's quantizer. Types are given by numpy's numbers for them."""
    network = task.tflite.read_bytes()  # the wrapper reads it for as long as it lives
    calibrator = calibration_wrapper.CalibrationWrapper(network, [], [])
    calibrator.Prepare([[1, *task.calibration.shape[1:]]])
    for sample in task.calibration:
        calibrator.FeedTensor([sample[np.newaxis]])
    int8, int32 = np.dtype(np.int8).num, np.dtype(np.int32).num
    allow_float, per_tensor = False, not per_channel
    return calibrator.QuantizeModel(int8, int8, allow_float, int8, int32, per_tensor, per_tensor)
