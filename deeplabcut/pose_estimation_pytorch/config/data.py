"""The ``data`` section: how images are loaded, changed and collected."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake, contradictions, expected
from deeplabcut.core.config.validation import (
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    Number,
    StrictPositiveInt,
    Text,
    TruthValue,
    as_bool,
    as_float,
    as_int,
    as_list,
)
from deeplabcut.pose_estimation_pytorch.config.enums import _Name
from deeplabcut.pose_estimation_pytorch.config.parts import check_part
from deeplabcut.pose_estimation_pytorch.config.written import Keys, as_written

COLOR_MODES = ("RGB", "BGR", "GRAY")


class DataLoaderType(_Name):
    """Where labels come from: a DeepLabCut project, or COCO files."""

    DLCLoader = "DLCLoader"
    COCOLoader = "COCOLoader"


class DLCLoaderConfig(DLCBaseConfig):
    """Labels of a shuffle of a project."""

    type: Literal[DataLoaderType.DLCLoader]
    config: str | dict[str, Any]
    trainset_index: NonNegativeInt = 0
    shuffle: NonNegativeInt = 0
    modelprefix: Text = ""


class COCOLoaderConfig(DLCBaseConfig):
    """Labels in COCO files."""

    type: Literal[DataLoaderType.COCOLoader]


# ----- transformations


def _ordered(pair: Any) -> Any:
    if len(pair) != 2 or pair[0] > pair[1]:
        raise expected("two numbers, the smaller one first")
    return pair


def _range(value: Any, info: ValidationInfo) -> Any:
    return as_list(value) if isinstance(value, (list, tuple)) or hasattr(value, "tolist") else as_float(value, info)


Pair = Annotated[list[Number], AfterValidator(_ordered), BeforeValidator(as_list)]
Range = Annotated[float | Pair, BeforeValidator(_range)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(as_float)]


class _Resize(Keys):
    height: StrictPositiveInt
    width: StrictPositiveInt
    keep_ratio: TruthValue | None = None


class _LongestMaxSize(Keys):
    max_size: StrictPositiveInt | None = None
    p: Fraction | None = None


class _HFlip(Keys):
    p: Fraction | None = None
    symmetries: list[tuple[NonNegativeInt, NonNegativeInt]] | None = None


class _Affine(Keys):
    p: Fraction | None = None
    rotation: Range | None = None
    scaling: Range | None = None
    translation: Range | None = None


class _RandomBboxTransform(Keys):
    shift_factor: Amount | None = None
    shift_prob: Fraction | None = None
    scale_factor: Pair | None = None
    scale_prob: Fraction | None = None
    p: Fraction | None = None


class _CropSampling(Keys):
    width: StrictPositiveInt
    height: StrictPositiveInt
    max_shift: Fraction | None = None
    method: Literal["uniform", "keypoints", "density", "hybrid"] | None = None


class _AutoPadding(Keys):
    min_height: StrictPositiveInt | None = None
    min_width: StrictPositiveInt | None = None
    pad_height_divisor: StrictPositiveInt | None = None
    pad_width_divisor: StrictPositiveInt | None = None
    position: Literal["center", "top_left", "top_right", "bottom_left", "bottom_right", "random"] | None = None
    border_mode: Literal["constant", "reflect_101"] | None = None
    border_value: Any = None
    border_mask_value: Any = None

    @model_validator(mode="after")
    def _one_rule_per_side(self) -> _AutoPadding:
        both = [side for side in ("height", "width")
                if getattr(self, f"min_{side}") and getattr(self, f"pad_{side}_divisor")]  # fmt: skip
        if both:
            raise contradictions(
                Mistake((f"min_{side}",), getattr(self, f"min_{side}"), f"either min_{side} or pad_{side}_divisor")
                for side in both
            )
        return self


class _TopDownCrop(Keys):
    width: StrictPositiveInt | None = None
    height: StrictPositiveInt | None = None
    margin: NonNegativeInt | None = None
    crop_with_context: TruthValue | None = None


def _section(kind: type[Keys], name: str) -> Any:
    return BeforeValidator(lambda value: None if value is None else as_written(kind, name)(value))


def _size(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict):
        return as_written(_LongestMaxSize, "longest_max_size")(value)
    number = None if value is None else as_int(value, info)
    if number is not None and (not isinstance(number, int) or number < 1):
        raise expected("a whole number of at least 1")
    return number


def _switch(value: Any, info: ValidationInfo) -> Any:
    """On, off, or on with settings."""
    if value is None or isinstance(value, dict):
        return value
    try:
        return as_bool(value, info)
    except ValueError:
        raise expected("true or false") from None


def _flip(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict):
        return as_written(_HFlip, "hflip")(value)
    return _switch_or_number(value, info, "true, false, or a probability from 0 to 1", at_most=1.0)


def _noise(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict):
        return value
    return _switch_or_number(value, info, "true, false, or a standard deviation in gray levels", at_most=255.0)


def _switch_or_number(value: Any, info: ValidationInfo, wanted: str, at_most: float) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return as_bool(value, info)
        except ValueError:
            value = _number(value, info, wanted)
    if not isinstance(value, (int, float)) or not 0 <= value <= at_most:
        raise expected(wanted)
    return value


def _number(value: str, info: ValidationInfo, wanted: str) -> Any:
    try:
        return as_float(value, info)
    except ValueError:
        raise expected(wanted) from None


def _collate(value: Any) -> Any:
    return value if value is None else check_part(value, "collate", ("collate",))


Switch = Annotated[bool | dict[str, Any] | None, BeforeValidator(_switch)]
MaybeDict = dict[str, Any] | None


class DataTransformationConfig(DLCBaseConfig):
    """What is done to images, in the order in which it is done; what is null is not done."""

    resize: Annotated[MaybeDict, _section(_Resize, "resize")] = None
    longest_max_size: Annotated[int | dict[str, Any] | None, BeforeValidator(_size)] = None
    hflip: Annotated[bool | float | dict[str, Any] | None, BeforeValidator(_flip)] = None
    affine: Annotated[MaybeDict, _section(_Affine, "affine")] = None
    random_bbox_transform: Annotated[MaybeDict, _section(_RandomBboxTransform, "random_bbox_transform")] = None
    crop_sampling: Annotated[MaybeDict, _section(_CropSampling, "crop_sampling")] = None
    hist_eq: Switch = False
    motion_blur: Switch = False
    covering: Switch = None
    elastic_transform: Switch = None
    grayscale: Switch = None
    gaussian_noise: Annotated[bool | int | float | dict[str, Any] | None, BeforeValidator(_noise)] = None
    auto_padding: Annotated[MaybeDict, _section(_AutoPadding, "auto_padding")] = None
    normalize_images: Switch = True
    scale_to_unit_range: Switch = False
    top_down_crop: Annotated[MaybeDict, _section(_TopDownCrop, "top_down_crop")] = None
    collate: Annotated[MaybeDict, BeforeValidator(_collate)] = None


class GenSamplingConfig(DLCBaseConfig):
    """The mistakes that conditions are given in training, so that a network learns to correct them."""

    model_config = ConfigDict(frozen=True)
    __hash__ = None

    keypoint_sigmas: Annotated[NonNegativeFloat | list[NonNegativeFloat], BeforeValidator(_range)] = 0.1
    keypoints_symmetry: list[tuple[NonNegativeInt, NonNegativeInt]] | None = None
    jitter_prob: Fraction = 0.16
    swap_prob: Fraction = 0.08
    inv_prob: Fraction = 0.03
    miss_prob: Fraction = 0.1

    def contradicting(self) -> Any:
        """The probabilities leave something for good conditions."""
        chances = {name: getattr(self, name) for name in ("jitter_prob", "swap_prob", "inv_prob", "miss_prob")}
        if sum(chances.values()) > 1 + 1e-9:
            largest = max(chances, key=lambda name: chances[name])
            yield Mistake((largest,), chances[largest], "probabilities that sum up to at most 1",
                          involves=frozenset(chances))  # fmt: skip


def _color_mode(value: Any) -> Any:
    name = value.strip().upper() if isinstance(value, str) else value
    if name not in COLOR_MODES:
        raise expected(", ".join(f"{mode!r}" for mode in COLOR_MODES))
    return name


ColorMode = Annotated[Literal["RGB", "BGR", "GRAY"], BeforeValidator(_color_mode)]


class DetectorDataConfig(DLCBaseConfig):
    """Data of a detector."""

    known_extras: ClassVar[frozenset[str]] = frozenset({"bbox_margin"})

    colormode: ColorMode = "RGB"
    inference: DataTransformationConfig | None = None
    train: DataTransformationConfig | None = None


Loader = Annotated[DLCLoaderConfig | COCOLoaderConfig, Field(discriminator="type")]


class DataConfig(DLCBaseConfig):
    """Data of a pose network."""

    bbox_margin: NonNegativeInt = 25
    colormode: ColorMode = "RGB"
    gen_sampling: GenSamplingConfig | None = None
    inference: DataTransformationConfig | None = None
    train: DataTransformationConfig | None = None
    loader: Loader | None = None
