#!/usr/bin/env python3
"""Tests of the judging, and of all quantizers on networks of one operator.

Octet itself is tested where the environment variable OCTET holds its path.
"""

import os
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from by_litert import LiteRT
from by_octet import SCHEMES, Octet, read_score
from by_onnxruntime import OnnxRuntime
from engines import run_onnx, run_tflite, to_real, to_stored
from goals import Row, judge_goals
from judge import Score, judge, sqnr_db
from layer_numbers import numbers_of
from layer_tflite import write_tflite
from layers import Layer
from report import MARKER, markdown, spliced
from tasks import Task, halves
from tflite_edit import float_twin


def write_float_onnx(layer: Layer, path: Path) -> None:
    """The layer as one float convolution, channels last outside and first inside."""
    random = np.random.default_rng(3)
    depth = 1 if layer.depthwise else layer.channels_in
    weights = random.normal(size=(layer.channels_out, depth, layer.taps, layer.taps))
    weights *= np.geomspace(0.1, 1, layer.channels_out).reshape(-1, 1, 1, 1)
    constants = {"w": weights, "b": random.normal(size=layer.channels_out)}
    nodes = [helper.make_node("Transpose", ["input"], ["x"], perm=[0, 3, 1, 2]),
             helper.make_node("Conv", ["x", "w", "b"], ["y"], name="conv", auto_pad="SAME_UPPER",
                              group=layer.channels_in if layer.depthwise else 1),
             helper.make_node("Transpose", ["y"], ["output"], perm=[0, 2, 3, 1])]
    graph = helper.make_graph(
        nodes, "layer",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, layer.input_shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, layer.output_shape)],
        [numpy_helper.from_array(a.astype(np.float32), n) for n, a in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, str(path))


def task_of(layer: Layer, folder: Path) -> Task:
    """The layer as a network to quantize: its float .tflite file is a twin made by float_twin."""
    quantized, onnx_path, tflite = (folder / n for n in ("int8.tflite", "f.onnx", "f.tflite"))
    write_tflite(layer, numbers_of(layer), quantized)
    write_float_onnx(layer, onnx_path)
    tflite.write_bytes(float_twin(quantized, onnx_path))
    samples = np.random.default_rng(4).normal(size=(48, *layer.input_shape[1:])).astype(np.float32)
    return Task("layer", "one layer", onnx_path, tflite, samples[:32], samples[32:])


LAYERS = [Layer("full", "conv", 8, 8, 4, 6, 3), Layer("depthwise", "depthwise", 8, 8, 6, 6, 3)]


class Quantizers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def sqnr(self, contestant, task: Task, scheme: str, method: str) -> float:
        model = contestant.quantize(task, scheme, method, self.folder)
        return contestant.score(task, model, self.folder).sqnr_db

    def test_a_float_twin_computes_what_the_onnx_file_does(self):
        for layer in LAYERS:
            task = task_of(layer, self.folder)
            exact = run_onnx(task.onnx, task.held_out)
            self.assertGreater(sqnr_db(exact, run_tflite(task.tflite, task.held_out)), 110)

    def test_one_layer_of_8_bits_loses_little(self):
        task = task_of(LAYERS[0], self.folder)
        for contestant in (OnnxRuntime(), LiteRT()):
            for method in contestant.methods("int8 per channel"):
                # The steps alone would leave 35 dB and more; entropy and moving averages cut
                # tails off.
                self.assertGreater(self.sqnr(contestant, task, "int8 per channel", method), 20,
                                   (contestant.name, method))

    @unittest.skipUnless("OCTET" in os.environ, "OCTET is not set")
    def test_octet_takes_part_in_every_scheme(self):
        octet, task = Octet(Path(os.environ["OCTET"])), task_of(LAYERS[0], self.folder)
        found = [self.sqnr(octet, task, scheme, "defaults") for scheme in SCHEMES]
        for decibels, least in zip(found, (30, 27, 16, 10), strict=True):
            self.assertGreater(decibels, least, found)
        self.assertLess(max(found), 100)  # it is quantized at all

    def test_fewer_scales_and_fewer_bits_lose_more(self):
        task = task_of(LAYERS[0], self.folder)
        for contestant in (OnnxRuntime(), LiteRT()):
            eight, tensor, four = (self.sqnr(contestant, task, scheme, "MinMax") for scheme in
                                   ("int8 per channel", "int8 per tensor", "int4 per channel"))
            self.assertGreater(eight, tensor, contestant.name)
            self.assertGreater(tensor, four + 3, contestant.name)


class Judging(unittest.TestCase):
    def test_sqnr_is_in_decibels_of_power(self):
        exact = np.full((2, 5), 3.0)
        self.assertAlmostEqual(sqnr_db(exact, exact + 0.3), 20.0)
        self.assertEqual(sqnr_db(exact, exact), 200.0)

    def test_accuracy_and_agreement_compare_largest_outputs(self):
        exact = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
        outputs = np.array([[1.0, 0], [0, 1], [0, 1], [1, 0]])
        score = judge(exact, outputs, np.array([0, 1, 1, 1]), True, 7)
        self.assertEqual((score.accuracy, score.agreement, score.bytes), (0.75, 0.5, 7))
        self.assertIsNone(judge(exact, outputs, None, False, 7).agreement)

    def test_stored_numbers_stand_for_the_nearest_real_ones(self):
        detail = {"dtype": np.int8, "quantization": (0.5, -3)}
        stored = to_stored(np.array([-1.0, 0.24, 0.26, 1e6], np.float32), detail)
        self.assertEqual(stored.tolist(), [-5, -3, -2, 127])
        self.assertEqual(to_real(stored, detail).tolist(), [-1.0, 0.0, 0.5, 65.0])

    def test_what_octet_was_not_asked_for_is_null(self):
        found = {"samples": 3, "accuracy": None, "agreement": 0.5, "sqnr_db": 31.5}
        self.assertEqual(read_score(found, True, 9), Score(None, 0.5, 31.5, 9))
        self.assertEqual(read_score(found, False, 9), Score(None, None, 31.5, 9))

    def test_halves_do_not_overlap(self):
        calibration, held_out = halves(np.zeros(11), 4)
        self.assertEqual((len(calibration), len(held_out)), (4, 6))
        self.assertFalse(set(calibration) & set(held_out))


class Document(unittest.TestCase):
    def test_new_tables_replace_the_old_ones_only(self):
        document = f"text\n{MARKER}\nold\n"
        self.assertEqual(spliced(document, "new\n"), f"text\n{MARKER}\nnew\n")
        self.assertEqual(spliced("no marker\n", "new\n"), "new\n")

    def test_a_row_that_failed_says_why(self):
        row = Row("resnet8", "int8 per tensor", "LiteRT", "converter", None, 0.75, "failed: no")
        self.assertIn("| LiteRT | converter | - | - | - | - | - | failed: no |",
                      markdown([("### R", [row])], "run.py"))


class Goals(unittest.TestCase):
    ours = Row("resnet8", "int8 per channel", "Octet", "", Score(0.750, 1, 25.0, 1), 0.753)
    peer = replace(ours, contestant="LiteRT", score=Score(0.750, 1, 24.5, 1))

    def met(self, ours: Row, *peers: Row) -> list[bool]:
        return [met for _, met in judge_goals(ours, [ours, *peers])]

    def test_a_goal_may_be_met_exactly(self):
        self.assertEqual(self.met(self.ours, self.peer), [True, True, True])

    def test_each_goal_can_be_missed(self):
        self.assertEqual(self.met(replace(self.ours, float_accuracy=0.7535), self.peer),
                         [False, True, True])
        self.assertEqual(self.met(replace(self.ours, score=Score(0.75, 1, 23.9, 1)), self.peer),
                         [True, False, False])

    def test_peers_count_only_for_their_own_scheme_and_when_they_worked(self):
        strong = Score(0.75, 1, 99.0, 1)
        self.assertEqual(self.met(self.ours, replace(self.peer, scheme="other", score=strong),
                                  replace(self.peer, score=None)), [True, True])

    def test_a_network_that_was_not_made_meets_none(self):
        self.assertEqual(self.met(replace(self.ours, score=None), self.peer), [False] * 3)


if __name__ == "__main__":
    unittest.main()
