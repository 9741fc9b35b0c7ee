"""Results in the terminal, as Markdown and as JSON."""

import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from goals import Row

# What stands behind this line of a document is the last run's.
MARKER = "<!-- The tables below are written by bench/accuracy/run.py. -->\n"
HEADINGS = ["", "by", "method", "accuracy", "lost", "agreement", "SQNR", "bytes", "goal"]
WIDTHS = [18, 13, 11, 9, 6, 10, 9, 8, 0]


def share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"


def cells(row: Row) -> list[str]:
    """The row's text, in the order of HEADINGS."""
    named = [row.scheme, row.contestant, row.method]
    goals = "; ".join(f"{text}: {'met' if met else 'not met'}" for text, met in row.goals)
    if row.score is None:
        return [*named, "-", "-", "-", "-", "-", "; ".join(filter(None, [row.problem, goals]))]
    lost = "-" if row.loss is None else f"{row.loss:+.2f}"
    return [*named, share(row.score.accuracy), lost, share(row.score.agreement),
            f"{row.score.sqnr_db:.2f} dB", str(row.score.bytes), goals]


def text_line(columns: list[str]) -> str:
    return "  ".join([*(c.ljust(w) for c, w in zip(columns[:3], WIDTHS)),
                      *(c.rjust(w) for c, w in zip(columns[3:], WIDTHS[3:]))]).rstrip()


def versions() -> dict[str, str]:
    found = {}
    for package in ("onnxruntime", "ai-edge-litert", "litert-quantizer"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def markdown(sections: list[tuple[str, list[Row]]], command: str) -> str:
    """One table per network; a section is the sentence above it and its rows."""
    parts = [f"Command: `{command}`, on {platform.machine()}. Versions: "
             + ", ".join(f"{name} {number}" for name, number in versions().items()) + "."]
    for heading, rows in sections:
        lines = ["| " + " | ".join(HEADINGS) + " |", "|---|---|---|---:|---:|---:|---:|---:|---|"]
        for row in rows:
            bold = "**" if row.contestant == "Octet" else ""
            lines.append("| " + " | ".join(f"{bold}{c}{bold}" if c and i < 8 else c
                                           for i, c in enumerate(cells(row))) + " |")
        parts += [heading, "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def spliced(document: str, tables: str) -> str:
    """The document with new tables behind its marker; the tables alone where it has none."""
    before, marker, _ = document.partition(MARKER)
    return f"{before}{marker}\n{tables}" if marker else tables


def as_json(rows: list[Row], floats: dict, command: str) -> dict:
    return {"command": command, "versions": versions(), "float": floats,
            "rows": [{**asdict(row), "loss_points": row.loss} for row in rows]}
