"""What is compared: networks, input sizes, and the files that every contender needs for them."""

import hashlib
import importlib.util
import json
import logging
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from . import graphs, weights

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Case:
    model: str
    # As printed; the input of `default` is padded to multiples of 32.
    size: str
    # As `monitor-bench contender` calls it.
    kind: str
    width: int
    height: int
    precision: str = "fp32"

    @property
    def name(self):
        return f"{self.model}-{self.size}"

    @property
    def shape(self):
        return [self.height, self.width] if self.kind == "box-head" else [1, 3, self.height, self.width]

    @property
    def peers(self):
        return ["onnxruntime"] if self.precision == "int8" else ["onnxruntime", "openvino", "ncnn"]

    def weights(self):
        if self.model == "default":
            return weights.read_safetensors(ROOT / "Models/default/weights.safetensors")
        builders = {
            "vit": weights.vision_transformer, "detector": weights.resnet50_pyramid, "box-head": weights.box_head}
        return builders[self.kind]()

    def graph(self, path, values, **options):
        builders = {"vit": graphs.vision_transformer, "detector": graphs.detector, "box-head": graphs.box_head}
        builders[self.kind](path, values, self.width, self.height, **options)


CASES = [
    Case("vit-s14", "224x224", "vit", 224, 224),
    Case("vit-s14", "518x518", "vit", 518, 518),
    Case("oln-r50", "384x288", "detector", 384, 288),
    Case("oln-r50", "640x480", "detector", 640, 480),
    Case("box-head", "300", "box-head", 12544, 300),
    Case("default", "640x360", "detector", 640, 384),
    Case("vit-s14-int8", "224x224", "vit", 224, 224, "int8"),
    Case("vit-s14-int8", "518x518", "vit", 518, 518, "int8"),
]


def prepare(case, folder):
    """Writes the case's files where they are missing or come from other generators; returns its facts."""
    folder.mkdir(parents=True, exist_ok=True)
    facts_file = folder / "facts.json"
    stamp = _stamp(case)
    if facts_file.exists():
        facts = json.loads(facts_file.read_text())
        if facts["stamp"] == stamp:
            return facts
        facts_file.unlink()
    values = case.weights()
    weights.write_safetensors(folder / "weights.safetensors", values)
    inputs = weights.normal("input", case.shape, 1.0)
    if case.kind == "box-head":
        inputs = np.abs(inputs)
    inputs.tofile(folder / "input.bin")
    plain = folder / "plain.onnx"
    case.graph(plain, values)
    _write_onnxruntime(case, folder, values, plain)
    _write_reference(folder, plain, inputs)
    facts = {"stamp": stamp, "flop": _flop(plain), "without": {}}
    if "openvino" in case.peers:
        _write_openvino(folder, plain)
    if "ncnn" in case.peers:
        reason = _write_ncnn(case, folder, plain)
        if reason:
            facts["without"]["ncnn"] = reason
    plain.unlink()
    facts_file.write_text(json.dumps(facts))
    return facts


def _stamp(case):
    digest = hashlib.sha256(repr(case).encode())
    for file in ["cases.py", "graphs.py", "weights.py", "../requirements.txt"]:
        digest.update((HERE / file).read_bytes())
    return digest.hexdigest()


def _flop(path):
    """Of the direct algorithm: convolutions and matrix products, a multiply-add counted as two."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True)
    shapes = {value.name: [each.dim_value for each in value.type.tensor_type.shape.dim]
              for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]}
    shapes |= {constant.name: list(constant.dims) for constant in model.graph.initializer}
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            depth = np.prod(shapes[node.input[1]][1:])
        elif node.op_type in ("MatMul", "Gemm"):
            depth = shapes[node.input[0]][-1]
        else:
            continue
        total += 2 * int(np.prod(shapes[node.output[0]])) * int(depth)
    return total


def _write_onnxruntime(case, folder, values, plain):
    """In the form that was the fastest of those tried; see README.md."""
    target = folder / "onnxruntime.onnx"
    if case.kind != "vit":
        target.write_bytes(plain.read_bytes())
        return
    case.graph(target, values, form="standard", opset=23)
    if case.precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        # Advises a preparation that these graphs do not need.
        logging.disable(logging.WARNING)
        quantize_dynamic(
            target, target, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
        logging.disable(logging.NOTSET)
    if case.width > 300:
        graphs.use_own_attention(target)


def _write_reference(folder, plain, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(plain, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"input": inputs})
    np.concatenate([output.ravel() for output in outputs]).tofile(folder / "reference.bin")


def _write_openvino(folder, plain):
    import openvino

    openvino.save_model(openvino.convert_model(plain), folder / "openvino.xml", compress_to_fp16=False)


def _write_ncnn(case, folder, plain):
    """Returns why there is no ncnn model, or None."""
    shape = ",".join(str(extent) for extent in case.shape)
    # The program itself: the package's Python around it needs PyTorch.
    program = Path(importlib.util.find_spec("pnnx").submodule_search_locations[0]) / "pnnx"
    command = [
        str(program), str(plain), f"inputshape=[{shape}]", "fp16=0",
        f"ncnnparam={folder}/ncnn.param", f"ncnnbin={folder}/ncnn.bin"]
    with open(folder / "pnnx.log", "w") as log:
        status = subprocess.run(command, cwd=folder, stdout=log, stderr=log).returncode
    for leftover in [*folder.glob("*pnnx.*"), *folder.glob("*_ncnn.py"), *folder.glob("*.pnnxsim.onnx")]:
        if leftover.name != "pnnx.log":
            leftover.unlink()
    return None if status == 0 and (folder / "ncnn.bin").exists() else f"pnnx ended with status {status}"
