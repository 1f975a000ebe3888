"""The networks as ONNX graphs, in the form in which an exporter followed by a constant folder would leave them: batch
normalisation and layer scale lie in the weights, positions are interpolated for the input's size."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Collects nodes and constants; methods return the name of the value they add."""

    def __init__(self):
        self.nodes, self.constants, self.outputs = [], {}, []

    def constant(self, values, name=None):
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.array(values, order="C"), name)
        return name

    def add(self, operation, inputs, results=1, **attributes):
        names = [f"v{len(self.nodes)}_{place}" for place in range(results)]
        self.nodes.append(helper.make_node(operation, inputs, names, name=names[0], **attributes))
        return names[0] if results == 1 else names

    def output(self, value, name, shape):
        self.nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def save(self, path, input_shape, opset=17):
        graph = helper.make_graph(
            self.nodes, "network", [helper.make_tensor_value_info("input", TensorProto.FLOAT, input_shape)],
            self.outputs, list(self.constants.values()))
        opsets = [helper.make_opsetid("", opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8 if opset < 20 else 10)
        onnx.checker.check_model(model)
        onnx.save(model, path)


# Vision transformer


def interpolated_positions(learned, rows, columns, offset=0.1):
    """The grid of DINOv2 without registers: bicubic (A = -0.75), coordinates scaled by (n + 0.1) / 37."""
    width = learned.shape[2]
    side = int(round((learned.shape[1] - 1) ** 0.5))
    patches = learned[0, 1:].reshape(side, side, width)
    if (rows, columns) != (side, side):
        vertical, horizontal = _cubic(rows, side, offset), _cubic(columns, side, offset)
        patches = np.einsum("ys,xt,std->yxd", vertical, horizontal, patches.astype(np.float64))
    return patches.reshape(1, rows * columns, width).astype(np.float32)


def _cubic(count, side, offset):
    def weight(x):
        x, a = abs(x), -0.75
        if x <= 1:
            return ((a + 2) * x - (a + 3)) * x * x + 1
        return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0

    matrix = np.zeros((count, side))
    for place in range(count):
        source = (place + 0.5) * side / (count + offset) - 0.5
        base = int(np.floor(source))
        for tap in range(base - 1, base + 3):
            matrix[place, min(max(tap, 0), side - 1)] += weight(source - tap)
    return matrix


def _dense(graph, value, weights, name, scale=None):
    weight, bias = weights[name + ".weight"].T, weights[name + ".bias"]
    if scale is not None:
        weight, bias = weight * scale, bias * scale
    product = graph.add("MatMul", [value, graph.constant(weight, name + ".weight")])
    return graph.add("Add", [product, graph.constant(bias, name + ".bias")])


def _attention(graph, value, weights, name, tokens, heads, width, form):
    """`form` is how attention is written: "matmul" (MatMul, Softmax, MatMul) or "standard" (the operator of opset 23)."""
    depth = width // heads
    projected = _dense(graph, value, weights, name + "attn.qkv")
    if form == "standard":
        parts = graph.add("Split", [projected, graph.constant(np.array([width] * 3))], results=3, axis=2)
        joined = graph.add("Attention", parts, q_num_heads=heads, kv_num_heads=heads)
    else:
        split = graph.add("Reshape", [projected, graph.constant(np.array([1, tokens, 3, heads, depth]))])
        turned = graph.add("Transpose", [split], perm=[2, 0, 3, 1, 4])
        query, key, content = (
            graph.add("Gather", [turned, graph.constant(np.array(place))], axis=0) for place in range(3))
        scaled = graph.add("Mul", [query, graph.constant(np.array(depth**-0.5, np.float32))])
        scores = graph.add("MatMul", [scaled, graph.add("Transpose", [key], perm=[0, 1, 3, 2])])
        mixed = graph.add("MatMul", [graph.add("Softmax", [scores], axis=-1), content])
        back = graph.add("Transpose", [mixed], perm=[0, 2, 1, 3])
        joined = graph.add("Reshape", [back, graph.constant(np.array([1, tokens, width]))])
    return _dense(graph, joined, weights, name + "attn.proj", weights[name + "ls1.gamma"])


def _gelu(graph, value, opset):
    if opset >= 20:
        return graph.add("Gelu", [value])
    ratio = graph.add("Div", [value, graph.constant(np.array(2**0.5, np.float32))])
    grown = graph.add("Add", [graph.add("Erf", [ratio]), graph.constant(np.array(1, np.float32))])
    return graph.add("Mul", [graph.add("Mul", [value, grown]), graph.constant(np.array(0.5, np.float32))])


def vision_transformer(path, weights, image_width, image_height, form="matmul", opset=17):
    graph = Graph()
    width = weights["cls_token"].shape[2]
    patch = weights["patch_embed.proj.weight"].shape[2]
    rows, columns = image_height // patch, image_width // patch
    tokens = 1 + rows * columns

    def norm(value, name):
        constants = [graph.constant(weights[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias")]
        return graph.add("LayerNormalization", [value, *constants], axis=-1, epsilon=1e-6)

    parts = [graph.constant(weights[f"patch_embed.proj.{part}"]) for part in ("weight", "bias")]
    patches = graph.add("Conv", ["input", *parts], strides=[patch, patch], kernel_shape=[patch, patch])
    patches = graph.add("Reshape", [patches, graph.constant(np.array([1, width, rows * columns]))])
    patches = graph.add("Transpose", [patches], perm=[0, 2, 1])
    joined = graph.add("Concat", [graph.constant(weights["cls_token"]), patches], axis=1)
    positions = interpolated_positions(weights["pos_embed"], rows, columns)
    positions = np.concatenate([weights["pos_embed"][:, :1], positions], axis=1)
    value = graph.add("Add", [joined, graph.constant(positions)])
    block = 0
    while f"blocks.{block}.norm1.weight" in weights:
        name = f"blocks.{block}."
        mixed = _attention(
            graph, norm(value, name + "norm1"), weights, name, tokens, width // 64, width, form)
        value = graph.add("Add", [value, mixed])
        hidden = _gelu(graph, _dense(graph, norm(value, name + "norm2"), weights, name + "mlp.fc1"), opset)
        mixed = _dense(graph, hidden, weights, name + "mlp.fc2", weights[name + "ls2.gamma"])
        value = graph.add("Add", [value, mixed])
        block += 1
    graph.output(norm(value, "norm"), "tokens", [1, tokens, width])
    graph.save(path, [1, 3, image_height, image_width], opset)


def use_own_attention(path):
    """Replaces the attention of opset 23 by ONNX Runtime's own operator."""
    model = onnx.load(path)
    for node in model.graph.node:
        if node.op_type == "Attention":
            heads = next(each.i for each in node.attribute if each.name == "q_num_heads")
            replacement = helper.make_node(
                "MultiHeadAttention", node.input, node.output, node.name, domain="com.microsoft", num_heads=heads)
            node.CopyFrom(replacement)
    if all(each.domain != "com.microsoft" for each in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, path)


# OLN


class _Convolutions:
    def __init__(self, graph, weights):
        self.graph, self.weights = graph, weights

    def __call__(self, value, name, stride=1, padding=0, batch_norm=None, relu=False, joined=None):
        """`joined`: names of layers whose outputs are concatenated, instead of `name`."""
        names = joined or [name]
        weight = np.concatenate([self.weights[each + ".weight"] for each in names])
        biases = [self.weights.get(each + ".bias", np.zeros(weight.shape[0], np.float32)) for each in names]
        bias = np.concatenate(biases)
        if batch_norm:
            gain, shift, mean, variance = (
                self.weights[f"{batch_norm}.{part}"].astype(np.float64)
                for part in ("weight", "bias", "running_mean", "running_var"))
            gain = gain / np.sqrt(variance + 1e-5)
            weight = (weight * gain[:, None, None, None]).astype(np.float32)
            bias = ((bias - mean) * gain + shift).astype(np.float32)
        constants = [name + ".weight", name + ".bias"]
        for constant, values in zip(constants, (weight, bias)):
            if constant not in self.graph.constants:
                self.graph.constant(values, constant)
        result = self.graph.add(
            "Conv", [value, *constants], strides=[stride, stride], pads=[padding] * 4,
            kernel_shape=list(weight.shape[2:]))
        return self.graph.add("Relu", [result]) if relu else result


def _backbone(graph, weights, convolve):
    value = convolve("input", "backbone.conv1", 2, 3, "backbone.bn1", relu=True)
    value = graph.add("MaxPool", [value], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    maps = []
    for stage in range(1, 5):
        block = 0
        while f"backbone.layer{stage}.{block}.conv1.weight" in weights:
            name = f"backbone.layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            bottleneck = name + ".conv3.weight" in weights
            identity = value
            if name + ".downsample.0.weight" in weights:
                identity = convolve(value, name + ".downsample.0", stride, 0, name + ".downsample.1")
            # A bottleneck strides in its second convolution, a basic block in its first.
            steps = [(1, 1, 0), (2, stride, 1), (3, 1, 0)] if bottleneck else [(1, stride, 1), (2, 1, 1)]
            for place, step, padding in steps:
                value = convolve(
                    value, f"{name}.conv{place}", step, padding, f"{name}.bn{place}", relu=place < len(steps))
            value = graph.add("Relu", [graph.add("Add", [value, identity])])
            block += 1
        maps.append(value)
    return maps


def detector(path, weights, width, height, opset=17):
    """Backbone, pyramid and proposal head to raw outputs; with `pixel_head.*` also the features of P3."""
    graph = Graph()
    convolve = _Convolutions(graph, weights)
    inner = [
        convolve(value, f"neck.lateral_convs.{level}.conv")
        for level, value in enumerate(_backbone(graph, weights, convolve))]
    for level in (2, 1, 0):
        extents = [height >> (2 + level), width >> (2 + level)]
        channels = weights["neck.lateral_convs.0.conv.weight"].shape[0]
        enlarged = graph.add(
            "Resize", [inner[level + 1], "", "", graph.constant(np.array([1, channels, *extents]))],
            mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        inner[level] = graph.add("Add", [inner[level], enlarged])
    levels = [convolve(value, f"neck.fpn_convs.{level}.conv", 1, 1) for level, value in enumerate(inner)]
    levels.append(graph.add("MaxPool", [levels[-1]], kernel_shape=[1, 1], strides=[2, 2]))
    sides = [(height >> (2 + level), width >> (2 + level)) for level in range(4)]
    sides.append(((sides[3][0] + 1) // 2, (sides[3][1] + 1) // 2))
    for level, value in enumerate(levels):
        hidden = convolve(value, "rpn_head.rpn_conv", 1, 1, relu=True)
        length = graph.add("ReduceL2", [hidden], axes=[1], keepdims=1)
        length = graph.add("Clip", [length, graph.constant(np.array(1e-12, np.float32))])
        result = convolve(
            graph.add("Div", [hidden, length]), "rpn_head.outputs",
            joined=["rpn_head.rpn_obj", "rpn_head.rpn_reg"])
        graph.output(result, f"proposals_{level}", [1, 5, *sides[level]])
    if "pixel_head.conv.weight" in weights:
        features = convolve(convolve(levels[1], "pixel_head.conv", 1, 1, relu=True), "pixel_head.proj")
        graph.output(features, "pixels", [1, weights["pixel_head.proj.weight"].shape[0], *sides[1]])
    graph.save(path, [1, 3, height, width], opset)


def box_head(path, weights, width, rows, opset=17):
    """Pooled regions to box deltas and quality; `width` values each."""
    graph = Graph()

    def dense(value, name, weight, bias):
        constants = [graph.constant(weight, name + ".weight"), graph.constant(bias, name + ".bias")]
        return graph.add("Gemm", [value, *constants], transB=1)

    prefix = "roi_head.bbox_head."
    value = "input"
    for place in range(2):
        name = f"{prefix}shared_fcs.{place}"
        value = graph.add("Relu", [dense(value, name, weights[name + ".weight"], weights[name + ".bias"])])
    weight, bias = (
        np.concatenate([weights[f"{prefix}{name}.{part}"] for name in ("fc_reg", "fc_bbox_score")])
        for part in ("weight", "bias"))
    graph.output(dense(value, prefix + "outputs", weight, bias), "refinements", [rows, 5])
    graph.save(path, [rows, width], opset)
