"""Blocks that networks are made of."""

from deeplabcut._lazy import attach

_HERE = "deeplabcut.pose_estimation_pytorch.models.modules"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        f"{_HERE}.coam_module": ["CoAMBlock", "SelfAttentionModule_CoAM"],
        f"{_HERE}.conv_block": ["AdaptBlock", "BasicBlock", "Bottleneck"],
        f"{_HERE}.conv_module": ["HighResolutionModule"],
        f"{_HERE}.gated_attention_unit": ["GatedAttentionUnit"],
        f"{_HERE}.kpt_encoders": [
            "KEYPOINT_ENCODERS",
            "BaseKeypointEncoder",
            "ColoredKeypointEncoder",
            "StackedKeypointEncoder",
        ],
        f"{_HERE}.norm": ["ScaleNorm"],
    },
)
