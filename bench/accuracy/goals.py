"""What Octet's quantized networks are to reach, and whether they do."""

from dataclasses import dataclass, field

from judge import Score

EPSILON = 1e-9  # a loss of 0.3 points is a binary fraction just above 0.3 in a sum of shares


@dataclass
class Row:
    """One quantized network: by whom, how, and how good."""

    network: str  # key of its task
    scheme: str
    contestant: str
    method: str
    score: Score | None  # None when the contestant failed; `problem` says why
    float_accuracy: float | None = None
    problem: str = ""
    goals: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def loss(self) -> float | None:
        """Points of accuracy below the float network's; negative when above."""
        if self.score is None or self.score.accuracy is None:
            return None
        return 100 * (self.float_accuracy - self.score.accuracy)


# (network, scheme): points of accuracy that may be lost, dB that the output must have.
LIMITS = {("resnet8", "int8 per channel"): (0.3, 24.0),
          ("resnet8", "int8 per tensor"): (0.7, 22.0),
          ("resnet8", "int4 per channel"): (2.0, None),
          ("resnet8", "codebook of 16"): (1.5, None),
          ("dscnn", "int8 per channel"): (0.3, None),
          ("dscnn", "int4 per channel"): (2.0, None),
          ("dscnn", "codebook of 16"): (1.5, None),
          ("ad01", "int8 per channel"): (None, 42.0)}


def best_peer(row: Row, rows: list[Row]) -> float | None:
    """The highest SQNR that any peer's method has for the same network and scheme."""
    return max((other.score.sqnr_db for other in rows
                if other.score and other.contestant != row.contestant and
                (other.network, other.scheme) == (row.network, row.scheme)), default=None)


def judge_goals(row: Row, rows: list[Row]) -> list[tuple[str, bool]]:
    """The goals of one of Octet's rows among all rows. A network that was not made meets none."""
    points, decibels = LIMITS.get((row.network, row.scheme), (None, None))
    goals = []
    if points is not None:
        goals.append((f"at most {points:g} points lost",
                      row.loss is not None and row.loss <= points + EPSILON))
    if decibels is not None:
        goals.append((f"{decibels:g} dB", row.score is not None and row.score.sqnr_db >= decibels))
    peer = best_peer(row, rows)
    if peer is not None:
        goals.append(("above all peers", row.score is not None and row.score.sqnr_db > peer))
    return goals
