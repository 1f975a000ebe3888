"""Trains the default model from scratch. See README.md for the command that made the shipped file."""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time

import cv2
import numpy as np
import torch

import data as D
import losses as L
from model import MEAN, STD, Student
from teacher import Teacher


def normalise(images: np.ndarray) -> torch.Tensor:
    """uint8 [N, H, W, 3] -> float [N, 3, H, W]."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    return (x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)


class Targets:
    """Teacher tokens on a grid of 8 image pixels, projected to the leading principal components.

    The projection is centred and divided by one common factor, so that distances keep their
    proportions and the summed variance equals the number of components.
    """

    def __init__(self, path: str, layer: int, dims: int, device: str):
        self.teacher = Teacher(path, device)
        self.layer, self.dims, self.device = layer, dims, device
        self.mean = self.basis = None

    def _tokens(self, images: np.ndarray) -> torch.Tensor:
        h, w = images.shape[1:3]
        big = np.stack([cv2.resize(x, (2 * w, 2 * h), interpolation=cv2.INTER_LINEAR) for x in images])
        return self.teacher.tokens(normalise(big).to(self.device), [self.layer])[0].cpu()

    def fit(self, batches):
        rows = torch.cat([self._tokens(b).permute(0, 2, 3, 1).reshape(-1, self.teacher.dim) for b in batches])
        self.mean = rows.mean(0)
        rows = rows - self.mean
        values, vectors = torch.linalg.eigh(rows.T @ rows / len(rows))
        kept = values[-self.dims :]
        self.basis = vectors[:, -self.dims :].flip(1) * (self.dims / kept.sum()).sqrt()
        return float(kept.sum() / values.sum())

    def __call__(self, images: np.ndarray) -> torch.Tensor:
        t = self._tokens(images)
        return torch.einsum("nchw,cd->ndhw", t - self.mean.view(1, -1, 1, 1), self.basis)


class Pool:
    """Crops whose teacher tokens are known: grows during training, so that the teacher runs rarely."""

    def __init__(self, samples: D.Samples, targets: Targets, limit: int):
        self.samples, self.targets, self.limit = samples, targets, limit
        self.next = 0
        self.items: list[tuple] = []

    def grow(self, count: int):
        new = [self.samples[self.next + k] for k in range(count)]
        self.next += count
        features = self.targets(np.stack([s[0] for s in new])).half()
        for (image, boxes, labelled), f in zip(new, features):
            item = (image, torch.from_numpy(boxes), labelled, f)
            if len(self.items) < self.limit:
                self.items.append(item)
            else:
                self.items[self.next % self.limit] = item

    def batch(self, rng, fresh: int, size: int):
        """The ``fresh`` newest items and random older ones, lightly disturbed and flipped."""
        total = len(self.items)
        picks = (
            list(range(total - fresh, total))
            if total < self.limit
            else [(self.next - k) % self.limit for k in range(fresh)]
        )
        picks += rng.integers(0, total, size - fresh).tolist()
        images, boxes, labelled, features = [], [], [], []
        for k in picks:
            image, b, ok, f = self.items[k]
            x = image.astype(np.float32)
            if rng.random() < 0.5:
                x = x[:, ::-1]
                f = f.flip(-1)
                b = torch.stack([D.WIDTH - b[:, 2], b[:, 1], D.WIDTH - b[:, 0], b[:, 3]], 1)
            if rng.random() < 0.5:  # the student learns to ignore what the teacher never saw
                x = (x - 128) * np.exp(rng.normal(0, 0.08)) + 128 + rng.normal(0, 6)
                x = x + rng.standard_normal(x.shape[:2] + (1,)).astype(np.float32) * rng.uniform(0, 4)
            images.append(np.clip(x, 0, 255))
            boxes.append(b)
            labelled.append(ok)
            features.append(f)
        return normalise(np.stack(images)), boxes, labelled, torch.stack(features)


class Average:
    """Exponential moving average of weights and of normalisation statistics."""

    def __init__(self, model, decay: float):
        self.model = copy.deepcopy(model).eval()
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for a, b in zip(self.model.state_dict().values(), model.state_dict().values()):
            if a.dtype.is_floating_point:
                a.lerp_(b, 1 - d)
            else:
                a.copy_(b)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data", required=True, help="folder with boxes/, thermal/, video/ and teachers/")
    p.add_argument("--out", required=True, help="folder for checkpoints and the log")
    p.add_argument("--minutes", type=float, default=60, help="length of the run; the learning rate follows the clock")
    p.add_argument("--steps", type=int, help="length in steps instead of minutes (reproducible)")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--fresh", type=int, default=2, help="crops per step that the teacher sees for the first time")
    p.add_argument("--start", type=int, default=256, help="crops prepared before the first step")
    p.add_argument("--pool", type=int, default=12000, help="most crops kept with their teacher tokens (0.3 MB each)")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--layer", type=int, default=7, help="teacher block whose tokens are learned")
    p.add_argument("--dims", type=int, default=96)
    p.add_argument("--teacher", default="teachers/deit_tiny_patch16_224.fp16.safetensors", help="relative to --data")
    p.add_argument("--scenes", help="folder of rendered clips with boxes, used in addition")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--save-minutes", type=float, default=3)
    args = p.parse_args()

    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    os.makedirs(args.out, exist_ok=True)
    began = time.time()

    frames = [f for f in D.load_frames(args.data, args.scenes) if not f.held_out]
    samples = D.Samples(frames, D.cut_outs(frames), args.seed, scenes_share=0.2 if args.scenes else 0)
    targets = Targets(os.path.join(args.data, args.teacher), args.layer, args.dims, args.device)
    kept = targets.fit([np.stack([samples[10**7 + 4 * k + j][0] for j in range(4)]) for k in range(40)])
    print(f"{len(frames)} frames, {len(samples.cut)} cut-outs, variance kept {kept:.3f}", flush=True)
    pool = Pool(samples, targets, args.pool)
    while len(pool.items) < args.start:
        pool.grow(8)
    print(f"pool ready after {time.time() - began:.0f} s", flush=True)

    model = Student(out=args.dims, middle=args.dims).to(args.device).to(memory_format=torch.channels_last)
    average = Average(model, 0.998)
    decay = [q for q in model.parameters() if q.ndim > 1]
    plain = [q for q in model.parameters() if q.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}], lr=args.lr
    )

    def save(progress):
        state = {
            "model": average.model.state_dict(),
            "raw": model.state_dict(),
            "mean": targets.mean,
            "basis": targets.basis,
            "args": vars(args),
            "steps": step,
            "crops": pool.next,
            "minutes": (time.time() - began) / 60,
            "progress": progress,
            "torch": torch.__version__,
        }
        torch.save(state, os.path.join(args.out, "checkpoint.tmp"))
        os.replace(os.path.join(args.out, "checkpoint.tmp"), os.path.join(args.out, "checkpoint.pt"))

    step, saved = 0, time.time()
    running: dict[str, float] = {}
    while True:
        elapsed = (time.time() - began) / 60
        progress = step / args.steps if args.steps else elapsed / args.minutes
        if progress >= 1:
            break
        lr = args.lr * min(1, (step + 1) / 150) * (0.5 * (1 + math.cos(math.pi * progress)) * 0.99 + 0.01)
        for group in optimiser.param_groups:
            group["lr"] = lr
        pool.grow(args.fresh)
        images, boxes, labelled, features = pool.batch(rng, args.fresh, args.batch)
        images = images.to(args.device).contiguous(memory_format=torch.channels_last)
        levels, pixels, reg, obj = model(images)
        boxes = [b.to(args.device) for b in boxes]
        distil = L.distillation_loss(pixels, features.to(args.device))
        rpn_box, rpn_obj = L.rpn_loss(reg, obj, boxes, labelled)
        roi_box, roi_score = L.roi_loss(model, levels, reg, obj, boxes, labelled, D.WIDTH, D.HEIGHT)
        loss = distil + 0.5 * rpn_box + rpn_obj + roi_box + 2 * roi_score
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update(model)
        step += 1
        parts = {"distil": distil, "rpn_box": rpn_box, "rpn_obj": rpn_obj, "roi_box": roi_box, "roi_score": roi_score}
        for k, v in parts.items():
            value = float(v.detach())
            running[k] = running.get(k, value) * 0.98 + 0.02 * value
        if step % 50 == 0:
            text = " ".join(f"{k} {v:.3f}" for k, v in running.items())
            print(f"{elapsed:6.1f} min step {step} lr {lr:.5f} {text}", flush=True)
        if time.time() - saved > 60 * args.save_minutes:
            save(progress)
            saved = time.time()
    save(1.0)
    with open(os.path.join(args.out, "run.json"), "w") as f:
        json.dump({"steps": step, "crops": pool.next, "minutes": (time.time() - began) / 60}, f)


if __name__ == "__main__":
    main()
