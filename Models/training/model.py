"""Student network: ResNet + FPN, an OLN proposal and box head, and a pixel-feature head.

Module names follow torchvision (backbone) and mmcv (neck and heads), because the inference engine
reads the shapes and the architecture from the tensor names of the exported file.
"""

from __future__ import annotations

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from ops import nms, roi_align

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
STRIDES = (4, 8, 16, 32, 64)
ANCHOR_SCALE = 8
DELTA_STD = (0.1, 0.1, 0.2, 0.2)
MAX_RATIO = abs(math.log(16 / 1000))


class BasicBlock(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Returns C2, C3, C4, C5 (strides 4, 8, 16, 32)."""

    def __init__(self, widths=(32, 64, 128, 256), layers=(2, 2, 2, 2)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        cin = widths[0]
        for i, (width, count) in enumerate(zip(widths, layers)):
            blocks = []
            for b in range(count):
                blocks.append(BasicBlock(cin, width, 2 if i > 0 and b == 0 else 1))
                cin = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        out = []
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
            out.append(x)
        return out


class ConvModule(nn.Module):
    def __init__(self, cin: int, cout: int, k: int):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, padding=k // 2)
        nn.init.xavier_uniform_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, x):
        return self.conv(x)


class FPN(nn.Module):
    """Returns P2..P6. Nearest up-sampling to the exact size; P6 is every second cell of P5."""

    def __init__(self, widths, channels: int):
        super().__init__()
        self.lateral_convs = nn.ModuleList(ConvModule(w, channels, 1) for w in widths)
        self.fpn_convs = nn.ModuleList(ConvModule(channels, channels, 3) for _ in widths)

    def forward(self, c):
        lat = [m(x) for m, x in zip(self.lateral_convs, c)]
        for i in range(3, 0, -1):
            lat[i - 1] = lat[i - 1] + F.interpolate(lat[i], size=lat[i - 1].shape[-2:], mode="nearest")
        p = [m(x) for m, x in zip(self.fpn_convs, lat)]
        p.append(p[3][:, :, ::2, ::2])
        return p


class RPNHead(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.rpn_conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.rpn_reg = nn.Conv2d(channels, 4, 1)
        self.rpn_obj = nn.Conv2d(channels, 1, 1)
        for m in (self.rpn_conv, self.rpn_reg, self.rpn_obj):
            nn.init.normal_(m.weight, std=0.01)
            nn.init.zeros_(m.bias)
        # The regression starts at the anchor itself (distance of half a side in each direction).
        nn.init.constant_(self.rpn_reg.bias, 0.5)

    def forward(self, levels):
        reg, obj = [], []
        for x in levels:
            h = F.relu(self.rpn_conv(x))
            h = F.normalize(h.float(), dim=1, eps=1e-12).to(h.dtype)
            reg.append(self.rpn_reg(h))
            obj.append(self.rpn_obj(h))
        return reg, obj


class BBoxHead(nn.Module):
    def __init__(self, channels: int, width: int):
        super().__init__()
        self.shared_fcs = nn.ModuleList([nn.Linear(channels * 49, width), nn.Linear(width, width)])
        self.fc_reg = nn.Linear(width, 4)
        self.fc_bbox_score = nn.Linear(width, 1)
        nn.init.normal_(self.fc_reg.weight, std=0.001)
        nn.init.zeros_(self.fc_reg.bias)
        nn.init.normal_(self.fc_bbox_score.weight, std=0.01)
        nn.init.zeros_(self.fc_bbox_score.bias)

    def forward(self, pooled):
        v = pooled.flatten(1)
        for fc in self.shared_fcs:
            v = F.relu(fc(v))
        return self.fc_reg(v), self.fc_bbox_score(v).squeeze(1)


class RoIHead(nn.Module):
    def __init__(self, channels: int, width: int):
        super().__init__()
        self.bbox_head = BBoxHead(channels, width)


class PixelHead(nn.Module):
    def __init__(self, channels: int, middle: int, out: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, middle, 3, padding=1)
        self.proj = nn.Conv2d(middle, out, 1)
        for m in (self.conv, self.proj):
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)

    def forward(self, p3):
        return self.proj(F.relu(self.conv(p3)))


class Student(nn.Module):
    def __init__(self, widths=(32, 64, 128, 256), layers=(2, 2, 2, 2), channels=64, fc=256, middle=96, out=96):
        super().__init__()
        self.backbone = ResNet(widths, layers)
        self.neck = FPN(widths, channels)
        self.rpn_head = RPNHead(channels)
        self.roi_head = RoIHead(channels, fc)
        self.pixel_head = PixelHead(channels, middle, out)

    def forward(self, x):
        """Returns (P2..P6, pixel features, rpn_reg, rpn_obj) for a normalised, padded batch."""
        levels = self.neck(self.backbone(x))
        reg, obj = self.rpn_head(levels)
        return levels, self.pixel_head(levels[1]), reg, obj


# --- geometry -------------------------------------------------------------------------------------


def anchor_points(levels):
    """Per level: centres [H*W, 2] (x, y at the cell corner, row-major) and the stride."""
    out = []
    for x, s in zip(levels, STRIDES):
        h, w = x.shape[-2:]
        ys, xs = torch.meshgrid(torch.arange(h) * s, torch.arange(w) * s, indexing="ij")
        out.append((torch.stack([xs.flatten(), ys.flatten()], 1).float().to(x.device), s))
    return out


def decode_tblr(points, stride: int, tblr):
    """Boxes from (top, bottom, left, right) distances in units of the anchor's side."""
    side = ANCHOR_SCALE * stride
    t, b, l, r = (tblr * side).unbind(-1)
    x, y = points.unbind(-1)
    return torch.stack([x - l, y - t, x + r, y + b], -1)


def clip_boxes(boxes, width: float, height: float):
    x1, y1, x2, y2 = boxes.unbind(-1)
    return torch.stack([x1.clamp(0, width), y1.clamp(0, height), x2.clamp(0, width), y2.clamp(0, height)], -1)


def decode_delta(rois, deltas):
    """DeltaXYWH decoding with the standard deviations of the box head."""
    d = deltas * deltas.new_tensor(DELTA_STD)
    w, h = rois[:, 2] - rois[:, 0], rois[:, 3] - rois[:, 1]
    cx, cy = (rois[:, 0] + rois[:, 2]) / 2, (rois[:, 1] + rois[:, 3]) / 2
    cx, cy = cx + d[:, 0] * w, cy + d[:, 1] * h
    w = w * d[:, 2].clamp(-MAX_RATIO, MAX_RATIO).exp()
    h = h * d[:, 3].clamp(-MAX_RATIO, MAX_RATIO).exp()
    return torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], 1)


def encode_delta(rois, gt):
    rw, rh = (rois[:, 2] - rois[:, 0]).clamp(min=1e-3), (rois[:, 3] - rois[:, 1]).clamp(min=1e-3)
    gw, gh = (gt[:, 2] - gt[:, 0]).clamp(min=1e-3), (gt[:, 3] - gt[:, 1]).clamp(min=1e-3)
    d = torch.stack(
        [
            ((gt[:, 0] + gt[:, 2]) - (rois[:, 0] + rois[:, 2])) / 2 / rw,
            ((gt[:, 1] + gt[:, 3]) - (rois[:, 1] + rois[:, 3])) / 2 / rh,
            (gw / rw).log(),
            (gh / rh).log(),
        ],
        1,
    )
    return d / d.new_tensor(DELTA_STD)


def box_iou(a, b):
    area_a = (a[:, 2] - a[:, 0]).clamp(min=0) * (a[:, 3] - a[:, 1]).clamp(min=0)
    area_b = (b[:, 2] - b[:, 0]).clamp(min=0) * (b[:, 3] - b[:, 1]).clamp(min=0)
    lt = torch.max(a[:, None, :2], b[None, :, :2])
    rb = torch.min(a[:, None, 2:], b[None, :, 2:])
    wh = (rb - lt).clamp(min=0)
    inter = wh[..., 0] * wh[..., 1]
    return inter / (area_a[:, None] + area_b[None] - inter).clamp(min=1e-6)


def roi_levels(rois):
    """P2..P5 index (0..3) of each box [N, 4]."""
    scale = ((rois[:, 2] - rois[:, 0]) * (rois[:, 3] - rois[:, 1])).clamp(min=0).sqrt()
    return torch.floor(torch.log2(scale / 56 + 1e-6)).clamp(0, 3).long()


def pool_rois(levels, rois, index: int):
    """RoIAlign 7x7 of the boxes [N, 4] of image ``index``, each from its level: [N, C, 7, 7]."""
    which = roi_levels(rois)
    parts, order = [], []
    for k in range(4):
        sel = (which == k).nonzero().squeeze(1)
        if len(sel):
            parts.append(roi_align(levels[k][index].float(), rois[sel], 7, 1 / STRIDES[k]))
            order.append(sel)
    if not parts:
        return levels[0].new_zeros(0, levels[0].shape[1], 7, 7)
    return torch.cat(parts)[torch.cat(order).argsort()]


@torch.no_grad()
def proposals(reg, obj, width: float, height: float, per_level: int, index: int):
    """Top proposals of each level of one image: boxes [N, 4] clipped to the image, objectness [N]."""
    boxes, scores = [], []
    for (points, stride), r, o in zip(anchor_points(obj), reg, obj):
        o = o[index, 0].flatten().float().sigmoid()
        r = r[index].permute(1, 2, 0).reshape(-1, 4).float()
        if len(o) > per_level:
            o, keep = o.topk(per_level)
            r, points = r[keep], points[keep]
        boxes.append(clip_boxes(decode_tblr(points, stride, r), width, height))
        scores.append(o)
    return torch.cat(boxes), torch.cat(scores)


@torch.no_grad()
def detect(model: Student, x, width: float, height: float, per_level=100, score_thr=0.05, nms_iou=0.5, limit=100):
    """Detections of a single padded image [1, 3, H, W]: boxes [N, 4] and scores [N], best first."""
    levels, pixels, reg, obj = model(x)
    boxes, o = proposals(reg, obj, width, height, per_level, 0)
    valid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, o = boxes[valid], o[valid]
    pooled = pool_rois(levels, boxes, 0)
    deltas, b = model.roi_head.bbox_head(pooled)
    refined = clip_boxes(decode_delta(boxes, deltas.float()), width, height)
    score = (o * b.float().sigmoid()).sqrt()
    keep = score > score_thr
    refined, score = refined[keep], score[keep]
    order = nms(refined, score, nms_iou)[:limit]
    return refined[order], score[order], pixels
