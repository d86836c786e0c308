"""Properties that a class takes from its configuration, declared as a table."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable
from typing import Any


def cfg_getter(key: str, default: Any = None) -> Callable[[Any], Any]:
    """A function from an object to the value of ``key`` in its ``cfg``."""
    return lambda owner: owner.cfg.get(key, default)


def class_property(func: Callable[[Any], Any], arg_func: Callable[[Any], Any]) -> property:
    """A property whose value is ``func(arg_func(self))``."""
    return property(lambda owner: func(arg_func(owner)))


class PropertyMeta(type):
    """Makes properties of a class from its table ``properties``: name -> (``func``, ``arg_func``)."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> PropertyMeta:
        made = {key: class_property(*functions) for key, functions in namespace.get("properties", {}).items()}
        return super().__new__(mcs, name, bases, {**made, **namespace})


class CombinedPropertyMeta(ABCMeta, PropertyMeta):
    """`PropertyMeta` for abstract classes."""
