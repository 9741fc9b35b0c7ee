"""Photographs as a network's input."""

from pathlib import Path

import numpy as np
from PIL import Image


def as_input(path: Path, size: int) -> np.ndarray:
    """The centre square of a photograph, bilinearly resized: (size, size, 3) float32, 0..255."""
    photograph = Image.open(path).convert("RGB")
    side = min(photograph.size)
    left, top = (photograph.width - side) // 2, (photograph.height - side) // 2
    square = photograph.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((size, size), Image.Resampling.BILINEAR), np.float32)
