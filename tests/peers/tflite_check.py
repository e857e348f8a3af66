#!/usr/bin/env python3
"""Runs exported .tflite models in other people's interpreters and compares every layer.

    tflite_check.py CASE_FOLDER...

A case folder holds
  model.tflite
  layers.txt   one line per layer, in order: name, tab, numbers of the layers it reads; the first
               line is the input, the last the output
  codes.bin    the expected int8 codes: for each image, every layer's output after another

TensorFlow Lite Micro (package tflite-micro) must give every byte of every layer. LiteRT (package
ai-edge-litert, its reference kernels) must accept the file, agree on shapes, scales and zero points,
and compute every layer whose inputs it had right to within one code: its kernels round in other ways
here and there, so its bytes decide nothing. One rule differs by more: TensorFlow Lite Micro's logistic
saturates from an input of about 15 on, rounded down to a whole code, LiteRT tabulates the function; see
saturated().

The last line says what was compared; the exit code is 1 when anything differs.
"""

import argparse
import math
import pathlib
import sys

import numpy
from ai_edge_litert import interpreter as litert
from tflite_micro.python.tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

ARENA_BYTES = 1 << 26
LITERT_CODES = 1


class Case:
    def __init__(self, folder):
        self.name = folder.name
        self.model = (folder / "model.tflite").read_bytes()
        lines = (folder / "layers.txt").read_text().splitlines()
        self.names = [line.split("\t")[0] for line in lines]
        self.sources = [[int(i) for i in line.split("\t")[1].split()] for line in lines]

        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(self.model, 0))
        graph = model.subgraphs[0]
        by_name = {}
        for index, tensor in enumerate(graph.tensors):
            by_name.setdefault(tensor.name.decode(), []).append(index)
        for name in self.names:
            if len(by_name.get(name, [])) != 1:
                raise ValueError(f"{len(by_name.get(name, []))} tensors are called '{name}'")
        self.tensors = [by_name[name][0] for name in self.names]
        self.stored = [graph.tensors[index] for index in self.tensors]
        self.shapes = [tuple(tensor.shape) for tensor in self.stored]
        if list(graph.inputs) != self.tensors[:1] or list(graph.outputs) != self.tensors[-1:]:
            raise ValueError("the first layer is not the input, or the last not the output")

        logistic = {
            number
            for number, code in enumerate(model.operatorCodes)
            if code.builtinCode == schema.BuiltinOperator.LOGISTIC
        }
        self.logistic = {
            op.outputs[0] for op in graph.operators if op.opcodeIndex in logistic
        }

        codes = numpy.fromfile(folder / "codes.bin", numpy.int8)
        sizes = [int(numpy.prod(shape)) for shape in self.shapes]
        if codes.size == 0 or codes.size % sum(sizes):
            raise ValueError(f"codes.bin has {codes.size} codes, not a multiple of {sum(sizes)}")
        cuts = numpy.cumsum(sizes)[:-1]
        self.images = [
            [part.reshape(shape) for part, shape in zip(numpy.split(image, cuts), self.shapes)]
            for image in codes.reshape(-1, sum(sizes))
        ]


def difference(got, expected):
    return numpy.abs(got.astype(numpy.int32) - expected.astype(numpy.int32))


def saturated(case, source, codes, got, expected):
    """Codes of a logistic layer beyond the input radius of TensorFlow Lite Micro's kernel (4 integer
    bits), where it gives the end of the range; and only where LiteRT's is the function's value."""
    quantization = case.stored[source].quantization
    scale, zero_point = float(quantization.scale[0]), int(quantization.zeroPoint[0])
    radius = math.floor(15 * 2.0**27 / 2.0 ** math.frexp(scale * 2.0**27)[1])
    centred = codes.astype(numpy.int32) - zero_point
    ends = numpy.where(centred <= -radius, -128, 127)
    exact = numpy.clip(numpy.round(256 / (1 + numpy.exp(-scale * centred))) - 128, -128, 127)
    return (
        (numpy.abs(centred) >= radius)
        & (expected.reshape(codes.shape) == ends)
        & (numpy.abs(got.reshape(codes.shape) - exact) <= LITERT_CODES)
    ).reshape(expected.shape)


def micro_interpreter(case, **settings):
    return runtime.Interpreter.from_bytes(case.model, arena_size=ARENA_BYTES, **settings)


def check_micro(case, problems):
    """Bytes that agree in TFLM; a problem names the first layer that differs."""
    # One keeps every tensor. The other reuses their memory, as on a device.
    keeping = micro_interpreter(
        case, intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors
    )
    reusing = micro_interpreter(case)
    compared = 0
    for number, image in enumerate(case.images):
        for interpreter in (keeping, reusing):
            interpreter.set_input(image[0], 0)
            interpreter.invoke()
        layers = [keeping.GetTensor(tensor, 0)["tensor_data"] for tensor in case.tensors]
        layers.append(reusing.get_output(0))
        for name, got, expected in zip(case.names + ["output"], layers, image + image[-1:]):
            if got.dtype != numpy.int8 or got.shape != expected.shape:
                problems.append(f"{case.name}: TFLM: layer '{name}' is {got.dtype}{got.shape}")
                return compared
            wrong = difference(got, expected)
            if wrong.any():
                place = tuple(int(i) for i in numpy.argwhere(wrong)[0])
                problems.append(
                    f"{case.name}: TFLM: image {number}, layer '{name}': {(wrong > 0).sum()} of "
                    f"{wrong.size} codes differ, by up to {wrong.max()}; first at {place}: expected "
                    f"{expected[place]}, got {got[place]}"
                )
                return compared
            compared += got.size
    return compared


def check_litert(case, problems):
    """Layers compared, and the largest difference in codes."""
    interpreter = litert.Interpreter(
        model_content=case.model,
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    for name, index, stored in zip(case.names, case.tensors, case.stored):
        detail = details[index]
        quantization = (stored.quantization.scale[0], stored.quantization.zeroPoint[0])
        if tuple(detail["shape"]) != tuple(stored.shape) or detail["quantization"] != quantization:
            problems.append(f"{case.name}: LiteRT: layer '{name}' is {detail}")
    layers = 0
    largest = 0
    for image in case.images:
        interpreter.set_tensor(case.tensors[0], image[0])
        interpreter.invoke()
        right = []
        for layer, (tensor, expected) in enumerate(zip(case.tensors, image)):
            got = interpreter.get_tensor(tensor)
            wrong = difference(got, expected)
            right.append(not wrong.any())
            if not all(right[source] for source in case.sources[layer]):
                continue
            layers += 1
            source = case.sources[layer][0] if case.sources[layer] else None
            if tensor in case.logistic and source is not None:
                wrong[saturated(case, source, image[source], got, expected)] = 0
            largest = max(largest, int(wrong.max()))
            if wrong.max() > LITERT_CODES:
                problems.append(
                    f"{case.name}: LiteRT: layer '{case.names[layer]}' differs by {wrong.max()} codes"
                )
    return layers, largest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    problems = []
    micro_bytes = litert_layers = litert_largest = 0
    folders = parser.parse_args().folders
    for folder in folders:
        # An interpreter may abort: the last name is then the model's.
        print(folder.name, file=sys.stderr, flush=True)
        try:
            case = Case(folder)
            micro_bytes += check_micro(case, problems)
            layers, largest = check_litert(case, problems)
            litert_layers += layers
            litert_largest = max(litert_largest, largest)
        except (RuntimeError, ValueError) as error:
            problems.append(f"{folder.name}: {' | '.join(str(error).splitlines())}")
    for problem in problems:
        print(problem)
    print(
        f"{len(folders)} models: TFLM agrees in {micro_bytes} bytes; LiteRT within {litert_largest} "
        f"codes in {litert_layers} layers; {len(problems)} problems"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
