"""Replaces the trained pixel head by a readout solved in closed form.

The pyramid level P3 is what the network learned to look at; a head trained for too short a time on
uncertain teacher tokens predicts their mean and hides differences that P3 shows. The readout instead
keeps P3 and adds what it knows of the next coarser level: P4, up-sampled, is regressed (ridge) from
3x3 neighbourhoods of P3. Both parts are scaled to equal total variance, joined, and projected to
their leading principal components. The whole is one linear 3x3 convolution; a bias of several
standard deviations, taken away again by ``proj``, keeps its ReLU from cutting anything.
"""

from __future__ import annotations

import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F

import data as D
from export import infer_student
from train import normalise

LIFT = 12.0


def crops(data: str, count: int, cache: str | None) -> np.ndarray:
    if cache and os.path.exists(cache):
        return np.load(cache)
    frames = [f for f in D.load_frames(data) if not f.held_out]
    samples = D.Samples(frames, D.cut_outs(frames, 60), 5)
    images = np.stack([samples[i][0] for i in range(count)])
    if cache:
        np.save(cache, images)
    return images


@torch.no_grad()
def solve(student, images: np.ndarray, dims: int):
    """Weights of the linear 3x3 convolution [dims, C, 3, 3], its bias, its output's deviations, and notes."""
    p3, p4 = [], []
    for i in range(0, len(images), 4):
        levels = student.neck(student.backbone(normalise(images[i : i + 4])))
        p3.append(levels[1])
        p4.append(F.interpolate(levels[2], size=levels[1].shape[-2:], mode="bilinear", align_corners=False))
    p3, p4 = torch.cat(p3).double(), torch.cat(p4).double()
    channels = p3.shape[1]
    x = F.unfold(p3, 3, padding=1).transpose(1, 2).reshape(-1, channels * 9)
    x = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    y = p4.permute(0, 2, 3, 1).reshape(-1, channels)
    ridge = 1e-3 * len(x) * x[:, :-1].var() * torch.eye(x.shape[1], dtype=x.dtype)
    ridge[-1, -1] = 0
    coarse = torch.linalg.solve(x.T @ x + ridge, x.T @ y)
    explained = 1 - ((y - x @ coarse).square().sum() / (y - y.mean(0)).square().sum()).item()
    fine = torch.zeros(channels * 9 + 1, channels, dtype=x.dtype)
    for c in range(channels):
        fine[c * 9 + 4, c] = 1  # the centre of the 3x3 window
    parts = []
    for w in (fine, coarse):
        parts.append(w / (x @ w).var(0).sum().sqrt())
    w = torch.cat(parts, 1)
    out = x @ w
    values, vectors = torch.linalg.eigh(torch.cov(out.T))
    kept = (values[-dims:].sum() / values.sum()).item()
    scale = (dims / values[-dims:].sum()).sqrt()
    w = w @ vectors[:, -dims:].flip(1) * scale
    w[-1] -= (x @ w).mean(0)
    deviation = (x @ w).std(0)
    weight = w[:-1].T.reshape(dims, channels, 3, 3)
    return weight.float(), w[-1].float(), deviation.float(), {"coarse_r2": explained, "variance_kept": kept}


def install(state: dict, weight, bias, deviation):
    """Puts the readout into the state dict of a student."""
    dims = len(bias)
    lift = LIFT * deviation
    for k in [k for k in state if k.startswith("pixel_head.")]:
        del state[k]
    # Each hidden channel is shifted up by its lift and comes back unchanged through an identity.
    state["pixel_head.conv.weight"] = weight
    state["pixel_head.conv.bias"] = bias + lift
    state["pixel_head.proj.weight"] = torch.eye(dims).view(dims, dims, 1, 1)
    state["pixel_head.proj.bias"] = -lift


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--dims", type=int, default=96)
    p.add_argument("--crops", type=int, default=64)
    p.add_argument("--cache", help="file that keeps the crops for further calls")
    args = p.parse_args()
    torch.set_num_threads(2)
    checkpoint = torch.load(args.checkpoint, map_location="cpu", weights_only=False)
    state = {k: v for k, v in checkpoint["model"].items() if not k.endswith("num_batches_tracked")}
    student = infer_student(state)
    weight, bias, deviation, notes = solve(student, crops(args.data, args.crops, args.cache), args.dims)
    install(state, weight, bias, deviation)
    checkpoint["model"] = state
    checkpoint["readout"] = notes
    torch.save(checkpoint, args.out)
    print(notes)


if __name__ == "__main__":
    main()
