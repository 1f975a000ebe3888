"""RoIAlign and non-maximum suppression in plain PyTorch."""

from __future__ import annotations

import torch


def _axis_weights(start, length, bins: int, size: int):
    """Weights [N, bins, size] that average bilinear samples along one axis.

    ``start`` and ``length`` are [N] in feature cells. Each bin takes ceil(length / bins) samples;
    samples outside [-1, size] count as zero, others are clamped to the border.
    """
    count = torch.ceil(length / bins).clamp(min=1)
    k = torch.arange(int(count.max()), device=start.device, dtype=start.dtype)
    b = torch.arange(bins, device=start.device, dtype=start.dtype)
    step = length / bins
    pos = start[:, None, None] + step[:, None, None] * (b[None, :, None] + (k + 0.5) / count[:, None, None])
    weight = ((k < count[:, None, None]) & (pos >= -1) & (pos <= size)).to(start.dtype) / count[:, None, None]
    pos = pos.clamp(0, size - 1)
    cells = torch.arange(size, device=start.device, dtype=start.dtype)
    hat = (1 - (pos[..., None] - cells).abs()).clamp(min=0)
    return (hat * weight[..., None]).sum(2)


def roi_align(feature, rois, bins: int, scale: float):
    """RoIAlign (aligned, adaptive sampling, average) of one image.

    Bilinear sampling on a regular grid is separable, so the whole operation is two products with
    sparse matrices: one for rows, one for columns. ``feature`` is [C, H, W], ``rois`` [N, 4] in
    image pixels (x1, y1, x2, y2). Returns [N, C, bins, bins].
    """
    c, h, w = feature.shape
    x = rois * scale - 0.5
    rows = _axis_weights(x[:, 1], x[:, 3] - x[:, 1], bins, h)
    cols = _axis_weights(x[:, 0], x[:, 2] - x[:, 0], bins, w)
    n = len(rois)
    flat = feature.permute(1, 2, 0).reshape(h, w * c)
    y = (rows.reshape(n * bins, h) @ flat).reshape(n, bins, w, c)
    y = torch.matmul(cols[:, None], y)
    return y.permute(0, 3, 1, 2)


def nms(boxes, scores, threshold: float):
    """Indices kept by greedy suppression (IoU > threshold), best score first."""
    order = scores.argsort(descending=True, stable=True)
    b = boxes[order]
    area = (b[:, 2] - b[:, 0]).clamp(min=0) * (b[:, 3] - b[:, 1]).clamp(min=0)
    lt = torch.max(b[:, None, :2], b[None, :, :2])
    rb = torch.min(b[:, None, 2:], b[None, :, 2:])
    inter = (rb - lt).clamp(min=0).prod(-1)
    over = (inter / (area[:, None] + area[None] - inter).clamp(min=1e-9) > threshold).cpu().numpy()
    alive = torch.ones(len(b), dtype=torch.bool).numpy()
    for i in range(len(b)):
        if alive[i]:
            alive[i + 1 :] &= ~over[i, i + 1 :]
    return order[torch.from_numpy(alive).to(order.device)]
