"""Predictors: poses read from the maps of a head."""

from deeplabcut._lazy import attach

_HERE = __name__

__getattr__, __dir__, __all__ = attach(
    _HERE,
    {
        f"{_HERE}.base": ["PREDICTORS", "BasePredictor"],
        f"{_HERE}.dekr_predictor": ["DEKRPredictor"],
        f"{_HERE}.identity_predictor": ["IdentityPredictor"],
        f"{_HERE}.paf_predictor": ["PartAffinityFieldPredictor"],
        f"{_HERE}.sim_cc": ["SimCCPredictor"],
        f"{_HERE}.single_predictor": ["HeatmapPredictor"],
    },
)
