"""Networks: a backbone, perhaps a neck, and heads, each built from its part of the configuration."""

from deeplabcut._lazy import attach

_HERE = __name__

__getattr__, __dir__, __all__ = attach(
    _HERE,
    {
        f"{_HERE}.backbones.base": ["BACKBONES"],
        f"{_HERE}.criterions.base": ["CRITERIONS", "LOSS_AGGREGATORS"],
        f"{_HERE}.detectors.base": ["DETECTORS"],
        f"{_HERE}.heads.base": ["HEADS"],
        f"{_HERE}.model": ["PoseModel"],
        f"{_HERE}.necks.base": ["NECKS"],
        f"{_HERE}.predictors.base": ["PREDICTORS"],
        f"{_HERE}.target_generators.base": ["TARGET_GENERATORS"],
    },
)
