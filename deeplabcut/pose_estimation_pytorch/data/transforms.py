"""Augmentation from a configuration: the section ``data.train`` or ``data.inference`` becomes a chain of steps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.boxes import RandomBBoxTransform
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step, Transform
from deeplabcut.pose_estimation_pytorch.data.augmentation.covering import CoarseDropout
from deeplabcut.pose_estimation_pytorch.data.augmentation.cropping import KeypointAwareCrop
from deeplabcut.pose_estimation_pytorch.data.augmentation.elastic import ElasticTransform
from deeplabcut.pose_estimation_pytorch.data.augmentation.geometric import (
    Affine,
    HFlip,
    KeepAspectRatioResize,
    LongestMaxSize,
    PadIfNeeded,
    Resize,
)
from deeplabcut.pose_estimation_pytorch.data.augmentation.pixels import (
    Equalize,
    GaussianNoise,
    Grayscale,
    MotionBlur,
    Normalize,
    ScaleToUnitRange,
)
from deeplabcut.pose_estimation_pytorch.data.augmentation.user import UserTransform, as_transform

__all__ = [
    "Affine", "CoarseDropout", "ElasticTransform", "Equalize", "GaussianNoise", "Grayscale", "HFlip",
    "KeepAspectRatioResize", "KeypointAwareCrop", "LongestMaxSize", "MotionBlur", "Normalize", "PadIfNeeded",
    "RandomBBoxTransform", "Resize", "ScaleToUnitRange", "Step", "Transform", "UserTransform", "as_transform",
    "build_auto_padding", "build_resize_transforms", "build_transforms",
]  # fmt: skip

logger = logging.getLogger(__name__)

READ_ELSEWHERE = ("top_down_crop", "collate")
_COVERING = {"max_holes": 10, "max_height": 0.05, "max_width": 0.05, "min_height": 0.01, "min_width": 0.01}


def build_transforms(augmentations: Mapping[str, Any] | None, *, seed: int | None = None) -> Transform:
    """The chain of steps that a section of the configuration asks for.

    Steps come in a fixed order, whatever that of the keys. A key that is missing, null or false adds none.

    Parameters
    ----------
    augmentations : the section, a dict or a config; None asks for nothing.
    seed : where the chances begin; torch's seed if None.
    """
    content = {} if augmentations is None else _content(augmentations)
    steps: list[Step] = []
    for key, build in _BUILDERS.items():
        value = content.get(key)
        if value is None or value is False or value == {} or (value == 0 and not isinstance(value, str)):
            continue
        try:
            steps += build(value)
        except settings.InvalidSetting as error:
            raise (error if error.where == key else error.under(key)) from None
    if not any(step.is_random for step in steps if not isinstance(step, PadIfNeeded)):
        steps = _repeatable(steps, content.get("auto_padding"))
    return Transform(steps, seed=seed)


def build_auto_padding(
    min_height: int | None = None,
    min_width: int | None = None,
    pad_height_divisor: int | None = 1,
    pad_width_divisor: int | None = 1,
    position: str = "random",
    border_mode: str = "reflect_101",
    border_value: float | None = None,
    border_mask_value: float | None = None,
) -> PadIfNeeded:
    """The step that enlarges images to a least size, or to sides that a number divides.

    Parameters
    ----------
    min_height, min_width : px; a side with a least size has no divisor.
    pad_height_divisor, pad_width_divisor : what divides the sides.
    position : where the image lies: center, top_left, top_right, bottom_left, bottom_right or random.
    border_mode : constant or reflect_101.
    border_value : gray level of a constant border.
    border_mask_value : has no effect; masks are not used.
    """
    return PadIfNeeded(
        min_height=min_height,
        min_width=min_width,
        pad_height_divisor=None if min_height is not None and pad_height_divisor == 1 else pad_height_divisor,
        pad_width_divisor=None if min_width is not None and pad_width_divisor == 1 else pad_width_divisor,
        position=position,
        border_mode=border_mode,
        border_value=border_value,
    )


def build_resize_transforms(resize_cfg: Mapping[str, Any]) -> list[Step]:
    """The steps that bring images to ``height`` x ``width``: with ``keep_ratio`` (as by default) scaled and padded.

    The padding is black and lies to the right and below.
    """
    resize = settings.mapping("resize", resize_cfg, ("height", "width", "keep_ratio"), ("height", "width"))
    height, width = resize["height"], resize["width"]
    if not resize.get("keep_ratio", True):
        return [Resize(width=width, height=height)]
    fitted = KeepAspectRatioResize(width=width, height=height, mode="pad")
    return [fitted, PadIfNeeded(height, width, position="top_left", border_mode="constant")]


def _content(augmentations: Any) -> dict[str, Any]:
    """The keys of a section; those that nobody knows are mentioned."""
    content = augmentations.to_dict() if hasattr(augmentations, "to_dict") else augmentations
    if not isinstance(content, Mapping):
        raise InvalidInput(
            f"Augmentation is {type(content).__name__}.", fix=f"give a dict with keys of {', '.join(_BUILDERS)}"
        )
    known = [*_BUILDERS, *READ_ELSEWHERE]
    for key in content:
        if key not in known and not hasattr(augmentations, "to_dict"):  # a config has mentioned it itself
            near = get_close_matches(str(key), known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" The keys are {', '.join(known)}."
            logger.warning("There is no augmentation %r; it has no effect.%s", key, hint)
    return dict(content)


def _repeatable(steps: list[Step], padding: Any) -> list[Step]:
    """The steps of a chain without chance, as for inference: padding lies at a fixed side unless asked otherwise."""
    if not isinstance(padding, Mapping) or padding.get("position") is not None:
        return steps
    fixed = _padding(dict(padding) | {"position": "top_left"})
    return [fixed[0] if isinstance(step, PadIfNeeded) and step.draws else step for step in steps]


# ----- one builder per key, in the order of application


def _longest(value: Any) -> list[Step]:
    name = "longest_max_size"
    if isinstance(value, Mapping):
        return [LongestMaxSize(**settings.mapping(name, value, ("max_size", "p"), ("max_size",)))]
    return [LongestMaxSize(settings.whole(name, value, 1))]


def _hflip(value: Any) -> list[Step]:
    if isinstance(value, Mapping):
        options = settings.mapping("hflip", value, ("p", "symmetries"))
        p, symmetries = options.get("p", 0.5), options.get("symmetries", ())
    else:
        p, symmetries = (0.5 if value is True else settings.number("hflip", value, 0, 1)), ()
    if not symmetries:
        logger.warning(
            "Images are mirrored, and no symmetric bodyparts are named: left and right ones keep their names. "
            "Name the pairs with hflip: {p: %g, symmetries: [[0, 1]]} if there are any.",
            p if isinstance(p, float) else 0.5,
        )
    return [HFlip(symmetries=symmetries, p=p)]


def _affine(value: Any) -> list[Step]:
    options = settings.mapping("affine", value, ("p", "rotation", "scaling", "translation"))
    return [Affine(**options)]


def _boxes(value: Any) -> list[Step]:
    allowed = ("shift_factor", "shift_prob", "scale_factor", "scale_prob", "sampling", "p")
    options = {} if value is True else settings.mapping("random_bbox_transform", value, allowed)
    return [RandomBBoxTransform(**({"scale_factor": (0.75, 1.25)} | options))]


def _crop(value: Any) -> list[Step]:
    allowed = ("width", "height", "max_shift", "method")
    options = settings.mapping("crop_sampling", value, allowed, ("width", "height"))
    method = options.pop("method", "hybrid")
    try:
        return [KeypointAwareCrop(**options, crop_sampling=method)]
    except settings.InvalidSetting as error:
        error.where = "method" if error.where == "crop_sampling" else error.where
        raise


def _padding(value: Any) -> list[Step]:
    allowed = (
        "min_height", "min_width", "pad_height_divisor", "pad_width_divisor", "position", "border_mode",
        "border_value", "border_mask_value",
    )  # fmt: skip
    return [build_auto_padding(**settings.mapping("auto_padding", value, allowed))]


def _noise(value: Any) -> list[Step]:
    if value is True:
        return [GaussianNoise()]
    if isinstance(value, Mapping):
        return [_switched("gaussian_noise", GaussianNoise, value)]
    return [GaussianNoise(std=settings.number("gaussian_noise", value, 0))]


def _switched(key: str, part: type[Step], value: Any, **defaults: Any) -> Step:
    """The step with its usual settings, where ``value`` is true, or with those that it names."""
    if value is True:
        return part(**defaults)
    if not isinstance(value, Mapping):
        raise settings.wrong(key, value, "true, false or a dict of settings")
    return part(**(defaults | settings.mapping(key, value, [one.name for one in fields(part)])))  # type: ignore[arg-type]


def _covering(value: Any) -> list[Step]:
    given = value if isinstance(value, Mapping) else {}
    kept = {name: one for name, one in _COVERING.items() if name.replace("min_", "max_") not in given or name in given}
    return [_switched("covering", CoarseDropout, value, **kept)]


def _normalize(value: Any) -> list[Step]:
    options = {} if value is True else settings.mapping("normalize_images", value, ("mean", "std"))
    return [Normalize(**options)]


_BUILDERS: dict[str, Callable[[Any], list[Step]]] = {
    "resize": build_resize_transforms,
    "longest_max_size": _longest,
    "hflip": _hflip,
    "affine": _affine,
    "random_bbox_transform": _boxes,
    "crop_sampling": _crop,
    "hist_eq": lambda value: [_switched("hist_eq", Equalize, value)],
    "motion_blur": lambda value: [_switched("motion_blur", MotionBlur, value)],
    "covering": _covering,
    "elastic_transform": lambda value: [_switched("elastic_transform", ElasticTransform, value)],
    "grayscale": lambda value: [_switched("grayscale", Grayscale, value, alpha=(0.5, 1.0))],
    "gaussian_noise": _noise,
    "auto_padding": _padding,
    "normalize_images": _normalize,
    "scale_to_unit_range": lambda value: [_switched("scale_to_unit_range", ScaleToUnitRange, value)],
}
