"""Backbones: from images to features."""

from deeplabcut._lazy import attach

_HERE = "deeplabcut.pose_estimation_pytorch.models.backbones"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        f"{_HERE}.base": ["BACKBONES", "BaseBackbone"],
        f"{_HERE}.cond_prenet": ["CondPreNet"],
        f"{_HERE}.cspnext": ["CSPNeXt"],
        f"{_HERE}.hrnet": ["HRNet"],
        f"{_HERE}.hrnet_coam": ["HRNetCoAM"],
        f"{_HERE}.resnet": ["DLCRNet", "ResNet"],
        f"{_HERE}.timm_backbone": ["TimmBackbone"],
    },
)
