#!/usr/bin/env python3
"""Instructions of the MLPerf Tiny networks on each Cortex-M core, beside CMSIS-NN's.

    .venv/bin/python bench/cortex_m/run.py --models DIR --markdown docs/performance-cortex-m.md
    .venv/bin/python bench/cortex_m/run.py --models DIR --cores m4,m55 --networks resnet8

DIR holds the four int8 networks as .tflite files; the command is build/octet. Counts are executed
instructions in QEMU, exact and repeatable; they are not cycles. cmsis_nn.tsv beside this script
holds CMSIS-NN's counts for the same layers in the same emulator, the best of several compilers and
options per layer (bench/cortex_m/README.md).
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORES = {"m0plus": "Cortex-M0+", "m3": "Cortex-M3", "m4": "Cortex-M4", "m7": "Cortex-M7",
         "m33": "Cortex-M33", "m55": "Cortex-M55"}
NETWORKS = {"resnet8": ("ResNet8", "ic_resnet8_int8.tflite"),
            "kws": ("DS-CNN", "kws_dscnn_int8.tflite"),
            "vww": ("VWW", "vww_mobilenet_int8.tflite"),
            "ad": ("AD01", "ad01_int8.tflite")}


@dataclass
class Layer:
    name: str
    macs: int
    ours: int
    cmsis: int

    @property
    def ratio(self) -> float:
        return self.ours / self.cmsis


@dataclass
class Result:
    network: str
    layers: list[Layer]
    total: int  # a whole run, the runtime included
    arena: int
    stack: int
    code: int
    weights: int

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def cmsis(self) -> int:
        return sum(layer.cmsis for layer in self.layers)

    @property
    def worst(self) -> Layer:
        return max(self.layers, key=lambda layer: layer.ratio)


def read_cmsis() -> dict[tuple[str, str], list[tuple[str, int, int]]]:
    """By core and network, the layers in order: name, MACs, instructions."""
    rows = defaultdict(list)
    with open(HERE / "cmsis_nn.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            rows[row["core"], row["network"]].append(
                (row["layer"], int(row["macs"]), int(row["instructions"])))
    return rows


def measure(octet: Path, model: Path, core: str, rounding: str, network: str,
            cmsis: list[tuple[str, int, int]]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "bench.json"
        run = subprocess.run([octet, "bench", model, "--target", f"cortex-{core}", "--rounding",
                              rounding, "--json", numbers], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr.strip() or f"octet bench failed on {model} for {core}")
        bench = json.loads(numbers.read_text())
    layers = bench["layers"]
    if len(layers) != len(cmsis):
        sys.exit(f"{model}: Octet runs {len(layers)} layers, cmsis_nn.tsv has {len(cmsis)} of "
                 f"{network}; the table only fits the MLPerf Tiny networks")
    return Result(network,
                  [Layer(name, macs, layer["instructions"], count)
                   for layer, (name, macs, count) in zip(layers, cmsis)],
                  bench["total_instructions"], bench["arena_bytes"], bench["stack_used_bytes"],
                  bench["code_bytes"], bench["weight_bytes"])


def per_mac(instructions: int, macs: int) -> str:
    return f"{instructions / macs:.3f}" if macs else ""


def summary(results: list[Result]) -> list[str]:
    lines = ["| | MACs | Octet | per MAC | CMSIS-NN | ratio | worst layer | arena | stack | code | "
             "weights |",
             "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|"]
    for result in results:
        worst = result.worst
        lines.append(f"| {NETWORKS[result.network][0]} | {result.macs:,} | {result.total:,} | "
                     f"{per_mac(result.total, result.macs)} | {result.cmsis:,} | "
                     f"{result.total / result.cmsis:.2f} | {worst.ratio:.2f} {worst.name} | "
                     f"{result.arena:,} | {result.stack:,} | {result.code:,} | "
                     f"{result.weights:,} |")
    return lines


def details(result: Result) -> list[str]:
    lines = [f"### {NETWORKS[result.network][0]}", "",
             "| layer | MACs | Octet | per MAC | CMSIS-NN | ratio |", "|---|---:|---:|---:|---:|---:|"]
    for layer in result.layers:
        macs = f"{layer.macs:,}" if layer.macs else ""
        lines.append(f"| {layer.name} | {macs} | {layer.ours:,} | "
                     f"{per_mac(layer.ours, layer.macs)} | {layer.cmsis:,} | {layer.ratio:.2f} |")
    return lines + [""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octet", type=Path, default=ROOT / "build" / "octet")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--cores", default=",".join(CORES))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--rounding", default="micro", choices=("micro", "reference", "float"))
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    arguments = parser.parse_args()

    cmsis = read_cmsis()
    short, long = [], []
    for core in arguments.cores.split(","):
        results = []
        for network in arguments.networks.split(","):
            model = arguments.models / NETWORKS[network][1]
            if not model.exists():
                sys.exit(f"{model}: there is no such file; give the folder with --models")
            results.append(measure(arguments.octet, model, core, arguments.rounding, network,
                                   cmsis[core, network]))
        table = [f"## {CORES[core]}", "", *summary(results), ""]
        print("\n".join(table), flush=True)
        short += table
        long += [f"## {CORES[core]}, layer by layer", ""]
        for result in results:
            long += details(result)
    if arguments.markdown:
        head = ["# Instructions on Cortex-M", "",
                "Written by `bench/cortex_m/run.py`; [performance.md](performance.md) says how to "
                "read it. Executed",
                f"instructions in QEMU, not cycles; rounding `{arguments.rounding}`. A layer's "
                "count is its kernel's, a network's",
                "includes the runtime. Bytes of arena, stack, kernel code and weights.", ""]
        arguments.markdown.write_text("\n".join(head + short + long), encoding="utf-8")


if __name__ == "__main__":
    main()
