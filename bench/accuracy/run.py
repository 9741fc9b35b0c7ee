#!/usr/bin/env python3
"""Quantizes float networks by Octet, ONNX Runtime and LiteRT, and judges the results.

    .venv/bin/python bench/accuracy/run.py --models ../shared/models --data ../shared/data

All contestants calibrate on the same samples and are judged on the same held-out ones, each by its
own engine. docs/accuracy.md says what the numbers mean.
"""

import argparse
import json
import re
import shlex
import sys
import tempfile
from pathlib import Path

import report
from by_litert import LiteRT
from by_octet import SCHEMES, Octet, OctetFailed
from by_onnxruntime import OnnxRuntime
from engines import run_onnx, run_tflite
from goals import Row, judge_goals
from judge import judge
from tasks import TASKS, Task

REPOSITORY = Path(__file__).resolve().parents[2]
SAME_NETWORK_DB = 80.0  # float engines order their sums differently, which costs less than this


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, required=True,
                        help="folder with the float networks (resnet8: ic_resnet8_float.onnx, ...)")
    parser.add_argument("--data", type=Path, required=True, help="folder with the samples, .npy")
    parser.add_argument("--octet", type=Path, default=REPOSITORY / "build/octet",
                        help="the command (%(default)s)")
    parser.add_argument("--options", default="",
                        help="further options of octet quantize, in one string")
    parser.add_argument("--only", metavar="REGEX", default="",
                        help=f"networks: {', '.join(TASKS)}")
    parser.add_argument("--schemes", metavar="REGEX", default="",
                        help=f"schemes: {', '.join(SCHEMES)}")
    parser.add_argument("--calibration", type=int, default=1024, metavar="N",
                        help="calibrate on at most so many samples (%(default)s)")
    parser.add_argument("--held-out", type=int, metavar="N",
                        help="judge on at most so many samples (all)")
    parser.add_argument("--no-peers", action="store_true", help="Octet alone")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables, into a document behind its marker")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    return parser.parse_args()


def measure(contestant, task: Task, scheme: str, method: str, float_accuracy: float | None,
            scratch: Path) -> Row:
    """Quantizes and judges. What a contestant cannot do is a row that says why."""
    row = Row(task.key, scheme, contestant.name, method, None, float_accuracy)
    try:
        model = contestant.quantize(task, scheme, method, scratch)
        row.score = contestant.score(task, model, scratch)
    except Exception as failure:  # a peer's own exceptions are of many types
        lines = str(failure).strip().splitlines() or [type(failure).__name__]
        row.problem = "failed: " + lines[0][:160].replace("|", "/")
    return row


def float_network(task: Task, octet: Octet, scratch: Path) -> dict:
    """The float network by all three engines, which must agree before anybody believes them."""
    exact = run_onnx(task.onnx, task.held_out)
    found = {"ONNX Runtime": judge(exact, exact, task.labels, task.classifies,
                                   task.onnx.stat().st_size),
             "LiteRT": judge(exact, run_tflite(task.tflite, task.held_out), task.labels,
                             task.classifies, task.tflite.stat().st_size),
             "Octet": octet.score(task, task.onnx, scratch)}
    if found["LiteRT"].sqnr_db < SAME_NETWORK_DB:
        raise SystemExit(f"{task.tflite.name}: its outputs differ from {task.onnx.name}'s by "
                         f"{found['LiteRT'].sqnr_db:.1f} dB; give two files of the same network")
    return found


def heading(task: Task, floats: dict) -> str:
    line = (f"### {task.title}\n\nCalibrated on {len(task.calibration)} samples, "
            f"judged on {len(task.held_out)} others.")
    if task.labels is not None:
        line += " Accuracy in float: " + ", ".join(
            f"{report.share(score.accuracy)} by {name}" for name, score in floats.items()) + "."
    return line + (f" LiteRT's float outputs differ from ONNX Runtime's by "
                   f"{floats['LiteRT'].sqnr_db:.0f} dB.")


def main() -> int:
    options = arguments()
    tasks = [key for key in TASKS if re.search(options.only, key)]
    schemes = [scheme for scheme in SCHEMES if re.search(options.schemes, scheme)]
    if not tasks or not schemes:
        print("run.py: --only or --schemes matches nothing; see --help", file=sys.stderr)
        return 2
    octet = Octet(options.octet, shlex.split(options.options))
    contestants = [octet] if options.no_peers else [octet, OnnxRuntime(), LiteRT()]
    typed = shlex.join(["bench/accuracy/run.py",
                        *(["--only", options.only] if options.only else []),
                        "--calibration", str(options.calibration)])
    sections, rows, all_floats = [], [], {}
    with tempfile.TemporaryDirectory(prefix="octet-accuracy-") as folder:
        scratch = Path(folder)
        for key in tasks:
            task = TASKS[key](options.models, options.data, options.calibration, scratch)
            if options.held_out:
                task.held_out = task.held_out[:options.held_out]
                task.labels = None if task.labels is None else task.labels[:options.held_out]
            floats = float_network(task, octet, scratch)
            print(heading(task, floats) + "\n\n" + report.text_line(report.HEADINGS), flush=True)
            section = []
            for scheme in schemes:
                group = []
                for contestant in reversed(contestants):
                    for method in contestant.methods(scheme) if scheme in contestant.schemes else []:
                        group.append(measure(contestant, task, scheme, method,
                                             floats["ONNX Runtime"].accuracy, scratch))
                for row in group:
                    if row.contestant == octet.name:
                        row.goals = judge_goals(row, group)
                    print(report.text_line(report.cells(row)), flush=True)
                section += group
            sections.append((heading(task, floats), section))
            rows += section
            all_floats[key] = {name: vars(score) for name, score in floats.items()}
            print(flush=True)
    missed = [(row, text) for row in rows for text, met in row.goals if not met]
    count = sum(len(row.goals) for row in rows)
    print(f"{count - len(missed)} of {count} goals met"
          + "".join(f"\n  {row.network}, {row.scheme}: not {text}" for row, text in missed))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(rows, all_floats, typed), indent=1)
                                + "\n")
    if options.markdown:
        old = options.markdown.read_text() if options.markdown.exists() else ""
        options.markdown.write_text(report.spliced(old, report.markdown(sections, typed)))
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OctetFailed as failure:
        raise SystemExit(f"run.py: {failure}") from None
