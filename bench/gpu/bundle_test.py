"""A small bundle runs where a driver is, here in the interpreter that poses as one.

bundle_test.py BUILD NETWORK

NETWORK may be a file that is not there: then the bundle has layers only.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(sys.argv[1])
NETWORK = Path(sys.argv[2])
PACKAGES = Path(sys.prefix) / "lib"


def run(*command, **environment):
    return subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def on_card(folder, *options, **environment):
    """The runner, with the interpreter as the driver."""
    return run(
        folder / "octet_gpu_runner",
        folder,
        "--no-timing",
        *options,
        LD_LIBRARY_PATH=str(BUILD / "emulators/cuda"),
        **environment,
    )


class Bundle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Path(tempfile.mkdtemp(prefix="octet-bundle-"))
        cls.folder = cls.place / "bundle"
        networks = [NETWORK] if NETWORK.exists() else []
        cls.written = run(
            HERE / "bundle", cls.folder, *networks, "--",
            "--only", "mobilenetv2_14x14_384_64,mobilenetv2_14x14_384_dw",
            "--batches", "1,2", "--cards", "sm_90", "--cache", cls.place / "cache",
            OCTET_BUILD=str(BUILD),
        )
        cls.models = (2 + len(networks)) * 2 * 2  # targets and batches

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.place)

    def setUp(self):
        self.assertEqual(self.written.returncode, 0, self.written.stderr)

    def test_every_model_equals_the_reference(self):
        done = on_card(self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.folder / "results.md").read_text()
        self.assertIn(f"{self.models} of {self.models} models equal", page)
        self.assertIn("Nothing was timed", page)
        if NETWORK.exists():
            self.assertNotIn(" 0 calls inside", page)

    def test_a_wrong_output_is_found_and_named(self):
        file = self.folder / "cases/mobilenetv2_14x14_384_dw/output0.bin"
        right = file.read_bytes()
        try:
            file.write_bytes(bytes([right[0] ^ 1]) + right[1:])
            done = on_card(self.folder, "--only", "384_dw cuda-sm61 1")
        finally:
            file.write_bytes(right)
        self.assertEqual(done.returncode, 1)
        # Once for arrays of the host and once for arrays of the card.
        self.assertIn(f"mobilenetv2_14x14_384_dw cuda-sm61 1: 2 of {2 * 14 * 14 * 384} bytes "
                      "differ", done.stdout)

    def test_an_older_card_runs_only_its_kernels(self):
        done = on_card(self.folder, OCTET_CUDA_EMULATOR="cc=7.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{self.models // 2} of {self.models // 2} models equal", done.stdout)

    def test_without_a_driver_it_says_so(self):
        done = run(self.folder / "octet_gpu_runner", self.folder, LD_LIBRARY_PATH="")
        if done.returncode == 0:
            self.skipTest("there is a driver here")
        self.assertIn("no CUDA driver was found", done.stderr)

    def test_it_needs_nothing_but_the_c_library(self):
        done = run("ldd", self.folder / "octet_gpu_runner")
        names = {line.split()[0].split(".")[0] for line in done.stdout.splitlines()}
        self.assertLessEqual(
            {Path(name).name for name in names},
            {"linux-vdso", "libm", "libc", "libdl", "libpthread", "ld-linux-x86-64"},
        )

    def test_design_figures(self):
        lines = (self.folder / "design.md").read_text().splitlines()[2:]
        self.assertEqual(len(lines), 8)  # one for each model of a layer
        for line in lines:
            occupancy = int(line.split("|")[-2].strip().removesuffix(" %"))
            self.assertTrue(0 < occupancy <= 100, line)

    def test_peaks_are_made_of_the_instructions_that_they_claim(self):
        tools = [*PACKAGES.glob("python3*/site-packages/nvidia/*/bin/cuobjdump")]
        cuobjdump = shutil.which("cuobjdump") or (tools[0] if tools else None)
        if not cuobjdump or not shutil.which("ptxas"):
            self.skipTest("there is no ptxas or no cuobjdump")
        path = f"{Path(cuobjdump).parent}:{os.environ['PATH']}"
        for name, instruction, count in [("dot", "IDP.4A.S8.S8", 128),
                                         ("tiles", "IMMA.16832.S8.S8", 32),
                                         ("copy", "LDG.E.128", 4)]:
            source = self.place / f"{name}.ptx"
            source.write_text(run(self.folder / "octet_gpu_runner", "--ptx", name).stdout)
            cubin = self.place / f"{name}.cubin"
            done = run("ptxas", "-arch=sm_90", "-o", cubin, source)
            self.assertEqual(done.returncode, 0, done.stderr)
            code = run(cuobjdump, "-sass", cubin, PATH=path).stdout
            self.assertGreaterEqual(code.count(instruction), count, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
