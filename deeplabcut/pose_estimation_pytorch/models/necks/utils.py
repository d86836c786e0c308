"""Where a token stands in an image, as numbers that a network can use."""

from __future__ import annotations

import math

import torch


def make_sine_position_embedding(
    h: int, w: int, d_model: int, temperature: int = 10000, scale: float = 2 * math.pi
) -> torch.Tensor:
    """Sines and cosines of many wavelengths, (1, h * w, d_model): the first half of row, the second of column."""
    n = d_model // 2
    index = torch.arange(n)
    wavelength = temperature ** (2 * (index // 2).float() / n)

    def waves(length: int) -> torch.Tensor:
        position = torch.arange(1, length + 1) / (length + 1e-6) * scale
        phase = position[:, None] / wavelength
        return torch.where(index % 2 == 0, phase.sin(), phase.cos())

    rows, columns = waves(h)[:, None].expand(h, w, n), waves(w)[None].expand(h, w, n)
    return torch.cat([rows, columns], dim=-1).reshape(1, h * w, 2 * n)
