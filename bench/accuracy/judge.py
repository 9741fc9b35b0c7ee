"""Figures of merit of a quantized network, from its outputs and the float network's."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Score:
    accuracy: float | None  # share of held-out samples whose largest output is the label's
    agreement: float | None  # share with the same largest output as the float network
    sqnr_db: float | None  # 10 log10(sum of squares of the float outputs / of the differences)
    bytes: int  # the file's size


def sqnr_db(exact: np.ndarray, outputs: np.ndarray) -> float:
    """Over all outputs of all samples at once, in double precision. 200 dB stands for equal."""
    noise = np.sum(np.square(exact.astype(np.float64) - outputs))
    signal = np.sum(np.square(exact.astype(np.float64)))
    return 200.0 if noise == 0 else min(200.0, 10 * float(np.log10(signal / noise)))


def judge(exact: np.ndarray, outputs: np.ndarray, labels: np.ndarray | None, classifies: bool,
          size: int) -> Score:
    chosen = outputs.argmax(axis=1)
    return Score(float(np.mean(chosen == labels)) if labels is not None else None,
                 float(np.mean(chosen == exact.argmax(axis=1))) if classifies else None,
                 sqnr_db(exact, outputs), size)
