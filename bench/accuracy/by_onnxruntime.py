"""ONNX Runtime's quantizer as a contestant: static, QDQ, int8 activations, symmetric weights."""

import contextlib
import io
import logging
from pathlib import Path

from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat,
                                      QuantType, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

from engines import run_onnx
from judge import Score, judge
from tasks import Task

# For each scheme: the weights' type, and whether every output channel has its own scale.
SCHEMES = {"int8 per channel": (QuantType.QInt8, True),
           "int8 per tensor": (QuantType.QInt8, False),
           "int4 per channel": (QuantType.QInt4, True)}
METHODS = {"MinMax": CalibrationMethod.MinMax, "Entropy": CalibrationMethod.Entropy,
           "Percentile": CalibrationMethod.Percentile}


class Samples(CalibrationDataReader):
    def __init__(self, name: str, samples):
        self.name, self.left = name, iter(samples)

    def get_next(self) -> dict | None:
        sample = next(self.left, None)
        return None if sample is None else {self.name: sample[None]}


class OnnxRuntime:
    name = "ONNX Runtime"
    schemes = list(SCHEMES)

    def methods(self, scheme: str) -> list[str]:
        return list(METHODS)

    def quantize(self, task: Task, scheme: str, method: str, scratch: Path) -> Path:
        prepared, result = scratch / f"{task.key}_prepared.onnx", scratch / f"{task.key}_ort.onnx"
        weights, per_channel = SCHEMES[scheme]
        # It reports its progress on stdout and by the root logger.
        logging.disable(logging.WARNING)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                quant_pre_process(str(task.onnx), str(prepared), skip_symbolic_shape=True)
                quantize_static(str(prepared), str(result), Samples("input", task.calibration),
                                quant_format=QuantFormat.QDQ, activation_type=QuantType.QInt8,
                                weight_type=weights, per_channel=per_channel,
                                calibrate_method=METHODS[method])
        finally:
            logging.disable(logging.NOTSET)
        return result

    def score(self, task: Task, model: Path, scratch: Path) -> Score:
        return judge(run_onnx(task.onnx, task.held_out), run_onnx(model, task.held_out),
                     task.labels, task.classifies, model.stat().st_size)
