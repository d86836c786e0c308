"""Losses: how far the maps of a head are from their targets."""

from deeplabcut._lazy import attach

_HERE = __name__

__getattr__, __dir__, __all__ = attach(
    _HERE,
    {
        f"{_HERE}.aggregators": ["WeightedLossAggregator"],
        f"{_HERE}.base": ["CRITERIONS", "LOSS_AGGREGATORS", "BaseCriterion", "BaseLossAggregator"],
        f"{_HERE}.dekr": ["DEKRHeatmapLoss", "DEKROffsetLoss"],
        f"{_HERE}.kl_discrete": ["KLDiscreteLoss"],
        f"{_HERE}.weighted": ["WeightedBCECriterion", "WeightedHuberCriterion", "WeightedMSECriterion"],
    },
)
