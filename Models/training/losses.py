"""Losses: OLN proposals (IoU and centerness), OLN box head (box and IoU score), distillation.

The assignment of anchors is relative to the best anchor of each object, because a run of an hour on
few images needs more positives than an absolute IoU of 0.7 gives to thin or tiny objects.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from model import ANCHOR_SCALE, anchor_points, box_iou, encode_delta, pool_rois, proposals

RPN_SAMPLES = 96
ROI_SAMPLES = 64
PER_LEVEL = 64


def assign_anchors(points, sides, gt):
    """Per anchor: index of its object, whether it trains boxes, and objectness target (-1: ignored)."""
    x, y = points.unbind(1)
    half = sides / 2
    anchors = torch.stack([x - half, y - half, x + half, y + half], 1)
    n = len(points)
    device = points.device
    target = torch.full((n,), -1.0, device=device)
    if len(gt) == 0:
        target[:] = 0
        return torch.zeros(n, dtype=torch.long, device=device), torch.zeros(n, dtype=torch.bool, device=device), target
    iou = box_iou(anchors, gt)
    left, right = x[:, None] - gt[None, :, 0], gt[None, :, 2] - x[:, None]
    top, bottom = y[:, None] - gt[None, :, 1], gt[None, :, 3] - y[:, None]
    inside = torch.stack([left, right, top, bottom]).amin(0) > 0
    best = iou.amax(0)
    candidate = inside & (iou >= 0.6 * best) & (iou > 0.01)
    # An object that contains no anchor centre takes its nearest anchors.
    orphan = ~candidate.any(0)
    candidate |= (iou >= best * 0.999) & (iou > 0) & orphan
    masked = torch.where(candidate, iou, iou.new_tensor(-1.0))
    value, index = masked.max(1)
    positive = value > 0
    row = torch.arange(n, device=device)
    l, r = left[row, index], right[row, index]
    t, b = top[row, index], bottom[row, index]
    ratio = (torch.minimum(l, r) / torch.maximum(l, r).clamp(min=1e-6)).clamp(0) * (
        torch.minimum(t, b) / torch.maximum(t, b).clamp(min=1e-6)
    ).clamp(0)
    target[iou.amax(1) < 0.1] = 0
    target[positive] = ratio[positive].sqrt()
    return index, positive, target


def _paired_iou(a, b):
    lt, rb = torch.max(a[:, :2], b[:, :2]), torch.min(a[:, 2:], b[:, 2:])
    inter = (rb - lt).clamp(min=0).prod(1)
    area_a = (a[:, 2] - a[:, 0]).clamp(min=0) * (a[:, 3] - a[:, 1]).clamp(min=0)
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return (inter / (area_a + area_b - inter).clamp(min=1e-6)).clamp(min=1e-6)


def _choose(mask, count: int):
    index = mask.nonzero().squeeze(1)
    return index if len(index) <= count else index[torch.randperm(len(index), device=index.device)[:count]]


def rpn_loss(reg, obj, boxes, labelled):
    """Mean IoU loss (times 10, over sampled anchors) and mean absolute centerness error."""
    levels = anchor_points(obj)
    points = torch.cat([p for p, _ in levels])
    sides = torch.cat([torch.full((len(p),), float(ANCHOR_SCALE * s), device=p.device) for p, s in levels])
    n = obj[0].shape[0]
    flat_obj = torch.cat([o.flatten(1) for o in obj], 1).float()
    flat_reg = torch.cat([r.permute(0, 2, 3, 1).reshape(n, -1, 4) for r in reg], 1).float()
    loss_box = loss_obj = flat_obj.sum() * 0
    for i in range(n):
        if not labelled[i]:
            continue
        index, positive, target = assign_anchors(points, sides, boxes[i])
        pos = _choose(positive, RPN_SAMPLES // 2)
        if len(pos):
            t, b, l, r = (flat_reg[i, pos] * sides[pos, None]).unbind(1)
            x, y = points[pos].unbind(1)
            predicted = torch.stack([x - l, y - t, x + r, y + b], 1)
            iou = _paired_iou(predicted, boxes[i][index[pos]])
            # L1 in units of the anchor keeps a gradient when the boxes do not overlap.
            goal = boxes[i][index[pos]]
            want = torch.stack([y - goal[:, 1], goal[:, 3] - y, x - goal[:, 0], goal[:, 2] - x], 1) / sides[pos, None]
            loss_box = (
                loss_box + 10 * (1 - iou).sum() / RPN_SAMPLES + (flat_reg[i, pos] - want).abs().sum() / RPN_SAMPLES
            )
        neg = _choose(~positive & (target == 0), RPN_SAMPLES - len(pos))
        chosen = torch.cat([pos, neg])
        loss_obj = loss_obj + (flat_obj[i, chosen].sigmoid() - target[chosen]).abs().sum() / RPN_SAMPLES
    count = max(1, int(sum(labelled)))
    return loss_box / count, loss_obj / count


def _jitter(gt, copies: int):
    if len(gt) == 0:
        return gt
    g = gt.repeat(copies, 1)
    size = torch.cat([g[:, 2:] - g[:, :2]] * 2, 1)
    return g + size * torch.randn_like(g) * 0.12


def roi_loss(model, levels, reg, obj, boxes, labelled, width: float, height: float):
    """Box regression on proposals with IoU >= 0.5 and IoU scoring on all sampled proposals."""
    pooled, deltas, ious, weights, fits = [], [], [], [], []
    for i in range(obj[0].shape[0]):
        if not labelled[i] or len(boxes[i]) == 0:
            continue
        gt = boxes[i]
        found, _ = proposals(reg, obj, width, height, PER_LEVEL, i)
        rois = torch.cat([gt, _jitter(gt, 4), found])
        rois = rois[(rois[:, 2] - rois[:, 0] > 1) & (rois[:, 3] - rois[:, 1] > 1)]
        iou, index = box_iou(rois, gt).max(1)
        good = _choose(iou >= 0.5, ROI_SAMPLES // 2)
        near = _choose((iou < 0.5) & (iou >= 0.1), ROI_SAMPLES // 4)
        far = _choose(iou < 0.1, ROI_SAMPLES - len(good) - len(near))
        chosen = torch.cat([good, near, far])
        pooled.append(pool_rois(levels, rois[chosen], i))
        deltas.append(encode_delta(rois[chosen], gt[index[chosen]]))
        ious.append(iou[chosen])
        fits.append(iou[chosen] >= 0.5)
        weights.append(torch.where(iou[chosen] < 0.1, 0.5, 1.0))
    if not pooled:
        zero = levels[0].sum() * 0
        return zero, zero
    predicted, score = model.roi_head.bbox_head(torch.cat(pooled))
    ious, fits, weights, deltas = torch.cat(ious), torch.cat(fits), torch.cat(weights), torch.cat(deltas)
    n = len(ious)
    loss_box = (predicted - deltas)[fits].abs().sum() / n
    loss_score = (weights * (score.sigmoid() - ious).abs()).sum() / n
    return loss_box, loss_score


def distillation_loss(predicted, target):
    """Squared error plus cosine distance between student features and projected teacher tokens."""
    predicted, target = predicted.float(), target.float()
    return F.mse_loss(predicted, target) + (1 - F.cosine_similarity(predicted, target, dim=1)).mean()
