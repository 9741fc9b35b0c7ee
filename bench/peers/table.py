"""Results as a table in the terminal and in Markdown."""

from dataclasses import asdict, dataclass, field

import numpy as np

from timing import Measurement, Ratio, ratio

PEERS = ("LiteRT", "ONNX Runtime")
OURS = ("Octet float", "Octet reference")


@dataclass
class Row:
    """One network or layer and what every contestant took for it."""

    name: str
    kind: str  # "network", or the layer's kind
    macs: int
    times: dict[str, Measurement]
    problems: list[str] = field(default_factory=list)

    def best_peer(self) -> str | None:
        peers = [p for p in PEERS if p in self.times]
        return min(peers, key=lambda p: self.times[p].minimum, default=None)

    def ratio(self, ours: str) -> Ratio | None:
        """How many times faster than the best peer."""
        best = self.best_peer()
        if best is None or ours not in self.times:
            return None
        return ratio(self.times[ours], self.times[best])

    def share_of_peak(self, contestant: str, peak_gmacs: float | None) -> float | None:
        if not self.macs or not peak_gmacs or contestant not in self.times:
            return None
        return self.macs / self.times[contestant].minimum / 1e3 / peak_gmacs

    def as_json(self) -> dict:
        return {"name": self.name, "kind": self.kind, "macs": self.macs,
                "best_peer": self.best_peer(), "problems": self.problems,
                "times_us": {name: asdict(t) for name, t in self.times.items()},
                "ratios": {name: asdict(r) for name in OURS if (r := self.ratio(name))}}


def geometric_means(rows: list[Row]) -> dict[str, dict[str, Ratio]]:
    """Per kind of layer and per rounding, the geometric mean of the ratios."""
    means: dict[str, dict[str, Ratio]] = {}
    for kind in ("network", "conv", "pointwise", "depthwise"):
        for ours in OURS:
            ratios = [r for row in rows if row.kind == kind and (r := row.ratio(ours))]
            if ratios:
                means.setdefault(kind, {})[ours] = Ratio(
                    *(float(np.exp(np.mean([np.log(getattr(r, part)) for r in ratios])))
                      for part in ("minimum", "median")))
    return means


def digits(microseconds: float) -> str:
    """Four significant digits at most, the last one being noise already."""
    return f"{microseconds:.{0 if microseconds >= 1000 else 1 if microseconds >= 100 else 2}f}"


def cells(row: Row, peak: float | None) -> list[str]:
    """The row's text, in the order of headings()."""
    def time(name):
        found = row.times.get(name)
        return f"{digits(found.minimum)} / {digits(found.median)}" if found else "-"

    def times_faster(name):
        found = row.ratio(name)
        return f"{found.minimum:.2f} / {found.median:.2f}" if found else "-"

    def share(name):
        found = row.share_of_peak(name, peak) if name else None
        return f"{100 * found:.0f} %" if found is not None else "-"

    macs = f"{row.macs / 1e6:.2f}" if row.macs else "-"
    return [row.name, macs, *(time(n) for n in (*PEERS, *OURS)),
            *(times_faster(n) for n in OURS), share(row.best_peer()), share(OURS[0])]


def headings() -> list[str]:
    return ["", "MMAC", "LiteRT", "ONNX Runtime", "Octet float", "Octet reference",
            "float", "reference", "peer", "Octet"]


# The same columns in the terminal, under two lines of headings.
GROUPS = ["", "", *["us, min / median"] * 4]
WIDTHS = [30, 7, 17, 17, 17, 17, 12, 12, 6, 6]


def text_line(columns: list[str]) -> str:
    return " ".join([columns[0].ljust(WIDTHS[0]),
                     *(c.rjust(w) for c, w in zip(columns[1:], WIDTHS[1:]))])


def text_headings() -> str:
    """Two lines; the first names what pairs of columns have in common."""
    first = text_line(GROUPS) + " " + "best peer / Octet".rjust(25) + " " + "of peak".rjust(13)
    return first + "\n" + text_line(headings())


def markdown_table(rows: list[Row], peak: float | None) -> str:
    named = headings()
    named[6:] = ["float ratio", "reference ratio", "best peer of peak", "Octet of peak"]
    lines = ["| " + " | ".join(named) + " |",
             "|---|" + "---:|" * (len(headings()) - 1)]
    lines += ["| " + " | ".join(cells(row, peak)) + " |" for row in rows]
    return "\n".join(lines)


def markdown_means(means: dict[str, dict[str, Ratio]]) -> str:
    lines = ["| geometric mean of the ratios | float | reference |", "|---|---:|---:|"]
    for kind, ours in means.items():
        shown = [f"{ours[n].minimum:.2f} / {ours[n].median:.2f}" if n in ours else "-"
                 for n in OURS]
        lines.append(f"| {kind} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def markdown_report(rows: list[Row], machine: dict, versions: dict, peak: dict | None,
                    command: str) -> str:
    gmacs = peak and peak["int8_gmacs"]
    caches = ", ".join(f"{name} {size}" for name, size in machine["caches"].items())
    virtual = f", virtual machine ({machine['virtual']})" if machine["virtual"] else ""
    parts = [
        f"Machine: {machine['model']} ({machine['family']}), {machine['architecture']} "
        f"{machine['level']}, {machine['cores']} cores{virtual}; {caches}.",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in versions.items()) + ".",
        f"Measured on one core: {peak['clock_ghz']:.2f} GHz, int8 peak {gmacs:.0f} GMAC/s."
        if peak else "The machine's peak was not measured (bench/peak is not built).",
        f"Command: `{command}`.",
        "Times are minimum / median in microseconds; ratios are best peer / Octet, of the minima / "
        "median over rounds, so that 2.00 means half the time.",
    ]
    networks = [row for row in rows if row.kind == "network"]
    layers = [row for row in rows if row.kind != "network"]
    for title, part in (("Networks", networks), ("Layers", layers)):
        if part:
            parts += [f"### {title}", markdown_table(part, gmacs)]
    if means := geometric_means(rows):
        parts.append(markdown_means(means))
    return "\n\n".join(parts) + "\n"
