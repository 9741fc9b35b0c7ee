"""The peers: LiteRT (with XNNPACK) and ONNX Runtime, each on one thread, called as cheaply as
Python can. Outputs are returned as int8 whatever the engine's own type, for comparison."""

import contextlib
import os

import numpy as np
import onnxruntime
from ai_edge_litert import interpreter as litert

from layer_numbers import random_input
from timing import python_samples, stopwatch_floor


@contextlib.contextmanager
def quiet():
    """Drops what a library writes to stderr: LiteRT announces its delegate there each time.
    Failures still arrive, as exceptions."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class LiteRT:
    """A .tflite file in LiteRT's interpreter with its default delegate, XNNPACK."""

    name = "LiteRT"

    def __init__(self, path, inputs: list[np.ndarray] | None = None, reference: bool = False):
        """With `reference`, LiteRT's reference kernels instead: slow, and exact by definition."""
        resolver = litert.OpResolverType.BUILTIN_REF if reference else litert.OpResolverType.AUTO
        with quiet():
            self.interpreter = litert.Interpreter(model_path=str(path), num_threads=1,
                                                  experimental_op_resolver_type=resolver)
            self.interpreter.allocate_tensors()
        details = self.interpreter.get_input_details()
        self.inputs = inputs or [random_input(d["shape"], d["dtype"], seed)
                                 for seed, d in enumerate(details)]
        for detail, value in zip(details, self.inputs):
            self.interpreter.set_tensor(detail["index"], value)
        # The bound method below the Python class: what remains is one call through pybind11, and
        # the same call to a function that only returns a number tells what that costs.
        self.invoke = self.interpreter._interpreter.Invoke
        self.floor = stopwatch_floor(self.interpreter._interpreter.NumSubgraphs)

    def samples(self, calls: int) -> np.ndarray:
        return python_samples(self.invoke, calls) - self.floor

    def outputs(self) -> list[np.ndarray]:
        self.invoke()
        return [self.interpreter.get_tensor(d["index"])
                for d in self.interpreter.get_output_details()]


class OnnxRuntime:
    """An .onnx file in ONNX Runtime's CPU provider, inputs and outputs bound beforehand."""

    name = "ONNX Runtime"
    types = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8}

    def __init__(self, path, inputs: list[np.ndarray] | None = None):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(path), options,
                                                    providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.kept = []
        for i, argument in enumerate(self.session.get_inputs()):
            dtype = self.types[argument.type]
            shape = [n if isinstance(n, int) else 1 for n in argument.shape]
            value = inputs[i] if inputs else random_input(shape, dtype, i)
            if dtype == np.uint8 and value.dtype == np.int8:
                value = value.view(np.uint8) ^ 0x80  # the same numbers, zero point moved by 128
            elif dtype != value.dtype:  # a float twin of an int8 network: any input will do
                value = random_input(shape, dtype, i)
            bound = onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value))
            self.binding.bind_ortvalue_input(argument.name, bound)
            self.kept.append(bound)
        for argument in self.session.get_outputs():
            shape = [n if isinstance(n, int) else 1 for n in argument.shape]
            bound = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                shape, self.types[argument.type], "cpu")
            self.binding.bind_ortvalue_output(argument.name, bound)
            self.kept.append(bound)
        run, binding, options = (self.session._sess.run_with_iobinding, self.binding._iobinding,
                                 onnxruntime.RunOptions())
        self.invoke = lambda: run(binding, options)
        self.floor = stopwatch_floor(lambda: None)

    def samples(self, calls: int) -> np.ndarray:
        return python_samples(self.invoke, calls) - self.floor

    def outputs(self) -> list[np.ndarray]:
        self.invoke()
        values = self.binding.copy_outputs_to_cpu()
        return [(v ^ 0x80).view(np.int8) if v.dtype == np.uint8 else v for v in values]
