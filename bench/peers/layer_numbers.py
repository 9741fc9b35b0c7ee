"""Weights, scales and zero points of a single-operator model, the same for every engine.

Numbers as a trained and calibrated network has them: normal weights with one scale per output
channel, and an output range that holds three standard deviations, so that outputs spread over all
256 steps and saturate as rarely as real ones. A kernel's time does not depend on the values, but an
engine may take another path for scales that no network has.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from layers import Layer

INPUT_SCALE, INPUT_ZERO_POINT = 0.0235, -4  # about [-2.9, 3.1]
OUTPUT_ZERO_POINT = 3


@dataclass
class Numbers:
    """Activations are int8 here; an engine with uint8 activations adds 128 to both zero points."""

    output_scale: float
    weights: np.ndarray | None = None  # int8, (output channel, row, column, input channel)
    weight_scales: np.ndarray | None = None  # float32, one per output channel; one in all for fc
    bias: np.ndarray | None = None  # int32, scale input * weight


def numbers_of(layer: Layer) -> Numbers:
    if layer.kind == "quantize":
        return Numbers(INPUT_SCALE)
    # Uniform int8 inputs: the second moment of (q - zero point).
    moment = 256**2 / 12 + (INPUT_ZERO_POINT + 0.5) ** 2
    if layer.kind == "add":
        return Numbers(float(3 * INPUT_SCALE * np.sqrt(2 * moment) / 127))

    random = np.random.default_rng(zlib.crc32(layer.name.encode()))
    depth = 1 if layer.depthwise else layer.channels_in
    real = random.normal(size=(layer.channels_out, layer.taps, layer.taps, depth))
    real /= np.sqrt(layer.reduction)
    real *= random.uniform(0.5, 1.5, size=(layer.channels_out, 1, 1, 1))  # channels differ in size
    # Fully connected layers carry one scale, as converters have long written them.
    axes = None if layer.kind == "fc" else (1, 2, 3)
    scales = (np.abs(real).max(axis=axes, keepdims=True) / 127).astype(np.float32)
    weights = np.rint(real / scales).clip(-127, 127).astype(np.int8)
    scales = scales.reshape(-1)

    variance = (weights.astype(np.float64) ** 2).sum(axis=(1, 2, 3)) * moment
    deviation = INPUT_SCALE * scales * np.sqrt(variance)
    output_scale = float(3 * np.sqrt((deviation**2).mean()) / 127)
    bias = random.normal(size=layer.channels_out) * 0.3 * deviation / (INPUT_SCALE * scales)
    return Numbers(output_scale, weights, scales, np.rint(bias).astype(np.int32))


def random_input(shape, dtype, seed: int = 1) -> np.ndarray:
    """Uniform over an integer type's whole range; floats over the range of INPUT_SCALE."""
    random = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max + 1, size=shape, dtype=dtype)
    return random.uniform(-128 * INPUT_SCALE, 127 * INPUT_SCALE, size=shape).astype(dtype)
