"""The browser GUI; its names raise AttributeError with the reason until it exists."""

from deeplabcut import _lazy, _names

__getattr__, __dir__, __all__ = _lazy.attach(__name__, {}, absent=dict.fromkeys(_names.GUI, _names.GUI_SENTENCE))
