"""The networks that are quantized, and the samples to calibrate and to judge with.

Every sample is in float, in the units that the float network wants. Calibration and held-out samples
never overlap: for CIFAR-10 they are the training and test sets, VWW's are crops of different
photographs, and the others are halves of one set, split at random with a fixed seed.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from engines import input_quantization
from tflite_edit import float_twin
import networks  # of bench/peers, which engines has made importable
from photographs import as_input  # of bench

CROP = 96  # pixels on a side, the input of VWW
CALIBRATION_PHOTOGRAPHS = ["camera.png", "chelsea.png", "motorcycle_left.png", "rocket.jpg"]
HELD_OUT_PHOTOGRAPHS = ["astronaut.png", "coffee.png", "coins.png"]


@dataclass
class Task:
    """A float network in both formats and its samples; `labels` are those of the held-out ones."""

    key: str
    title: str
    onnx: Path
    tflite: Path
    calibration: np.ndarray
    held_out: np.ndarray
    labels: np.ndarray | None = None
    classifies: bool = True  # whether the largest output means something


def halves(x: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the calibration half, at most `limit` of them, and of the held-out half."""
    order = np.random.default_rng(1).permutation(len(x))
    return order[: len(x) // 2][:limit], order[len(x) // 2:]


def resnet8(models: Path, data: Path, limit: int, scratch: Path) -> Task:
    return Task("resnet8", "ResNet8, CIFAR-10", models / "ic_resnet8_float.onnx",
                models / "ic_resnet8_float.tflite",
                np.load(data / "cifar10_train_x.npy")[:limit].astype(np.float32),
                np.load(data / "cifar10_test_x.npy").astype(np.float32),
                np.load(data / "cifar10_test_y.npy"))


def dscnn(models: Path, data: Path, limit: int, scratch: Path) -> Task:
    """The frames are stored as the published int8 network wants them. No float .tflite file is
    published, so the .onnx file's weights are put into the int8 file's graph."""
    published = models / "kws_dscnn_int8.tflite"
    onnx, twin = models / "kws_dscnn_float.onnx", scratch / "kws_dscnn_float.tflite"
    twin.write_bytes(float_twin(published, onnx))
    scale, zero_point = input_quantization(published)
    stored = np.load(data / "kws_mfcc_x.npy")
    frames = ((stored.astype(np.float32) - zero_point) * scale).astype(np.float32)
    calibration, held_out = halves(frames, limit)
    return Task("dscnn", "DS-CNN, keywords", onnx, twin, frames[calibration], frames[held_out],
                np.load(data / "kws_mfcc_y.npy")[held_out])


def ad01(models: Path, data: Path, limit: int, scratch: Path) -> Task:
    windows = np.load(data / "ad_toycar_x.npy")
    calibration, held_out = halves(windows, limit)
    return Task("ad01", "AD01, autoencoder", models / "ad01_float.onnx",
                models / "ad01_float.tflite", windows[calibration], windows[held_out],
                classifies=False)


def crops(photograph: Path, count: int, seed: int) -> np.ndarray:
    """Squares of random place and size (a quarter of the shorter side at least), resized to the
    network's input, 0..1. The first is the centre square of the whole photograph."""
    generator = np.random.default_rng(seed)
    image = Image.open(photograph).convert("RGB")
    found = [as_input(photograph, CROP)]
    for _ in range(count - 1):
        side = int(generator.integers(min(image.size) // 4, min(image.size) + 1))
        left = int(generator.integers(0, image.width - side + 1))
        top = int(generator.integers(0, image.height - side + 1))
        square = image.crop((left, top, left + side, top + side))
        found.append(np.asarray(square.resize((CROP, CROP), Image.Resampling.BILINEAR), np.float32))
    return np.stack(found) / np.float32(255)


def vww(models: Path, data: Path, limit: int, scratch: Path) -> Task:
    networks.fetch_photographs(CALIBRATION_PHOTOGRAPHS + HELD_OUT_PHOTOGRAPHS)

    def of(names: list[str], count: int) -> np.ndarray:
        """Mixed, because to a moving average the last photograph alone would count."""
        found = np.concatenate([crops(networks.CACHE / name, count, seed)
                                for seed, name in enumerate(names)])
        return np.random.default_rng(1).permutation(found)

    per_photograph = max(1, min(limit, 512) // len(CALIBRATION_PHOTOGRAPHS))
    return Task("vww", "VWW, MobileNetV1 0.25", models / "vww_mobilenet_float.onnx",
                models / "vww_mobilenet_float.tflite", of(CALIBRATION_PHOTOGRAPHS, per_photograph),
                of(HELD_OUT_PHOTOGRAPHS, 100))


TASKS = {"resnet8": resnet8, "dscnn": dscnn, "ad01": ad01, "vww": vww}
