"""Octet as a contestant: `octet quantize` with its default options, judged by `octet evaluate`."""

import json
import subprocess
from pathlib import Path

import numpy as np

from judge import Score
from tasks import Task

# What `--weights` says for each scheme, and the format that can hold the result.
SCHEMES = {"int8 per channel": ("per-channel", ".tflite"),
           "int8 per tensor": ("per-tensor", ".tflite"),
           "int4 per channel": ("per-channel,4", ".octet"),
           "codebook of 16": ("per-channel,codebook:16", ".octet")}


class OctetFailed(Exception):
    """The command failed; the message is one line."""


class Octet:
    name = "Octet"
    schemes = list(SCHEMES)

    def __init__(self, command: Path, options: list[str] | None = None):
        self.command, self.options = command, options or []

    def run(self, *arguments: str | Path) -> None:
        done = subprocess.run([str(self.command), *map(str, arguments)], capture_output=True,
                              text=True)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise OctetFailed(f"octet {arguments[0]} exits with {done.returncode}: {lines[-1]}")

    def methods(self, scheme: str) -> list[str]:
        return [" ".join(self.options) or "defaults"]

    def quantize(self, task: Task, scheme: str, method: str, scratch: Path) -> Path:
        weights, suffix = SCHEMES[scheme]
        calibration = scratch / f"{task.key}_calibration.npy"
        np.save(calibration, task.calibration)
        result = scratch / f"{task.key}_octet{suffix}"
        self.run("quantize", task.onnx, "--data", calibration, "--samples", len(task.calibration),
                 "--weights", weights, "-o", result, *self.options)
        return result

    def score(self, task: Task, model: Path, scratch: Path) -> Score:
        """Of a quantized network or, for comparing the evaluators, a float one."""
        held_out, numbers = scratch / f"{task.key}_held_out.npy", scratch / "score.json"
        np.save(held_out, task.held_out)
        arguments = ["evaluate", model, "--data", held_out, "--against", task.onnx,
                     "--json", numbers]
        if task.labels is not None:
            labels = scratch / f"{task.key}_labels.npy"
            np.save(labels, task.labels)
            arguments += ["--labels", labels]
        self.run(*arguments)
        return read_score(json.loads(numbers.read_text()), task.classifies, model.stat().st_size)


def read_score(found: dict, classifies: bool, size: int) -> Score:
    """From the file that `octet evaluate --json` writes; what was not asked for is null there."""
    return Score(found["accuracy"], found["agreement"] if classifies else None, found["sqnr_db"],
                 size)
