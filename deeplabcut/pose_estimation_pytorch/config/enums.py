"""Names of networks, detectors and methods, as they stand in files."""

from __future__ import annotations

from enum import Enum

from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.errors import InvalidInput

TOP_DOWN_PREFIX = "top_down_"
LEGACY_NAMES = {"dlcrnet_ms5": "dlcrnet_stride16_ms5"}


class UnknownNet(InvalidInput):
    """A name that no network has."""


class _Name(str, Enum):
    """A text with a fixed set of values; it prints as its value."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(str(self.value), spec)


class MethodType(_Name):
    """How individuals are found: from their bodyparts, in boxes of a detector, or from conditions."""

    BOTTOM_UP = "bu"
    TOP_DOWN = "td"
    CONDITIONAL_TOP_DOWN = "ctd"


class DetectorType(_Name):
    """Detectors of individuals for top-down networks."""

    SSDLITE = "ssdlite"
    FASTERRCNN_RESNET50_FPN_V2 = "fasterrcnn_resnet50_fpn_v2"
    FASTERRCNN_MOBILENET_V3_LARGE_FPN = "fasterrcnn_mobilenet_v3_large_fpn"


class DatasetType(_Name):
    """The kind of data set that a test configuration names."""

    MULTIANIMAL_IMGAUG = "multi-animal-imgaug"


class NetType(_Name):
    """Networks; the first ones are backbones, which work bottom-up and top-down."""

    RESNET_50 = "resnet_50"
    RESNET_101 = "resnet_101"
    HRNET_W18 = "hrnet_w18"
    HRNET_W32 = "hrnet_w32"
    HRNET_W48 = "hrnet_w48"
    CSPNEXT_S = "cspnext_s"
    CSPNEXT_M = "cspnext_m"
    CSPNEXT_X = "cspnext_x"
    MOBILENETV4_S = "mobilenetv4_s"
    MOBILENETV4_M = "mobilenetv4_m"
    EFFICIENTVIT_B0 = "efficientvit_b0"
    EFFICIENTVIT_B1 = "efficientvit_b1"
    DINOV2_VITS14 = "dinov2_vits14"
    DEKR_W18 = "dekr_w18"
    DEKR_W32 = "dekr_w32"
    DEKR_W48 = "dekr_w48"
    CTD_COAM_W32 = "ctd_coam_w32"
    CTD_COAM_W48 = "ctd_coam_w48"
    CTD_COAM_W48_HUMAN = "ctd_coam_w48_human"
    CTD_PRENET_HRNET_W32 = "ctd_prenet_hrnet_w32"
    CTD_PRENET_HRNET_W48 = "ctd_prenet_hrnet_w48"
    CTD_PRENET_RTMPOSE_S = "ctd_prenet_rtmpose_s"
    CTD_PRENET_RTMPOSE_M = "ctd_prenet_rtmpose_m"
    CTD_PRENET_RTMPOSE_X = "ctd_prenet_rtmpose_x"
    CTD_PRENET_RTMPOSE_X_HUMAN = "ctd_prenet_rtmpose_x_human"
    DLCRNET_STRIDE16_MS5 = "dlcrnet_stride16_ms5"
    DLCRNET_STRIDE32_MS5 = "dlcrnet_stride32_ms5"
    RTMPOSE_S = "rtmpose_s"
    RTMPOSE_M = "rtmpose_m"
    RTMPOSE_X = "rtmpose_x"
    ANIMALTOKENPOSE_BASE = "animaltokenpose_base"

    @property
    def is_backbone(self) -> bool:
        """Whether the network works bottom-up as well as top-down."""
        return self in BACKBONE_NETS

    def alias(self, *, top_down: bool = False) -> str:
        """The name to ask for it: ``top_down_resnet_50`` for a backbone that is to work top-down."""
        return f"{TOP_DOWN_PREFIX}{self}" if top_down and self.is_backbone else str(self)

    @classmethod
    def from_alias(cls, label: str) -> tuple[NetType, bool]:
        """The network that a name asks for, and whether the name says top-down."""
        text = str(label).strip()
        name = LEGACY_NAMES.get(text.lower(), text.lower())
        top_down = name.startswith(TOP_DOWN_PREFIX)
        if name not in cls.available_aliases():
            near = did_you_mean(name, [*cls.available_aliases(), *LEGACY_NAMES])
            raise UnknownNet(
                f"{label!r} is not a network of the PyTorch engine.{near}",
                fix=f"use one of {', '.join(cls.available_aliases())}",
            )
        return cls(name.removeprefix(TOP_DOWN_PREFIX)), top_down

    @classmethod
    def available_aliases(cls) -> list[str]:
        """Every name that can be asked for, sorted."""
        return sorted({*(net.alias() for net in cls), *(net.alias(top_down=True) for net in cls)})


BACKBONE_NETS = frozenset(
    [
        NetType.RESNET_50,
        NetType.RESNET_101,
        NetType.HRNET_W18,
        NetType.HRNET_W32,
        NetType.HRNET_W48,
        NetType.CSPNEXT_S,
        NetType.CSPNEXT_M,
        NetType.CSPNEXT_X,
        NetType.MOBILENETV4_S,
        NetType.MOBILENETV4_M,
        NetType.EFFICIENTVIT_B0,
        NetType.EFFICIENTVIT_B1,
        NetType.DINOV2_VITS14,
    ]
)
