#!/usr/bin/env python3
"""Tests of the measuring itself: the files that are written and the arithmetic on times."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from layer_numbers import numbers_of
from layer_onnx import same_padding
from layer_tflite import write_tflite
from layers import LAYERS
from peers import LiteRT
from table import Row, geometric_means
from tflite_macs import count_macs
from timing import Measurement, measure, ratio


def layer(name):
    return next(l for l in LAYERS if l.name == name)


class Layers(unittest.TestCase):
    def test_padding_is_that_of_tensorflow(self):
        # 112 outputs at stride 2 with 7 taps reach over 229 inputs: 5 more than there are.
        self.assertEqual(same_padding(layer("resnet50_conv1_7x7s2")), [2, 2, 3, 3])
        self.assertEqual(same_padding(layer("mobilenetv2_7x7_960_dw")), [1, 1, 1, 1])

    def test_macs_in_the_file_are_those_of_the_layer(self):
        published = {"resnet50_conv1_7x7s2": 118_013_952, "resnet50_fc_2048_1000": 2_048_000,
                     "mobilenetv2_7x7_960_dw": 423_360}
        with tempfile.TemporaryDirectory() as folder:
            for name, macs in published.items():
                path = Path(folder) / "layer.tflite"
                write_tflite(layer(name), numbers_of(layer(name)), path)
                self.assertEqual((layer(name).macs, count_macs(path)), (macs, macs))

    def test_outputs_use_the_range_and_seldom_saturate(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "layer.tflite"
            for name in ("mobilenetv2_7x7_960_dw", "mobilenetv2_14x14_384_64"):
                write_tflite(layer(name), numbers_of(layer(name)), path)
                output = LiteRT(path).outputs()[0].astype(int)
                saturated = np.mean((output == 127) | (output == -128))
                self.assertLess(saturated, 0.02)
                self.assertGreater(output.std(), 30)


class Scripted:
    """A contestant whose every call takes as long as its script says."""

    def __init__(self, name, nanoseconds, log):
        self.name, self.nanoseconds, self.log = name, nanoseconds, log

    def samples(self, calls):
        self.log.append(self.name)
        return np.full(calls, self.nanoseconds)


def times(minimum, rounds):
    return Measurement(minimum, float(np.median(rounds)), rounds, calls=len(rounds))


class Times(unittest.TestCase):
    def test_contestants_take_turns_and_every_round_starts_with_another(self):
        log = []
        found = measure([Scripted("a", 1000, log), Scripted("b", 4000, log)], 0.0032, rounds=4)
        self.assertEqual(log[-8:], ["a", "b", "b", "a", "a", "b", "b", "a"])
        self.assertEqual((found["a"].minimum, found["b"].median), (1.0, 4.0))
        self.assertEqual(found["a"].calls, 4 * found["b"].calls)  # equal shares of the time

    def test_ratios_are_formed_within_a_round(self):
        # The clock halves in the last two rounds; the ratio must not notice.
        ours, other = times(1.0, [1.0, 2.0, 2.0]), times(3.0, [3.0, 6.0, 6.0])
        self.assertEqual((ratio(ours, other).minimum, ratio(ours, other).median), (3.0, 3.0))

    def test_octet_is_compared_with_the_faster_peer(self):
        row = Row("r", "conv", 1000, {"LiteRT": times(4.0, [4.0]),
                                      "ONNX Runtime": times(2.0, [2.0]),
                                      "Octet float": times(1.0, [1.0])})
        self.assertEqual(row.best_peer(), "ONNX Runtime")
        self.assertEqual(row.ratio("Octet float").minimum, 2.0)
        self.assertIsNone(row.ratio("Octet reference"))

    def test_geometric_mean(self):
        def row(factor):
            return Row("r", "conv", 0, {"LiteRT": times(factor, [factor]),
                                        "Octet float": times(1.0, [1.0])})
        means = geometric_means([row(1.0), row(4.0)])
        self.assertAlmostEqual(means["conv"]["Octet float"].minimum, 2.0)


if __name__ == "__main__":
    unittest.main()
