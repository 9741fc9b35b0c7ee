"""Runs other engines on models that a test wrote, in one process.

    oracle.py FOLDER ENGINE...

Each sub-folder of FOLDER is a case: model.tflite and input0.bin, input1.bin, ... (raw elements, as
the model's inputs are typed and shaped). For every engine and output i the element bytes are
written to <engine>.output<i>.bin, or the reason why the engine refuses the model to
<engine>.error. Engines:

    reference  LiteRT with its reference kernels
    default    LiteRT as it comes, with XNNPACK
    micro      TensorFlow Lite for Microcontrollers

Exits with 77, having written nothing, when an engine is not installed.
"""

import pathlib
import sys

MISSING = 77
MICRO_ARENA_BYTES = 16 << 20

try:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
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


ENGINES = {"reference": run_reference, "default": run_default, "micro": run_micro}


def main():
    folder = pathlib.Path(sys.argv[1])
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        model = (case / "model.tflite").read_bytes()
        inputs = [path.read_bytes() for path in sorted(case.glob("input*.bin"))]
        for engine in sys.argv[2:]:
            try:
                outputs = ENGINES[engine](model, inputs)
            except (RuntimeError, ValueError, SystemError) as error:
                (case / f"{engine}.error").write_text(str(error))
                continue
            for i, output in enumerate(outputs):
                (case / f"{engine}.output{i}.bin").write_bytes(
                    np.ascontiguousarray(output).tobytes())


main()
