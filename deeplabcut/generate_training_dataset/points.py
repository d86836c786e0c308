"""Labelled points that cannot be right: beyond the edge of the image, without end, x and y exchanged, odd limbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from deeplabcut.core.poses import SINGLE, Annotations, Array, ImageKey
from deeplabcut.core.skeleton import limb_outliers, steady_bones
from deeplabcut.generate_training_dataset.findings import Finding

_FAR = 0.5  # of the longer side of the image
_MIN_SWAPPED = 3

Origin = Mapping[ImageKey, tuple[str, int]]


@dataclass(frozen=True)
class OddLimb:
    """A limb whose length is far from what it usually is: one of its ends is likely to be misplaced."""

    key: ImageKey
    individual: str
    ends: tuple[str, str]
    length_px: float
    usual_px: float

    @property
    def image(self) -> str:
        """The folder and the file of the image."""
        return "/".join(self.key[-2:])

    @property
    def bone(self) -> str:
        """The limb by name, with the animal where there are several."""
        return f"{self.individual} {'-'.join(self.ends)}".lstrip()

    def __str__(self) -> str:
        return f"{self.image}: {self.bone} is {self.length_px:.1f} px long, usually {self.usual_px:.1f} px"


def odd_limbs(labels: Annotations) -> list[OddLimb]:
    """Limbs of unusual length; without a skeleton, distances of near bodyparts that hardly vary."""
    plan = labels.plan
    bones = plan.bones or steady_bones(labels.xy)
    limbs = limb_outliers(labels.xy, bones)
    return [
        OddLimb(
            labels.images[image], plan.individuals[who] if plan.is_multi else "",
            (plan.bodyparts[bones[bone][0]], plan.bodyparts[bones[bone][1]]),
            float(limbs.length_px[image, who, bone]), float(limbs.usual_px[bone]),
        )
        for image, who, bone in np.argwhere(limbs.odd).tolist()
    ]  # fmt: skip


def limb_findings(labels: Annotations, origin: Origin) -> Iterator[Finding]:
    """The limbs of unusual length, with file and row."""
    for limb in odd_limbs(labels):
        file, row = origin[limb.key]
        start, end = limb.ends
        what = f"{start} and {end} are {limb.length_px:.0f} px apart, in the other images about {limb.usual_px:.0f} px."
        yield Finding("limb-odd", what, "look whether both are where they belong", file=file, row=row,
                      image="/".join(limb.key), individual=limb.individual, bodypart=start)  # fmt: skip


def point_findings(labels: Annotations, sizes: Array, origin: Origin) -> Iterator[Finding]:
    """What is odd about single images and points; ``sizes`` is (n_images, 3), zeros where nothing is known.

    The rule for points is that of the files: a point on the first pixel or beyond the last one is left out.
    """
    names = _names(labels)
    points = labels_as_points(labels)

    def at(i: int, point: int) -> dict[str, str | int]:
        file, row = origin[labels.images[i]]
        individual, bodypart = names[point]
        return {"file": file, "row": row, "image": "/".join(labels.images[i]), "individual": individual,
                "bodypart": bodypart}  # fmt: skip

    def findings(code: str, which: Array, what: str, fix: str, severity: str = "warning") -> Iterator[Finding]:
        for i, point in np.argwhere(which).tolist():
            (x, y), (_, height, width) = points[i, point].tolist(), sizes[i].tolist()
            text = what.format(x=x, y=y, size=f"{width}x{height}")
            yield Finding(code, text, fix, severity, **at(i, point))  # type: ignore[arg-type]

    if names and labels.labeled.any():
        for i in np.flatnonzero(~labels.labeled).tolist():
            file, row = origin[labels.images[i]]
            yield Finding("image-unlabeled", "The image has no label.",
                          "label it, or deeplabcut.dropunlabeledframes(config)", file=file, row=row,
                          image="/".join(labels.images[i]))  # fmt: skip
    infinite = np.asarray(np.isinf(points).any(axis=-1))
    halved = np.asarray(np.isnan(points).sum(axis=-1) == 1)
    yield from findings("point-infinite", infinite, "The point ({x:g}, {y:g}) is nowhere.", "label it again", "error")
    yield from findings("point-halved", halved,
                        "The point ({x:g}, {y:g}) has only one coordinate; it counts as not labelled.",
                        "label it again")  # fmt: skip
    beyond = beyond_px(points, sizes)
    swapped = (beyond > 0) & (beyond_px(points[..., ::-1], sizes) <= 0)
    far = beyond > _FAR * sizes[:, 1:].max(axis=1, initial=0)[:, None]
    yield from _swapped_folders(labels, beyond > 0, swapped, origin)
    left_out = "The point ({x:g}, {y:g}) lies {where} the image of {size}; the training set leaves it out."
    for code, which, where in (("point-far-outside", far, "far outside of"),
                               ("point-outside", (beyond > 0) & ~far, "on the edge or outside of")):  # fmt: skip
        yield from findings(
            code, which, left_out.replace("{where}", where), "move it to where it belongs, or remove it"
        )


def labels_as_points(labels: Annotations) -> Array:
    """All points of each image, (n_images, n_points, 2): one individual after the other, then what is unique."""
    n_individuals, n_bodyparts = labels.xy.shape[1:3]
    own = labels.xy.reshape(len(labels), n_individuals * n_bodyparts, 2)
    return np.concatenate([own, labels.unique_xy], axis=1)


def beyond_px(points: Array, sizes: Array) -> Array:
    """How far points (n_images, n_points, 2) are from being inside of their image; 0 or less if they are, or unknown.

    Inside is ``0 < x < width`` and ``0 < y < height``; a point on the very edge is a tiny bit beyond.
    """
    ends = sizes[:, None, [2, 1]].astype(float)
    tiny = 1e-9
    with np.errstate(invalid="ignore"):
        past = np.maximum(np.where(points <= 0, tiny - points, 0), np.where(points >= ends, points - ends + tiny, 0))
    known = np.isfinite(points).all(axis=-1) & (sizes[:, 1] > 0)[:, None]
    return np.asarray(np.where(known, np.where(known[..., None], past, 0).max(axis=-1, initial=0), 0))


def _swapped_folders(labels: Annotations, outside: Array, swapped: Array, origin: Origin) -> Iterator[Finding]:
    """Files of which most points outside would be inside if x and y changed places."""
    files = np.array([origin[key][0] for key in labels.images])
    for file in dict.fromkeys(files.tolist()):
        n_outside, n_swapped = (int(which[files == file].sum()) for which in (outside, swapped))
        if n_swapped >= max(_MIN_SWAPPED, n_outside / 2):
            yield Finding("axes-swapped",
                          f"{n_swapped} points outside of their images would be inside if x and y changed places.",
                          "check the order of the columns of the file", file=file)  # fmt: skip


def _names(labels: Annotations) -> list[tuple[str, str]]:
    """(individual, bodypart) of each point, in the order of ``xy`` and then ``unique_xy``."""
    plan = labels.plan
    own = [(who, part) for who in plan.individuals or ("",) for part in plan.bodyparts]
    return own + [(SINGLE, part) for part in plan.unique]
