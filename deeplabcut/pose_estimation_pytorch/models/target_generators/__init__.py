"""Targets: the maps that a head should make of an image, drawn from its labels."""

from deeplabcut._lazy import attach

_HERE = __name__

__getattr__, __dir__, __all__ = attach(
    _HERE,
    {
        f"{_HERE}.base": ["TARGET_GENERATORS", "BaseGenerator", "SequentialGenerator"],
        f"{_HERE}.dekr_targets": ["DEKRGenerator"],
        f"{_HERE}.heatmap_targets": ["HeatmapGaussianGenerator", "HeatmapPlateauGenerator"],
        f"{_HERE}.pafs_targets": ["PartAffinityFieldGenerator"],
        f"{_HERE}.sim_cc": ["SimCCGenerator"],
    },
)
