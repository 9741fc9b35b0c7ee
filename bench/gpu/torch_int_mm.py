"""Times torch._int_mm (cuBLASLt, int8 x int8 to int32) on the matrix products of a bundle.

torch_int_mm.py cases.tsv > torch.tsv

Lines of m, n, k and the seconds of one product, the least of several graphs of 20, as the runner
times Octet's kernels. Products that cuBLASLt refuses are left out, with a line on stderr.
"""

import csv
import sys

import torch

PRODUCTS = 20
GRAPHS = 50


def seconds_of(m: int, n: int, k: int) -> float:
    a = torch.randint(-128, 128, (m, k), dtype=torch.int8, device="cuda")
    # cuBLASLt wants the second operand by columns.
    b = torch.randint(-128, 128, (n, k), dtype=torch.int8, device="cuda").t()
    out = torch.empty((m, n), dtype=torch.int32, device="cuda")
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            torch._int_mm(a, b, out=out)
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for _ in range(PRODUCTS):
            torch._int_mm(a, b, out=out)
    least = float("inf")
    for _ in range(GRAPHS):
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        stop.record()
        stop.synchronize()
        least = min(least, start.elapsed_time(stop) * 1e-3 / PRODUCTS)
    return least


def main() -> None:
    with open(sys.argv[1], newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    shapes = {(int(row["m"]), int(row["n"]), int(row["k"])) for row in rows}
    for shape in sorted(shapes):
        if 0 in shape:
            continue
        try:
            print(*shape, seconds_of(*shape), sep="\t", flush=True)
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            print(f"torch._int_mm: {shape} is left out: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
