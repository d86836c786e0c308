"""Colours for names: spread over a colour map, the same for the same number of things."""

from __future__ import annotations

import numpy as np

from deeplabcut.core.poses import Array


def spread(n: int, colormap: str = "rainbow") -> Array:
    """``n`` RGB colours (n, 3) uint8, evenly spaced over a matplotlib colour map."""
    from matplotlib import colormaps

    rgba = colormaps[colormap](np.linspace(0, 1, max(n, 1)))[:n]
    return np.round(np.asarray(rgba)[:, :3] * 255).astype(np.uint8)
