"""The corners of the calibration boards in space: a picture by which a person judges a calibration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.files import atomic_write
from deeplabcut.core.poses import Array
from deeplabcut.core.triangulation import triangulate_points
from deeplabcut.io.calibration import pair_key

PICTURE = "checkerboard_3d.png"


def compute_triangulation_calibration_images(
    stereo_matrix: Mapping[str, Any],
    projectedPoints1: Sequence[npt.ArrayLike],  # noqa: N803  a public name
    projectedPoints2: Sequence[npt.ArrayLike],  # noqa: N803  a public name
    path_undistort: str | os.PathLike[str],
    cfg_3d: Mapping[str, Any],
    plot: bool = True,
) -> Array:
    """The corners of every pair of calibration images in space, homogeneous: (n_images, 4, n_corners).

    Parameters
    ----------
    stereo_matrix : dict
        A pair of cameras as the stereo file has it (``P1``, ``P2``, ...), or the dict of pairs.
    projectedPoints1, projectedPoints2 : one (n_corners, 2) or (n_corners, 1, 2) array for each image
        Rectified pixels of the corners in either view.
    path_undistort : path
        The folder of the picture.
    cfg_3d : config or dict
        Of the 3D project: names of cameras, colours and markers.
    plot : bool
        Draw the corners into ``checkerboard_3d.png``.
    """
    pair = _pair_in(stereo_matrix, cfg_3d)
    if len(projectedPoints1) != len(projectedPoints2) or not len(projectedPoints1):
        raise InvalidInput(
            f"{len(projectedPoints1)} images of the first camera, {len(projectedPoints2)} of the second.",
            fix="give the corners of the same images in the same order",
        )
    views = zip(projectedPoints1, projectedPoints2, strict=True)
    pixels = [[np.asarray(one, float).reshape(-1, 2).T for one in views_of_image] for views_of_image in views]
    corners = np.stack([triangulate_points(pair["P1"], pair["P2"], first, second) for first, second in pixels])
    if plot:
        _draw(corners, Path(path_undistort) / PICTURE, cfg_3d)
    return corners


def _pair_in(stereo: Mapping[str, Any], cfg_3d: Mapping[str, Any]) -> Mapping[str, Any]:
    if "P1" in stereo:
        return stereo
    cameras = list(cfg_3d["camera_names"])[:2]
    key = pair_key(*cameras)
    if key not in stereo:
        raise InvalidInput(f"There is no pair {key!r} in the stereo calibration; it has: {', '.join(stereo)}.")
    found: Mapping[str, Any] = stereo[key]
    return found


def _draw(corners: Array, path: Path, cfg_3d: Mapping[str, Any]) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6))
    axes: Any = figure.add_subplot(projection="3d")
    colours = matplotlib.colormaps[cfg_3d["colormap"]](np.linspace(0, 1, len(corners)))
    for number, (board, colour) in enumerate(zip(corners, colours, strict=True), 1):
        x, y, z = board[:3]
        axes.plot(x, z, -y, color=colour, linewidth=0.6, alpha=0.5)  # the way along the rows shows bends
        axes.scatter(
            x, z, -y, s=cfg_3d["dotsize"], color=colour, marker=cfg_3d["markerType"], alpha=cfg_3d["alphaValue"],
            label=f"image {number}",
        )  # fmt: skip
    axes.set(xlabel="x (squares)", ylabel="depth z (squares)", zlabel="up, -y (squares)")
    axes.set_title("Corners of the calibration boards, as the first camera sees them")
    axes.set_box_aspect(np.maximum(np.ptp(corners[:, [0, 2, 1]], axis=(0, 2)), 1e-6))
    if len(corners) <= 20:
        axes.legend(loc="center left", bbox_to_anchor=(1.1, 0.5), fontsize="small", frameon=False)
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=150, bbox_inches="tight")
