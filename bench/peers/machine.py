"""What a table of times is worth nothing without: the machine, the versions, the peak."""

import importlib.metadata
import json
import platform
import subprocess
from pathlib import Path

# The levels that decide which int8 kernels run, best first.
LEVELS = {"x86_64": ["avx512_vnni", "avx_vnni", "avx512bw", "avx2", "sse4_1"],
          "aarch64": ["i8mm", "asimddp", "asimd"]}


def machine() -> dict:
    done = subprocess.run(["lscpu", "--json"], capture_output=True, text=True, check=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    fields = {row["field"].rstrip(":"): row["data"]
              for row in flatten(json.loads(done.stdout)["lscpu"])}
    flags = fields.get("Flags", "").split()
    levels = LEVELS.get(platform.machine(), [])
    return {
        "model": fields.get("Model name", platform.processor()),
        "family": f"family {fields.get('CPU family', '?')} model {fields.get('Model', '?')}",
        "architecture": platform.machine(),
        "level": next((level for level in levels if level in flags), "baseline"),
        "cores": int(fields.get("CPU(s)", 0)),
        "caches": {name: fields[f"{name} cache"] for name in ("L1d", "L2", "L3")
                   if f"{name} cache" in fields},
        "virtual": fields.get("Hypervisor vendor", ""),
    }


def flatten(rows: list[dict]) -> list[dict]:
    return [field for row in rows for field in [row, *flatten(row.get("children", []))]]


def versions() -> dict:
    names = {"LiteRT": "ai-edge-litert", "ONNX Runtime": "onnxruntime", "Halide": "halide",
             "NumPy": "numpy"}
    return {"Python": platform.python_version(),
            **{title: importlib.metadata.version(name) for title, name in names.items()}}


def measured_peak(build: Path) -> dict | None:
    """What bench/peak measures on this core, in its own words; None when it is not built."""
    program = build / "bench/octet_peak"
    if not program.exists():
        return None
    done = subprocess.run([str(program), "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
