"""Writes a checkpoint as a model bundle: weights.safetensors and card.json.

Weights with two or more dimensions are stored in half precision; biases and normalisation tensors,
which are tiny and need the range, in single precision.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file

import data as D
from model import MEAN, STD, Student, detect, pool_rois, proposals

SOURCES = [
    {"name": "FOD-A, airport pavement objects (500 pictures)", "licence": "MIT"},
    {"name": "HIT-UAV, thermal aerial pictures (140)", "licence": "CC BY 4.0"},
    {"name": "TNO multiband pairs (12 pictures)", "licence": "CC BY 4.0"},
    {"name": "sky IR clips of aircraft and birds (8)", "licence": "CC0"},
    {
        "name": "Intel sample videos: bottle-detection, car-detection, one-by-one-person-detection",
        "licence": "CC BY 4.0",
    },
    {"name": "procedural backgrounds and objects, drawn by data.py", "licence": "Apache-2.0"},
    {"name": "teacher of pixel features: DeiT-Tiny/16 (ImageNet-1k), not contained", "licence": "Apache-2.0"},
    {"name": "teacher of pseudo boxes: YOLOX-Nano (COCO), not contained", "licence": "Apache-2.0"},
]


def infer_student(weights: dict[str, torch.Tensor]) -> Student:
    """A student of the shapes found in ``weights`` with these weights, in evaluation mode."""
    widths, layers = [], []
    for i in range(1, 5):
        count = 0
        while f"backbone.layer{i}.{count}.conv1.weight" in weights:
            count += 1
        layers.append(count)
        widths.append(weights[f"backbone.layer{i}.0.conv1.weight"].shape[0])
    middle, channels = weights["pixel_head.conv.weight"].shape[:2]
    student = Student(
        tuple(widths),
        tuple(layers),
        channels,
        weights["roi_head.bbox_head.shared_fcs.0.weight"].shape[0],
        middle,
        weights["pixel_head.proj.weight"].shape[0],
    )
    missing, unexpected = student.load_state_dict({k: v.float() for k, v in weights.items()}, strict=False)
    bad = [k for k in missing if not k.endswith("num_batches_tracked")] + unexpected
    if bad:
        raise ValueError(f"weights do not fit the student: {bad}")
    return student.eval()


def load_student(path: str) -> Student:
    return infer_student(load_file(path))


def prepare(image: np.ndarray, divisor: int = 32) -> torch.Tensor:
    """RGB uint8 [H, W, 3] -> normalised [1, 3, H', W'], padded with zeros at the bottom and right."""
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    x = (x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    h, w = x.shape[-2:]
    return torch.nn.functional.pad(x, (0, -w % divisor, 0, -h % divisor))


def gflop(student: Student, height: int = 360, width: int = 640, rois: int = 400) -> float:
    """Multiplications plus additions per frame, in 1e9."""
    total = 0

    def hook(module, _, out):
        nonlocal total
        if isinstance(module, torch.nn.Conv2d):
            total += 2 * out.numel() * module.weight[0].numel()

    handles = [m.register_forward_hook(hook) for m in student.modules()]
    with torch.no_grad():
        student(prepare(np.zeros((height, width, 3), np.uint8)))
    for h in handles:
        h.remove()
    head = student.roi_head.bbox_head
    total += 2 * rois * sum(m.weight.numel() for m in head.modules() if isinstance(m, torch.nn.Linear))
    return total / 1e9


@torch.no_grad()
def write_parity(student: Student, image: np.ndarray, path: str, per_level: int):
    """Intermediate tensors of one frame for tests of another implementation."""
    x = prepare(image)
    c = student.backbone(x)
    p = student.neck(c)
    reg, obj = student.rpn_head(p)
    boxes, scores = proposals(reg, obj, image.shape[1], image.shape[0], per_level, 0)
    valid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores = boxes[valid], scores[valid]
    pooled = pool_rois(p, boxes, 0)
    deltas, roi_score = student.roi_head.bbox_head(pooled)
    out = {"image": torch.from_numpy(image), "input": x, "pixel": student.pixel_head(p[1])}
    out |= {f"c{i + 2}": t for i, t in enumerate(c)} | {f"p{i + 2}": t for i, t in enumerate(p)}
    out |= {f"rpn_reg.{i + 2}": t for i, t in enumerate(reg)} | {f"rpn_obj.{i + 2}": t for i, t in enumerate(obj)}
    out |= {
        "proposals": boxes,
        "proposal_scores": scores,
        "roi_pooled": pooled,
        "roi_deltas": deltas,
        "roi_logits": roi_score,
    }
    dets, det_scores, _ = detect(student, x, image.shape[1], image.shape[0], per_level)
    out |= {"detections": dets, "detection_scores": det_scores}
    save_file({k: v.contiguous() for k, v in out.items()}, path)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--out", required=True, help="bundle folder")
    p.add_argument("--command", default="Models/training/train.py", help="the command that trained it, for the card")
    p.add_argument("--quality", help="JSON written by evaluate.py")
    p.add_argument("--limits", help="text file, one sentence per line")
    p.add_argument("--parity", help="also write intermediate tensors of one frame to this file")
    p.add_argument("--parity-video", help="video whose frame is used for --parity")
    p.add_argument("--parity-frame", type=int, default=300)
    p.add_argument("--score-threshold", type=float, default=0.3)
    p.add_argument("--per-level", type=int, default=100)
    p.add_argument("--nms", type=float, default=0.5)
    args = p.parse_args()

    quality = {}
    if args.quality:
        with open(args.quality) as f:
            quality = json.load(f)
    limits = []
    if args.limits:
        with open(args.limits) as f:
            limits = [line.strip() for line in f if line.strip()]
    state = torch.load(args.checkpoint, map_location="cpu", weights_only=False)
    os.makedirs(args.out, exist_ok=True)
    tensors = {}
    for k, v in state["model"].items():
        if k.endswith("num_batches_tracked"):
            continue
        if not torch.isfinite(v).all():
            raise ValueError(f"{k} is not finite")
        tensors[k] = (v.half() if v.ndim > 1 else v.float()).contiguous()
    path = os.path.join(args.out, "weights.safetensors")
    save_file(tensors, path, metadata={"format": "pt"})
    student = load_student(path)
    os.chmod(path, 0o644)
    with open(path, "rb") as f:
        content = f.read()

    a = state["args"]
    card = {
        "format": 1,
        "name": "default",
        "architecture": {"detector": "oln-resnet-fpn", "pixel_features": "fpn-p3-head"},
        "input": {"mean": list(MEAN), "std": list(STD), "long_side": 640, "size_divisor": 32},
        "detector": {
            "proposals_per_level": args.per_level,
            "score_threshold": args.score_threshold,
            "nms_iou": args.nms,
            "max_detections": 100,
        },
        "files": {"weights.safetensors": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}},
        "licence": "Apache-2.0",
        "training": {
            "data": SOURCES,
            "held_out": f"{D.HELD_OUT:.0%} of the names, by hash",
            "recipe": args.command,
            "teacher_block": a["layer"],
            "seed": a["seed"],
            "steps": state["steps"],
            "batch": a["batch"],
            "distinct_crops": state["crops"],
            "duration_minutes": round(state["minutes"], 1),
            "finished_share_of_schedule": round(state["progress"], 3),
            "hardware": f"{a['threads']} threads of a shared CPU" if a["device"] == "cpu" else a["device"],
            "torch": state["torch"],
        },
        "cost": {
            "parameters": sum(v.numel() for v in student.parameters()),
            "gflop_640x360_400_boxes": round(gflop(student), 2),
        },
        "quality": quality,
        "limits": limits,
    }
    with open(os.path.join(args.out, "card.json"), "w") as f:
        json.dump(card, f, indent=2, ensure_ascii=False)
        f.write("\n")

    if args.parity:
        for i, frame in D.video_frames(args.parity_video, 1):
            if i == args.parity_frame:
                image = cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA)
                write_parity(student, np.ascontiguousarray(image), args.parity, args.per_level)
                break


if __name__ == "__main__":
    main()
