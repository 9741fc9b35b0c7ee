"""Interleaved measurement: who runs when, how often, and what is kept of it.

The clock of a machine drifts and neighbours come and go, so contestants never run one after the
other for long: time is cut into rounds, each contestant gets its turn in every round, and ratios
are formed within a round before their median is taken. The minimum says what the code can do, the
median what a user sees.
"""

import gc
import os
import time
from dataclasses import dataclass
from typing import Callable, Protocol

import numpy as np

MAX_CALLS_PER_TURN = 20_000


class Contestant(Protocol):
    name: str

    def samples(self, calls: int) -> np.ndarray:
        """Runs `calls` inferences; the nanoseconds of each, without the stopwatch's own."""


@dataclass
class Measurement:
    """Microseconds of one contestant."""

    minimum: float
    median: float
    rounds: list[float]  # the median of each round
    calls: int


def stopwatch_floor(call: Callable[[], object], calls: int = 2000) -> int:
    """The nanoseconds that timing `call` costs when `call` does next to nothing."""
    return int(python_samples(call, calls).min())


def python_samples(call: Callable[[], object], calls: int) -> np.ndarray:
    clock = time.perf_counter_ns
    taken = [0] * calls
    for i in range(calls):
        start = clock()
        call()
        taken[i] = clock() - start
    return np.array(taken, np.int64)


def pin_to_core(core: int | None = None) -> int:
    """Keeps this process, and every thread it starts later, on one core: by default the last."""
    core = max(os.sched_getaffinity(0)) if core is None else core
    os.sched_setaffinity(0, {core})
    return core


def calls_per_turn(contestant: Contestant, nanoseconds: float) -> int:
    contestant.samples(2)  # lazy set-up and cold caches
    estimate = float(np.median(contestant.samples(5)))
    return int(np.clip(nanoseconds / max(estimate, 1.0), 1, MAX_CALLS_PER_TURN))


def measure(contestants: list[Contestant], seconds: float, rounds: int) -> dict[str, Measurement]:
    """Shares `seconds` equally among contestants over `rounds` rounds. Every round starts with
    another contestant, so that none always runs on caches left by the same neighbour."""
    turn = seconds * 1e9 / rounds / len(contestants)
    calls = [calls_per_turn(c, turn) for c in contestants]
    taken: list[list[np.ndarray]] = [[] for _ in contestants]
    gc.disable()
    try:
        for number in range(rounds):
            for i in range(len(contestants)):
                i = (i + number) % len(contestants)
                taken[i].append(contestants[i].samples(calls[i]))
    finally:
        gc.enable()
    return {c.name: Measurement(minimum=min(float(t.min()) for t in turns) / 1e3,
                                median=float(np.median(np.concatenate(turns))) / 1e3,
                                rounds=[float(np.median(t)) / 1e3 for t in turns],
                                calls=n * rounds)
            for c, turns, n in zip(contestants, taken, calls)}


@dataclass
class Ratio:
    """How many times faster than another; 2.0 is half the time."""

    minimum: float  # of the minima
    median: float  # median over the rounds


def ratio(ours: Measurement, other: Measurement) -> Ratio:
    per_round = np.array(other.rounds) / np.array(ours.rounds)
    return Ratio(other.minimum / ours.minimum, float(np.median(per_round)))
