"""Colours for names: spread over a colour map, the same for the same number of things."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.core.text import printable

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_DARK, _BRIGHT = (15, 15, 15), (245, 245, 245)


def spread(n: int, colormap: str = "rainbow") -> Array:
    """``n`` RGB colours (n, 3) uint8, evenly spaced over a matplotlib colour map."""
    from matplotlib import colormaps

    rgba = colormaps[colormap](np.linspace(0, 1, max(n, 1)))[:n]
    return np.round(np.asarray(rgba)[:, :3] * 255).astype(np.uint8)


def named(colormap: str, n: int) -> Array:
    """`spread` over the colour map that a person named; an unknown name is an error with the nearest known ones."""
    from matplotlib import colormaps

    if colormap not in colormaps:
        raise _unknown("colour map", "colormap", colormap, colormaps)
    return spread(n, colormap)


def color(name: str) -> Array:
    """The RGB colour (3,) uint8 that matplotlib knows as ``name``: a word, a letter or ``#rrggbb``."""
    from matplotlib import colors

    try:
        rgb = colors.to_rgb(name)
    except ValueError:
        raise _unknown("colour", "skeleton_color", name, [*colors.CSS4_COLORS, *colors.BASE_COLORS]) from None
    return np.round(np.asarray(rgb) * 255).astype(np.uint8)


def contrast(shades: npt.ArrayLike) -> Array:
    """The outline in which each RGB colour (..., 3) stands out on any ground: dark for bright, bright for dark."""
    bright = (np.asarray(shades, float) / 255) ** 2.2 @ _LUMINANCE > 0.18
    return np.where(bright[..., None], _DARK, _BRIGHT).astype(np.uint8)


def _unknown(what: str, key: str, name: str, known: Iterable[str]) -> InvalidInput:
    near = difflib.get_close_matches(str(name), list(known), n=4, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "matplotlib's names are known, for example rainbow or red"
    return InvalidInput(f"There is no {what} {printable(str(name)[:80])!r}.", where=key, fix=hint)
