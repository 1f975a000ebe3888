"""Measures a bundle and writes a JSON for its card.

Detection: class-agnostic recall on held-out pictures. Pixel features: frame-level AUROC of a plain
nearest-neighbour memory on UCSD Ped2, which never takes part in training.
"""

from __future__ import annotations

import argparse
import glob
import json
import os

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import data as D
from export import load_student, prepare
from model import box_iou, detect


def auroc(scores, labels) -> float:
    scores, labels = np.asarray(scores), np.asarray(labels)
    order = np.argsort(scores, kind="stable")
    rank = np.empty(len(scores))
    rank[order] = np.arange(1, len(scores) + 1)
    p = labels.sum()
    return float((rank[labels == 1].sum() - p * (p + 1) / 2) / (p * (len(labels) - p)))


def resized(image: np.ndarray, long_side: int | None) -> np.ndarray:
    if long_side is None:
        return image
    s = long_side / max(image.shape[:2])
    size = (round(image.shape[1] * s), round(image.shape[0] * s))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if s < 1 else cv2.INTER_LINEAR)


@torch.no_grad()
def ped2(features, root: str, step: int, memory: int = 8000) -> dict:
    """Frame-level AUROC, all clips pooled; the score of a frame is its largest distance after a 3x3 mean."""
    rows = []
    for clip in sorted(glob.glob(f"{root}/train/*")):
        files = sorted(glob.glob(f"{clip}/*.jpg"))
        for k in (1, 3, 5):
            f = features(D.read_rgb(files[len(files) * k // 6]))
            rows.append(f.permute(1, 2, 0).reshape(-1, f.shape[0]))
    rows = torch.cat(rows)
    chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:memory]
    bank = rows[chosen]
    scores, labels, clips = [], [], []
    for clip in sorted(glob.glob(f"{root}/test/*")):
        for path in sorted(glob.glob(f"{clip}/*.jpg"))[::step]:
            mask = clip.replace("/test/", "/test_masks/") + "/%03d.png" % (int(os.path.basename(path)[:-4]) + 1)
            if not os.path.exists(mask):
                continue
            f = features(D.read_rgb(path))
            d = torch.cdist(f.permute(1, 2, 0).reshape(-1, f.shape[0]), bank).amin(1).view(1, 1, *f.shape[1:])
            scores.append(float(F.avg_pool2d(d, 3, 1).max()))
            labels.append(int(cv2.imread(mask, cv2.IMREAD_GRAYSCALE).max() > 0))
            clips.append(os.path.basename(clip))
    scores, labels, clips = np.asarray(scores), np.asarray(labels), np.asarray(clips)
    each = {}
    for c in sorted(set(clips)):
        own = labels[clips == c]
        if 0 < own.sum() < len(own):
            each[str(c)] = round(auroc(scores[clips == c], own), 4)
    return {"auroc": round(auroc(scores, labels), 4), "frames": len(scores), "per_clip": each}


def recall(student, images, long_side, thresholds, settings, levels=(0.3, 0.5, 0.6)) -> dict:
    """Recall of the best boxes at several IoU thresholds; precision and recall (IoU 0.5) above some scores."""
    hits = np.zeros(len(thresholds))
    total, boxes_out = 0, 0
    found, kept = np.zeros(len(levels)), np.zeros(len(levels))
    for image, gt in images:
        small = resized(image, long_side)
        height, width = small.shape[:2]
        boxes, scores, _ = detect(student, prepare(small), width, height, *settings)
        boxes_out += len(boxes)
        total += len(gt)
        if len(boxes) == 0 or len(gt) == 0:
            continue
        iou = box_iou(boxes, torch.from_numpy(gt) * (width / image.shape[1])).numpy()
        for k, t in enumerate(thresholds):
            taken = np.zeros(len(gt), bool)
            for i, row in enumerate(iou):  # boxes come best first
                j = np.where(taken, -1, row).argmax()
                if not taken[j] and row[j] >= t:
                    taken[j] = True
                    if k == 0:
                        found += [float(scores[i]) > level for level in levels]
            hits[k] += taken.sum()
        kept += [int((scores > level).sum()) for level in levels]
    return {
        "ar_iou50": round(float(hits[0]) / max(1, total), 4),
        "ar_iou50_95": round(float(hits.mean()) / max(1, total), 4),
        "boxes": total,
        "pictures": len(images),
        "detections_per_picture": round(boxes_out / max(1, len(images)), 1),
        "above_score": {
            str(level): {
                "recall": round(float(found[k]) / max(1, total), 4),
                "precision": round(float(found[k]) / max(1, float(kept[k])), 4),
            }
            for k, level in enumerate(levels)
        },
    }


def coco(root: str):
    with open(f"{root}/boxes/coco100/instances_train2017.json") as f:
        content = json.load(f)
    boxes: dict[int, list] = {}
    for a in content["annotations"]:
        if not a.get("iscrowd"):
            x, y, w, h = a["bbox"]
            boxes.setdefault(a["image_id"], []).append([x, y, x + w, y + h])
    for entry in content["images"]:
        path = f"{root}/boxes/coco100/train/{entry['file_name']}"
        if os.path.exists(path) and entry["id"] in boxes:
            yield D.read_rgb(path), np.asarray(boxes[entry["id"]], np.float32)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data", required=True)
    p.add_argument("--bundle", required=True)
    p.add_argument("--out", help="JSON file")
    p.add_argument("--step", type=int, default=2, help="every which frame of Ped2")
    p.add_argument("--per-level", type=int, default=100)
    p.add_argument("--score-threshold", type=float, default=0.3)
    p.add_argument("--nms", type=float, default=0.5)
    p.add_argument("--quick", action="store_true", help="fewer frames")
    args = p.parse_args()
    torch.set_num_threads(2)
    student = load_student(os.path.join(args.bundle, "weights.safetensors"))
    result: dict = {}

    def student_features(long_side):
        def run(image):
            small = resized(image, long_side)
            h, w = small.shape[0] // 8, small.shape[1] // 8
            return student.pixel_head(student.neck(student.backbone(prepare(small)))[1])[0, :, :h, :w]

        return run

    step = 6 if args.quick else args.step
    root = f"{args.data}/ucsd_ped2"
    result["ped2_nn_memory_native"] = ped2(student_features(None), root, step)
    print(result, flush=True)
    result["ped2_nn_memory_long_side_640"] = ped2(student_features(640), root, 2 * step)
    print(result["ped2_nn_memory_long_side_640"], flush=True)

    held = [f for f in D.load_frames(args.data) if f.held_out]
    thresholds = np.arange(0.5, 0.96, 0.05)
    settings = (args.per_level, args.score_threshold, args.nms, 100)
    for source in ("hit_uav", "fod_a", "sky_ir", "one-by-one-person-detection", "car-detection", "bottle-detection"):
        images = [(f.image, f.boxes) for f in held if f.source == source and len(f.boxes)]
        if images:
            result[f"recall100_{source}"] = recall(student, images, 640, thresholds, settings)
            print(source, result[f"recall100_{source}"], flush=True)
    result["recall100_coco_unseen_domain"] = recall(student, list(coco(args.data)), 640, thresholds, settings)
    print("coco", result["recall100_coco_unseen_domain"], flush=True)
    if args.out:
        with open(args.out, "w") as f:
            json.dump(result, f, indent=2)


if __name__ == "__main__":
    main()
