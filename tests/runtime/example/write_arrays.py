"""Writes the .npy files of the example's test to the folder given: the photo and two wrong ones."""
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
np.save(folder / "photo.npy", np.frombuffer(b"ABC" * 20, np.int8).reshape(4, 5, 3))
np.save(folder / "floats.npy", np.zeros((4, 5, 3), np.float32))
np.save(folder / "small.npy", np.zeros((4, 4, 3), np.int8))
