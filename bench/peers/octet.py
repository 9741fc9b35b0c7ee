"""Octet as a contestant: compiles the model with the command, links the result with the runtime
and a timing loop in C, and loads that into this process."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


class OctetFailed(Exception):
    """The command or the link failed; the message is one line."""


def command(arguments: list[str]) -> str:
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise OctetFailed(f"{Path(arguments[0]).name} exits with {done.returncode}: {lines[-1]}")
    return done.stdout


class Octet:
    def __init__(self, build: Path, model: Path, rounding: str, name: str, folder: Path,
                 inputs: list[np.ndarray]):
        """`build` is Octet's build folder, `name` a C identifier, `folder` empty and writable."""
        self.name = f"Octet {rounding}"
        artifacts = folder / f"{name}_{rounding}"
        command([build / "octet", "compile", model, "--target", "host", "-o", artifacts,
                 "--rounding", rounding, "--name", name])
        shared = artifacts / f"{name}.so"
        command(["cc", "-O2", "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-o", shared,
                 f'-DMODEL_HEADER="{name}.h"', f"-DMODEL_LIBRARY=octet_{name}_library",
                 "-I", artifacts, "-I", REPOSITORY / "runtime/include", HERE / "model_loop.c",
                 artifacts / f"lib{name}.a", build / "runtime/liboctet_runtime.a",
                 "-lm", "-lpthread", "-ldl", "-Wl,--exclude-libs,ALL,-Bsymbolic"])
        self.library = library = ctypes.CDLL(str(shared), mode=ctypes.RTLD_LOCAL)
        library.loop_open.restype = ctypes.c_char_p
        library.loop_floor.restype = ctypes.c_int64
        library.loop_input.restype = library.loop_output.restype = ctypes.c_void_p
        error = library.loop_open(str(artifacts / f"{name}.octet").encode())
        if error:
            raise OctetFailed(error.decode())
        for index, value in enumerate(inputs):
            self.buffer(library.loop_input, index)[:] = np.ascontiguousarray(value).view(
                np.uint8).reshape(-1)
        self.floor = library.loop_floor()

    @staticmethod
    def buffer(function, index: int) -> np.ndarray | None:
        """The bytes of an input or output, as a view of the loop's own memory."""
        size = ctypes.c_size_t()
        address = function(ctypes.c_size_t(index), ctypes.byref(size))
        if not address:
            return None
        return np.ctypeslib.as_array((ctypes.c_uint8 * size.value).from_address(address))

    def samples(self, calls: int) -> np.ndarray:
        taken = np.zeros(calls, np.int64)
        status = self.library.loop_run(ctypes.c_int64(calls), taken.ctypes.data_as(ctypes.c_void_p))
        if status:
            raise OctetFailed(f"octet_model_run: status {status}")
        return taken - self.floor

    def outputs_like(self, outputs: list[np.ndarray]) -> list[np.ndarray]:
        """The outputs of one run, with the types and shapes of another engine's."""
        self.samples(1)
        return [self.buffer(self.library.loop_output, i).view(o.dtype).reshape(o.shape).copy()
                for i, o in enumerate(outputs)]
