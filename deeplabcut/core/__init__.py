"""What is true of poses whatever the network: types, geometry, configuration, errors, safe files."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
