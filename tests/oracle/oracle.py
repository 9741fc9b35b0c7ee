"""Runs other engines on models that a test wrote, in one process.

    oracle.py FOLDER ENGINE...

Each sub-folder of FOLDER is a case: model.tflite or model.onnx, as the engine wants it, and
input0.bin, input1.bin, ... (raw elements, as the model's inputs are typed and shaped). For every
engine and output i the element bytes are written to <engine>.output<i>.bin, or the reason why the
engine refuses the model to <engine>.error. Engines:

    reference  LiteRT with its reference kernels
    default    LiteRT as it comes, with XNNPACK
    micro      TensorFlow Lite for Microcontrollers
    onnx       ONNX Runtime on the CPU, with all its graph optimizations
    onnx_int8  the same, told to keep int8 activations: on x86-64 it else makes them uint8 where it
               can and floats where it cannot. It also writes the kinds of the operators that it
               runs, one a line, to onnx_int8.operators

Exits with 77, having written nothing, when an engine is not installed.
"""

import pathlib
import sys

MISSING = 77
MICRO_ARENA_BYTES = 16 << 20

try:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    import onnx
    import onnxruntime
    from tflite_micro import runtime
except ImportError as error:
    print(f"oracle.py: {error}", file=sys.stderr)
    sys.exit(MISSING)


def run_litert(model, inputs, resolver):
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver,
                              num_threads=1)
    interpreter.allocate_tensors()
    for detail, data in zip(interpreter.get_input_details(), inputs, strict=True):
        array = np.frombuffer(data, detail["dtype"]).reshape(detail["shape"])
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"])
            for detail in interpreter.get_output_details()]


def run_reference(model, inputs):
    return run_litert(model, inputs, OpResolverType.BUILTIN_REF)


def run_default(model, inputs):
    return run_litert(model, inputs, OpResolverType.AUTO)


def run_micro(model, inputs):
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=MICRO_ARENA_BYTES)
    for i, data in enumerate(inputs):
        detail = interpreter.get_input_details(i)
        array = np.frombuffer(data, detail["dtype"]).reshape(detail["shape"])
        interpreter.set_input(array, i)
    interpreter.invoke()
    outputs = len(Interpreter(model_content=model).get_output_details())
    return [interpreter.get_output(i) for i in range(outputs)]


def run_onnx(case, inputs, int8=False):
    onnx.checker.check_model(str(case / "model.onnx"), full_check=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = str(case / "optimized.onnx")
    if int8:
        options.add_session_config_entry("session.qdqisint8allowed", "1")
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(case / "model.onnx"), options,
                                           providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8,
             "tensor(int16)": np.int16}
    feed = {value.name: np.frombuffer(data, types[value.type]).reshape(value.shape)
            for value, data in zip(session.get_inputs(), inputs, strict=True)}
    if int8:
        optimized = onnx.load(str(case / "optimized.onnx"))
        (case / "onnx_int8.operators").write_text(
            "".join(f"{node.op_type}\n" for node in optimized.graph.node))
    return session.run(None, feed)


TFLITE_ENGINES = {"reference": run_reference, "default": run_default, "micro": run_micro}


def run(engine, case, inputs):
    if engine.startswith("onnx"):
        return run_onnx(case, inputs, engine == "onnx_int8")
    return TFLITE_ENGINES[engine]((case / "model.tflite").read_bytes(), inputs)


def main():
    folder = pathlib.Path(sys.argv[1])
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        inputs = [path.read_bytes() for path in sorted(case.glob("input*.bin"))]
        for engine in sys.argv[2:]:
            try:
                outputs = run(engine, case, inputs)
            except Exception as error:  # each engine has its own
                (case / f"{engine}.error").write_text(str(error))
                continue
            for i, output in enumerate(outputs):
                (case / f"{engine}.output{i}.bin").write_bytes(
                    np.ascontiguousarray(output).tobytes())


main()
