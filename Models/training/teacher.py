"""The distillation teacher: a plain vision transformer read from a safetensors file.

The file follows the naming of the official DeiT release (``patch_embed.proj.weight``,
``blocks.0.attn.qkv.weight`` ...). Only the forward pass up to a chosen block is provided, because
only patch tokens are needed.
"""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

PATCH = 16
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)


class Teacher:
    """A frozen vision transformer that returns patch tokens after given blocks."""

    def __init__(self, path: str, device: str = "cpu"):
        weights = {k: v.float().to(device) for k, v in load_file(path).items()}
        self.w = weights
        self.depth = 1 + max(int(m.group(1)) for k in weights if (m := re.match(r"blocks\.(\d+)\.", k)))
        self.dim = weights["cls_token"].shape[-1]
        self.heads = self.dim // 64
        self._positions: dict[tuple[int, int], torch.Tensor] = {}

    def _position(self, h: int, w: int) -> torch.Tensor:
        if (h, w) not in self._positions:
            pos = self.w["pos_embed"]
            prefix = self.w["cls_token"].shape[1]
            side = int((pos.shape[1] - prefix) ** 0.5)
            grid = pos[:, prefix:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
            grid = F.interpolate(grid, size=(h, w), mode="bicubic", align_corners=False)
            grid = grid.permute(0, 2, 3, 1).reshape(1, h * w, -1)
            self._positions[(h, w)] = torch.cat([pos[:, :prefix], grid], dim=1)
        return self._positions[(h, w)]

    @torch.no_grad()
    def tokens(self, x: torch.Tensor, layers: list[int]) -> list[torch.Tensor]:
        """Patch tokens after the given 1-based blocks.

        ``x`` is [N, 3, H, W], normalised, H and W multiples of 16. Returns one [N, D, H/16, W/16]
        tensor per layer. Layer 0 is not available.
        """
        w = self.w
        n = x.shape[0]
        t = F.conv2d(x, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=PATCH)
        gh, gw = t.shape[-2:]
        t = t.flatten(2).transpose(1, 2)
        t = torch.cat([w["cls_token"].expand(n, -1, -1), t], dim=1) + self._position(gh, gw)
        out: dict[int, torch.Tensor] = {}
        for i in range(max(layers)):
            p = f"blocks.{i}."
            y = F.layer_norm(t, (self.dim,), w[p + "norm1.weight"], w[p + "norm1.bias"], 1e-6)
            qkv = F.linear(y, w[p + "attn.qkv.weight"], w[p + "attn.qkv.bias"])
            q, k, v = qkv.reshape(n, -1, 3, self.heads, 64).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, v)
            y = y.transpose(1, 2).reshape(n, -1, self.dim)
            t = t + F.linear(y, w[p + "attn.proj.weight"], w[p + "attn.proj.bias"])
            y = F.layer_norm(t, (self.dim,), w[p + "norm2.weight"], w[p + "norm2.bias"], 1e-6)
            y = F.gelu(F.linear(y, w[p + "mlp.fc1.weight"], w[p + "mlp.fc1.bias"]))
            t = t + F.linear(y, w[p + "mlp.fc2.weight"], w[p + "mlp.fc2.bias"])
            if i + 1 in layers:
                out[i + 1] = t[:, 1:].transpose(1, 2).reshape(n, self.dim, gh, gw)
        return [out[i] for i in layers]
