"""Training images: labelled stills, frames of static cameras with pseudo boxes, procedural scenes.

Every source named here may be used for weights that are redistributed (see README.md). One sample is
a 256x192 RGB crop with class-agnostic boxes; it is a function of (seed, index) alone.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

import cv2
import numpy as np

WIDTH, HEIGHT = 256, 192
HELD_OUT = 0.15
VIDEOS = {"car-detection": 6, "bottle-detection": 20, "one-by-one-person-detection": 15}
# Share of each source among the samples; "procedural" has an invented background.
SHARES = {
    "one-by-one-person-detection": 0.15,
    "car-detection": 0.08,
    "bottle-detection": 0.06,
    "hit_uav": 0.17,
    "fod_a": 0.11,
    "sky_ir": 0.07,
    "tno": 0.10,
    "procedural": 0.26,
}


@dataclass
class Frame:
    source: str
    name: str
    image: np.ndarray
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    labelled: bool = True

    @property
    def held_out(self) -> bool:
        return is_held_out(self.name)


def is_held_out(name: str) -> bool:
    """The fixed split: 15 % of the names, by their SHA-256."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32 < HELD_OUT


def read_rgb(path: str) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def video_frames(path: str, step: int):
    """Yields (index, RGB frame) for every ``step``-th frame."""
    capture = cv2.VideoCapture(path)
    index = 0
    while True:
        ok, frame = capture.read()
        if not ok:
            return
        if index % step == 0:
            yield index, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        index += 1


# --- pseudo boxes ---------------------------------------------------------------------------------


class PseudoLabeller:
    """YOLOX boxes with the classes ignored: decoding, then class-agnostic suppression."""

    def __init__(self, path: str, threads: int = 2):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.size = int(self.input.shape[2])
        grids, strides = [], []
        for s in (8, 16, 32):
            n = self.size // s
            gy, gx = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
            grids.append(np.stack([gx.ravel(), gy.ravel()], 1))
            strides.append(np.full((n * n, 1), s))
        self.grid, self.stride = np.concatenate(grids), np.concatenate(strides)

    def __call__(self, rgb: np.ndarray, threshold: float = 0.3) -> np.ndarray:
        h, w = rgb.shape[:2]
        scale = min(self.size / h, self.size / w)
        canvas = np.full((self.size, self.size, 3), 114, np.uint8)
        small = cv2.resize(rgb, (int(w * scale), int(h * scale)))
        canvas[: small.shape[0], : small.shape[1]] = small[:, :, ::-1]
        x = canvas.transpose(2, 0, 1)[None].astype(np.float32)
        out = self.session.run(None, {self.input.name: x})[0][0]
        centre = (out[:, :2] + self.grid) * self.stride
        size = np.exp(out[:, 2:4]) * self.stride
        score = out[:, 4] * out[:, 5:].max(1)
        keep = score > threshold
        boxes = np.concatenate([centre - size / 2, size], 1)[keep] / scale
        chosen = cv2.dnn.NMSBoxes(boxes.tolist(), score[keep].tolist(), threshold, 0.5)
        boxes = boxes[np.asarray(chosen, int).ravel()].astype(np.float32)
        boxes[:, 2:] += boxes[:, :2]
        boxes[:, 0::2] = boxes[:, 0::2].clip(0, w)
        boxes[:, 1::2] = boxes[:, 1::2].clip(0, h)
        return boxes


# --- sources --------------------------------------------------------------------------------------


def _voc(folder: str, source: str):
    for path in sorted(glob.glob(os.path.join(folder, "*.xml"))):
        image = path[:-4] + ".jpg"
        if not os.path.exists(image):
            continue
        boxes = []
        for node in ET.parse(path).getroot().iter("bndbox"):
            boxes.append([float(node.find(k).text) for k in ("xmin", "ymin", "xmax", "ymax")])
        yield Frame(source, f"{source}/{os.path.basename(image)}", read_rgb(image), _array(boxes))


def _array(boxes) -> np.ndarray:
    return np.asarray(boxes, np.float32).reshape(-1, 4)


def load_frames(data: str, scenes: str | None = None) -> list[Frame]:
    """All frames of all sources, held-out ones included."""
    frames = list(_voc(f"{data}/boxes/fod_a", "fod_a"))
    frames += list(_voc(f"{data}/boxes/hit_uav_thermal", "hit_uav"))
    for path in sorted(glob.glob(f"{data}/thermal/tno/*.png")):
        frames.append(Frame("tno", f"tno/{os.path.basename(path)}", read_rgb(path), labelled=False))
    with open(f"{data}/thermal/sky_ir/labels.json") as f:
        labels = json.load(f)
    for clip, per_frame in sorted(labels.items()):
        for i, image in video_frames(f"{data}/thermal/sky_ir/{clip}.mp4", 8):
            box = per_frame[i] if i < len(per_frame) else None
            boxes = [] if box is None else [[box[0], box[1], box[0] + box[2], box[1] + box[3]]]
            frames.append(Frame("sky_ir", f"sky_ir/{clip}/{i // 80}", image, _array(boxes)))
    labeller = PseudoLabeller(f"{data}/teachers/yolox_nano.onnx")
    for name, step in VIDEOS.items():
        for i, image in video_frames(f"{data}/video/{name}.mp4", step):
            frames.append(Frame(name, f"{name}/{i // (step * 10)}", image, labeller(image)))
    if scenes:
        frames += _scene_frames(scenes)
    return frames


def _scene_frames(folder: str):
    """Clips written by the scene renderer: ``<clip>/*.png`` beside ``<clip>.json`` or ``<clip>/boxes.json``."""
    for path in sorted(glob.glob(f"{folder}/**/*.json", recursive=True)):
        with open(path) as f:
            clip = json.load(f)
        for entry in clip.get("frames", []):
            image = os.path.join(os.path.dirname(path), entry["file"])
            boxes = [b["box"] if isinstance(b, dict) else b for b in entry.get("boxes", [])]
            if os.path.exists(image):
                name = os.path.basename(os.path.dirname(path))
                yield Frame("scenes", f"scenes/{name}", read_rgb(image), _array(boxes))


# --- cut-outs -------------------------------------------------------------------------------------


def cut_outs(frames: list[Frame], limit: int = 700) -> list[np.ndarray]:
    """RGBA pictures of labelled objects, segmented inside their boxes by GrabCut."""
    rng = np.random.default_rng(7)
    candidates = []
    for frame in frames:
        for box in frame.boxes:
            w, h = box[2] - box[0], box[3] - box[1]
            inside = (
                box[0] > 1 and box[1] > 1 and box[2] < frame.image.shape[1] - 2 and box[3] < frame.image.shape[0] - 2
            )
            if min(w, h) >= 14 and inside:
                candidates.append((frame, box))
    out = []
    for k in rng.permutation(len(candidates))[:limit]:
        frame, box = candidates[k]
        w, h = box[2] - box[0], box[3] - box[1]
        x1, y1 = max(0, int(box[0] - 0.25 * w)), max(0, int(box[1] - 0.25 * h))
        x2 = min(frame.image.shape[1], int(box[2] + 0.25 * w) + 1)
        y2 = min(frame.image.shape[0], int(box[3] + 0.25 * h) + 1)
        patch = frame.image[y1:y2, x1:x2]
        scale = min(1.0, 140 / max(patch.shape[:2]))
        patch = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rect = [int((box[0] - x1) * scale), int((box[1] - y1) * scale), int(w * scale), int(h * scale)]
        mask = np.zeros(patch.shape[:2], np.uint8)
        try:
            cv2.grabCut(patch, mask, rect, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_RECT)
        except cv2.error:
            continue
        alpha = ((mask == 1) | (mask == 3)).astype(np.uint8)
        share = alpha.sum() / max(1, rect[2] * rect[3])
        if share < 0.15:
            continue
        count, labels, stats, _ = cv2.connectedComponentsWithStats(alpha)
        best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        x, y, bw, bh = stats[best, :4]
        alpha = (labels == best).astype(np.uint8) * 255
        out.append(np.dstack([patch, alpha])[y : y + bh, x : x + bw].copy())
    return out


# --- procedural pictures --------------------------------------------------------------------------


def _noise(rng, h: int, w: int, channels: int, low: int, high: int) -> np.ndarray:
    """Sum of smooth random fields with cell counts from ``low`` to ``high``, zero mean, unit range."""
    out = np.zeros((h, w, channels), np.float32)
    cells = low
    weight = 1.0
    fall = rng.uniform(0.4, 1.0)
    while cells <= high:
        grid = rng.standard_normal((max(2, cells * h // w + 1), cells + 1, channels)).astype(np.float32)
        out += weight * cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC).reshape(h, w, channels)
        cells *= 2
        weight *= fall
    return out / (np.abs(out).max() + 1e-6)


def _colour(rng) -> np.ndarray:
    value = rng.uniform(10, 245)
    return np.clip(value + rng.normal(0, 1, 3) * rng.choice([0, 15, 60]), 0, 255).astype(np.float32)


def background(rng) -> np.ndarray:
    """A textured background: fields of noise, planes, tiles, stripes, and straight structures."""
    h, w = HEIGHT, WIDTH
    grain = rng.uniform(2, 60)
    image = _colour(rng) + grain * _noise(rng, h, w, int(rng.choice([1, 3])), int(rng.integers(1, 6)), 128)
    image = np.repeat(image, 3 // image.shape[2], 2) if image.shape[2] == 1 else image
    for _ in range(rng.integers(0, 5)):
        kind = rng.integers(0, 5)
        mask = np.zeros((h, w), np.float32)
        if kind == 0:  # a plane: everything beyond a line
            a, c = rng.uniform(-0.6, 0.6), rng.uniform(0, h)
            ys, xs = np.mgrid[0:h, 0:w]
            mask[ys > c + a * (xs - w / 2)] = 1
        elif kind == 1:  # stripes or tiles
            angle, period = rng.uniform(0, np.pi), rng.uniform(6, 60)
            ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
            perspective = 1 + rng.choice([0.0, 1.5]) * (h - ys) / h
            t = (np.cos(angle) * xs + np.sin(angle) * ys) * perspective
            mask = ((t / period) % 1 < rng.uniform(0.05, 0.6)).astype(np.float32)
            if rng.random() < 0.5:
                t = (-np.sin(angle) * xs + np.cos(angle) * ys) * perspective
                mask = np.maximum(mask, ((t / period) % 1 < 0.2).astype(np.float32))
        elif kind == 2:  # blocks: walls, windows, doors
            for _ in range(rng.integers(1, 12)):
                x, y = rng.integers(0, w), rng.integers(0, h)
                cv2.rectangle(
                    mask, (int(x), int(y)), (int(x + rng.integers(5, 120)), int(y + rng.integers(5, 90))), 1.0, -1
                )
        elif kind == 3:  # lines: kerbs, poles, cables
            for _ in range(rng.integers(1, 8)):
                p = rng.integers(-40, 300, 4)
                cv2.line(
                    mask, (int(p[0]), int(p[1])), (int(p[2]), int(p[3])), 1.0, int(rng.integers(1, 7)), cv2.LINE_AA
                )
        else:  # foliage: thresholded noise
            n = _noise(rng, h, w, 1, int(rng.integers(2, 20)), 128)[..., 0]
            mask = (n > rng.uniform(-0.2, 0.5)).astype(np.float32)
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.3, 1.5))[..., None] * rng.uniform(0.3, 1)
        fill = _colour(rng) + rng.uniform(0, 40) * _noise(rng, h, w, 1, int(rng.integers(1, 20)), 128)
        image = image * (1 - mask) + fill * mask
    shade = 1 + rng.uniform(0, 0.5) * _noise(rng, h, w, 1, 1, 2)
    return np.clip(image * shade, 0, 255).astype(np.uint8)


def _fill(rng, image, mask, colour):
    h, w = mask.shape
    texture = colour + rng.uniform(0, 40) * _noise(rng, h, w, 1, int(rng.integers(1, 8)), 64)
    ramp = np.linspace(-1, 1, h)[:, None, None] * rng.uniform(-40, 40)
    m = mask[..., None].astype(np.float32) / 255
    image[..., :3] = image[..., :3] * (1 - m) + (texture + ramp) * m
    image[..., 3] = np.maximum(image[..., 3], mask)


def invented_object(rng) -> np.ndarray:
    """An RGBA picture of a person, a rider, a vehicle or an arbitrary shape."""
    kind = rng.choice(
        ["person", "rider", "vehicle", "polygon", "ellipse", "box", "blob"], p=[0.3, 0.12, 0.16, 0.16, 0.08, 0.08, 0.1]
    )
    size = 96
    image = np.zeros((size, size, 4), np.float32)

    def stroke(draw, colour=None):
        mask = np.zeros((size, size), np.uint8)
        draw(mask)
        _fill(rng, image, mask, _colour(rng) if colour is None else colour)

    def limb(a, b, width, colour=None):
        stroke(
            lambda m: cv2.line(m, tuple(int(v) for v in a), tuple(int(v) for v in b), 255, int(width), cv2.LINE_AA),
            colour,
        )

    if kind in ("person", "rider"):
        c = 48 + rng.uniform(-3, 3)
        skin, top, legs = _colour(rng), _colour(rng), _colour(rng)
        swing = rng.uniform(0, 14)
        bottom = 92 if kind == "person" else 74
        if kind == "rider":
            frame = _colour(rng)
            for x in (22, 74):
                stroke(lambda m, x=x: cv2.circle(m, (x, 76), 16, 255, int(rng.integers(2, 5)), cv2.LINE_AA), frame)
            limb((22, 76), (48, 60), 3, frame)
            limb((74, 76), (66, 50), 3, frame)
            limb((48, 60), (68, 56), 3, frame)
        limb((c - 3, 52), (c - 4 - swing / 2, bottom), rng.integers(7, 11), legs)
        limb((c + 3, 52), (c + 4 + swing / 2, bottom), rng.integers(7, 11), legs)
        stroke(
            lambda m: cv2.ellipse(m, (int(c), 38), (int(rng.integers(9, 14)), 19), 0, 0, 360, 255, -1, cv2.LINE_AA), top
        )
        arm = rng.uniform(-12, 12)
        limb((c - 10, 26), (c - 13 + arm, 52), 6, top)
        limb((c + 10, 26), (c + 13 - arm, 52), 6, top)
        stroke(lambda m: cv2.circle(m, (int(c), 12), int(rng.integers(6, 9)), 255, -1, cv2.LINE_AA), skin)
        if rng.random() < 0.3:
            stroke(lambda m: cv2.rectangle(m, (int(c + 8), 46), (int(c + 24), 64), 255, -1))
    elif kind == "vehicle":
        body = _colour(rng)
        top = int(rng.integers(25, 50))
        stroke(lambda m: cv2.rectangle(m, (6, 48), (90, 74), 255, -1), body)
        points = np.array(
            [
                [int(rng.integers(10, 26)), 50],
                [int(rng.integers(24, 36)), top],
                [int(rng.integers(60, 74)), top],
                [int(rng.integers(76, 88)), 50],
            ]
        )
        stroke(lambda m: cv2.fillPoly(m, [points], 255, cv2.LINE_AA), body * rng.uniform(0.5, 1.2))
        for x in (24, 72):
            stroke(
                lambda m, x=x: cv2.circle(m, (x, 75), int(rng.integers(7, 11)), 255, -1, cv2.LINE_AA),
                np.full(3, rng.uniform(5, 60), np.float32),
            )
    elif kind == "polygon":
        n = int(rng.integers(3, 9))
        angle = np.sort(rng.uniform(0, 2 * np.pi, n))
        radius = rng.uniform(15, 46, n)
        points = np.stack([48 + radius * np.cos(angle), 48 + radius * np.sin(angle)], 1).astype(np.int32)
        stroke(lambda m: cv2.fillPoly(m, [points], 255, cv2.LINE_AA))
    elif kind == "ellipse":
        axes = (int(rng.integers(8, 46)), int(rng.integers(8, 46)))
        stroke(lambda m: cv2.ellipse(m, (48, 48), axes, float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA))
    elif kind == "box":
        rect = ((48.0, 48.0), (float(rng.uniform(15, 70)), float(rng.uniform(15, 70))), float(rng.uniform(0, 90)))
        points = cv2.boxPoints(rect).astype(np.int32)
        stroke(lambda m: cv2.fillPoly(m, [points], 255, cv2.LINE_AA))
    else:
        n = _noise(rng, size, size, 1, 2, 16)[..., 0]
        ys, xs = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
        blob = ((n * 0.6 + 0.7 - np.hypot(xs, ys)) > 0).astype(np.uint8) * 255
        stroke(lambda m: np.copyto(m, blob))
    if kind in ("vehicle", "polygon", "ellipse", "box", "blob"):
        for _ in range(rng.integers(0, 4)):  # details stay inside the outline
            x, y = rng.integers(10, 80, 2)
            detail = np.zeros((size, size), np.uint8)
            cv2.rectangle(
                detail, (int(x), int(y)), (int(x + rng.integers(3, 30)), int(y + rng.integers(3, 30))), 255, -1
            )
            _fill(rng, image, np.minimum(detail, image[..., 3].astype(np.uint8)), _colour(rng))
    image = np.clip(image, 0, 255).astype(np.uint8)
    ys, xs = np.nonzero(image[..., 3] > 64)
    if len(ys) == 0:
        return image
    return image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].copy()


def paste(rng, image: np.ndarray, boxes: np.ndarray, picture: np.ndarray, side: float) -> np.ndarray:
    """Pastes an RGBA picture in place; returns the boxes with the new one, covered ones removed."""
    h, w = image.shape[:2]
    scale = side / max(picture.shape[:2])
    sx = scale * (-1 if rng.random() < 0.5 else 1) * np.exp(rng.normal(0, 0.1))
    angle = np.deg2rad(rng.normal(0, 6) if rng.random() < 0.7 else rng.uniform(0, 360))
    cx, cy = rng.uniform(0.02, 0.98) * w, rng.uniform(0.05, 0.98) * h
    ph, pw = picture.shape[:2]
    cos, sin = np.cos(angle), np.sin(angle)
    a = np.array([[cos * sx, -sin * scale], [sin * sx, cos * scale]])
    t = np.array([cx, cy]) - a @ np.array([pw / 2, ph / 2])
    matrix = np.hstack([a, t[:, None]])
    if scale < 0.6:  # avoid aliasing
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / scale)
    warped = cv2.warpAffine(picture, matrix, (w, h), flags=cv2.INTER_LINEAR).astype(np.float32)
    alpha = warped[..., 3:] / 255
    ys, xs = np.nonzero(alpha[..., 0] > 0.4)
    if len(ys) < 16:
        return boxes
    box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], np.float32)
    if min(box[2] - box[0], box[3] - box[1]) < 4:
        return boxes
    colour = warped[..., :3]
    gain, bias = np.exp(rng.normal(0, 0.2)), rng.normal(0, 15)
    canvas = image.astype(np.float32)
    if rng.random() < 0.4:  # a soft shadow
        dx, dy = rng.uniform(-0.4, 0.4) * (box[2] - box[0]), rng.uniform(0, 0.15) * (box[3] - box[1])
        shift = np.float32([[1, 0, dx], [0, 1, dy]])
        shadow = cv2.GaussianBlur(cv2.warpAffine(alpha[..., 0], shift, (w, h)), (0, 0), 2)[..., None]
        canvas *= 1 - rng.uniform(0.1, 0.5) * shadow
    canvas = canvas * (1 - alpha) + (colour * gain + bias) * alpha
    image[:] = np.clip(canvas, 0, 255).astype(np.uint8)
    if len(boxes):
        iw = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
        ih = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
        covered = np.clip(iw, 0, None) * np.clip(ih, 0, None)
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        boxes = boxes[covered < 0.6 * area]
    return np.concatenate([boxes, box[None]])


# --- augmentation ---------------------------------------------------------------------------------


def crop(rng, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    h, w = frame.image.shape[:2]
    low = max(WIDTH / w, HEIGHT / h)
    high = max(low * 1.02, {"hit_uav": 2.2, "sky_ir": 2.5, "fod_a": 1.8}.get(frame.source, 1.3))
    scale = np.exp(rng.uniform(np.log(low), np.log(high)))
    cw, ch = min(w, WIDTH / scale), min(h, HEIGHT / scale)
    x, y = rng.uniform(0, w - cw), rng.uniform(0, h - ch)
    if len(frame.boxes) and rng.random() < 0.75:  # keep one object in view
        b = frame.boxes[rng.integers(len(frame.boxes))]
        bx, by = (b[0] + b[2]) / 2 + rng.normal(0, 0.3) * cw, (b[1] + b[3]) / 2 + rng.normal(0, 0.3) * ch
        x, y = np.clip(bx - cw / 2, 0, w - cw), np.clip(by - ch / 2, 0, h - ch)
    x, y, cw, ch = int(x), int(y), int(cw), int(ch)
    image = cv2.resize(
        frame.image[y : y + ch, x : x + cw],
        (WIDTH, HEIGHT),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    sx, sy = WIDTH / cw, HEIGHT / ch
    boxes = (frame.boxes - [x, y, x, y]) * [sx, sy, sx, sy]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, WIDTH)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, HEIGHT)
    bw, bh = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    keep = (bw * bh > 0.4 * area) & (bw >= 3) & (bh >= 3)
    return image, boxes[keep].astype(np.float32)


def photometric(rng, image: np.ndarray) -> np.ndarray:
    x = image.astype(np.float32)
    if rng.random() < 0.55:
        weights = rng.dirichlet(np.ones(3) * 3).astype(np.float32)
        x = np.repeat((x @ weights)[..., None], 3, 2)
        if rng.random() < 0.2:
            x = 255 - x
    else:
        x = x * np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    if rng.random() < 0.7:
        x = 255 * np.clip(x / 255, 0, 1) ** np.exp(rng.normal(0, 0.35))
    if rng.random() < 0.7:
        x = (x - x.mean()) * np.exp(rng.normal(-0.1, 0.35)) + x.mean() + rng.normal(0, 20)
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.3, 1.4))
    if rng.random() < 0.5:
        sigma = np.exp(rng.uniform(np.log(0.7), np.log(12)))
        noise = rng.standard_normal(x.shape[:2] + (1,)) if rng.random() < 0.6 else rng.standard_normal(x.shape)
        x = x + (sigma * noise).astype(np.float32)
    x = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        ok, data = cv2.imencode(".jpg", x, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))])
        if ok:
            x = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return x


class Samples:
    """Random access to synthetic-and-real training crops."""

    def __init__(self, frames: list[Frame], cut: list[np.ndarray], seed: int, scenes_share: float = 0.0):
        self.by_source: dict[str, list[Frame]] = {}
        for f in frames:
            self.by_source.setdefault(f.source, []).append(f)
        shares = dict(SHARES)
        if "scenes" in self.by_source and scenes_share > 0:
            shares = {k: v * (1 - scenes_share) for k, v in shares.items()} | {"scenes": scenes_share}
        self.names = [k for k in shares if k == "procedural" or k in self.by_source]
        p = np.array([shares[k] for k in self.names])
        self.p = p / p.sum()
        self.cut = cut
        self.seed = seed

    def __getitem__(self, index: int):
        """Returns (RGB uint8 [192, 256, 3], boxes [N, 4], whether the boxes are complete)."""
        rng = np.random.default_rng([self.seed, index])
        source = self.names[rng.choice(len(self.names), p=self.p)]
        labelled = True
        if source == "procedural":
            image, boxes = background(rng), _array([])
            count = int(rng.integers(1, 9))
        else:
            frame = self.by_source[source][rng.integers(len(self.by_source[source]))]
            image, boxes = crop(rng, frame)
            labelled = frame.labelled
            count = int(rng.integers(1, 5)) if rng.random() < 0.5 else 0
        image = np.ascontiguousarray(image)
        # Objects of one picture have similar sizes more often than not.
        base = np.exp(rng.uniform(np.log(14), np.log(120)))
        for _ in range(count):
            invented = not self.cut or rng.random() < 0.35
            picture = invented_object(rng) if invented else self.cut[rng.integers(len(self.cut))]
            side = (
                base * np.exp(rng.normal(0, 0.35))
                if rng.random() < 0.7
                else np.exp(rng.uniform(np.log(12), np.log(150)))
            )
            if not invented:  # enlarging a small cut-out would only teach blur
                side = min(side, 1.7 * max(picture.shape[:2]))
            boxes = paste(rng, image, boxes, picture, side)
        image = photometric(rng, image)
        if rng.random() < 0.5:
            image = image[:, ::-1].copy()
            boxes = boxes.copy()
            boxes[:, [0, 2]] = WIDTH - boxes[:, [2, 0]]
        return image, boxes.astype(np.float32), labelled
