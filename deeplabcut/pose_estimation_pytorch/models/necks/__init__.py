"""Necks: what stands between a backbone and its heads."""

from deeplabcut._lazy import attach

_HERE = "deeplabcut.pose_estimation_pytorch.models.necks"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        f"{_HERE}.base": ["NECKS", "BaseNeck"],
        f"{_HERE}.transformer": ["Transformer"],
    },
)
