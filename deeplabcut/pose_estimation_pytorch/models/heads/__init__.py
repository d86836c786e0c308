"""Heads: from features to the maps that stand for poses."""

from deeplabcut._lazy import attach

_HERE = __name__

__getattr__, __dir__, __all__ = attach(
    _HERE,
    {
        f"{_HERE}.base": ["HEADS", "BaseHead", "WeightConversionMixin"],
        f"{_HERE}.dekr": ["DEKRHead"],
        f"{_HERE}.dlcrnet": ["DLCRNetHead"],
        f"{_HERE}.rtmcc_head": ["RTMCCHead"],
        f"{_HERE}.simple_head": ["HeatmapHead"],
        f"{_HERE}.transformer": ["TransformerHead"],
    },
)
