"""Random weights under the official names, and the safetensors format."""

import json
import struct

import numpy as np

SEED = 20240611


def _generator(name):
    return np.random.default_rng([SEED, *name.encode()])


def normal(name, shape, deviation):
    return (_generator(name).standard_normal(shape, dtype=np.float32) * np.float32(deviation)).astype(np.float32)


def uniform(name, shape, low, high):
    return _generator(name).uniform(low, high, shape).astype(np.float32)


class Weights(dict):
    """Tensors by name, filled layer by layer; every tensor's values depend on its name alone."""

    def linear(self, name, outputs, inputs):
        self[name + ".weight"] = normal(name + ".weight", (outputs, inputs), inputs**-0.5)
        self[name + ".bias"] = normal(name + ".bias", (outputs,), 0.02)

    def norm(self, name, width):
        self[name + ".weight"] = uniform(name + ".weight", (width,), 0.5, 1.5)
        self[name + ".bias"] = normal(name + ".bias", (width,), 0.1)

    def convolution(self, name, outputs, inputs, kernel, bias=False):
        deviation = (2.0 / (inputs * kernel * kernel)) ** 0.5
        self[name + ".weight"] = normal(name + ".weight", (outputs, inputs, kernel, kernel), deviation)
        if bias:
            self[name + ".bias"] = normal(name + ".bias", (outputs,), 0.02)

    def batch_norm(self, name, width, gain=1.0):
        self[name + ".weight"] = uniform(name + ".weight", (width,), 0.8 * gain, 1.2 * gain)
        self[name + ".bias"] = normal(name + ".bias", (width,), 0.05)
        self[name + ".running_mean"] = normal(name + ".running_mean", (width,), 0.05)
        self[name + ".running_var"] = uniform(name + ".running_var", (width,), 0.8, 1.2)


def vision_transformer(width=384, depth=12, patch=14, side=37):
    """DINOv2 without registers."""
    weights = Weights()
    weights["cls_token"] = normal("cls_token", (1, 1, width), 0.5)
    weights["pos_embed"] = normal("pos_embed", (1, 1 + side * side, width), 0.5)
    weights["mask_token"] = normal("mask_token", (1, width), 0.5)
    weights.convolution("patch_embed.proj", width, 3, patch, bias=True)
    for index in range(depth):
        block = f"blocks.{index}."
        weights.norm(block + "norm1", width)
        weights.linear(block + "attn.qkv", 3 * width, width)
        weights.linear(block + "attn.proj", width, width)
        weights[block + "ls1.gamma"] = uniform(block + "ls1.gamma", (width,), 0.1, 0.5)
        weights.norm(block + "norm2", width)
        weights.linear(block + "mlp.fc1", 4 * width, width)
        weights.linear(block + "mlp.fc2", width, 4 * width)
        weights[block + "ls2.gamma"] = uniform(block + "ls2.gamma", (width,), 0.1, 0.5)
    weights.norm("norm", width)
    return weights


def resnet50_pyramid():
    """OLN's first stage: ResNet-50, feature pyramid, proposal head."""
    weights = Weights()
    weights.convolution("backbone.conv1", 64, 3, 7)
    weights.batch_norm("backbone.bn1", 64)
    inputs = 64
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)], start=1):
        for index in range(blocks):
            name = f"backbone.layer{stage}.{index}"
            for place, (outputs, channels, kernel) in enumerate(
                [(width, inputs, 1), (width, width, 3), (4 * width, width, 1)], start=1
            ):
                weights.convolution(f"{name}.conv{place}", outputs, channels, kernel)
                weights.batch_norm(f"{name}.bn{place}", outputs, gain=0.4 if place == 3 else 1.0)
            if index == 0:
                weights.convolution(name + ".downsample.0", 4 * width, inputs, 1)
                weights.batch_norm(name + ".downsample.1", 4 * width, gain=0.7)
            inputs = 4 * width
    for level, channels in enumerate([256, 512, 1024, 2048]):
        weights.convolution(f"neck.lateral_convs.{level}.conv", 256, channels, 1, bias=True)
        weights.convolution(f"neck.fpn_convs.{level}.conv", 256, 256, 3, bias=True)
    weights.convolution("rpn_head.rpn_conv", 256, 256, 3, bias=True)
    weights.convolution("rpn_head.rpn_obj", 1, 256, 1, bias=True)
    weights.convolution("rpn_head.rpn_reg", 4, 256, 1, bias=True)
    return weights


def box_head():
    weights = Weights()
    name = "roi_head.bbox_head."
    weights.linear(name + "shared_fcs.0", 1024, 256 * 7 * 7)
    weights.linear(name + "shared_fcs.1", 1024, 1024)
    weights.linear(name + "fc_reg", 4, 1024)
    weights.linear(name + "fc_bbox_score", 1, 1024)
    return weights


_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


def write_safetensors(path, weights):
    header, offset = {}, 0
    for name in sorted(weights):
        size = weights[name].nbytes
        header[name] = {"dtype": "F32", "shape": list(weights[name].shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(weights):
            file.write(np.ascontiguousarray(weights[name]).tobytes())


def read_safetensors(path):
    """All tensors in single precision."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    weights = Weights()
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[begin:end], _TYPES[entry["dtype"]]).reshape(entry["shape"])
            weights[name] = values.astype(np.float32)
    return weights
