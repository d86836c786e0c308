"""Parts of networks by name, so that a configuration can ask for them and anybody can add one.

A part registers itself with ``@BACKBONES.register_module``. Those of this package are known by address before their
module is loaded, so listing them costs nothing.
"""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, overload

from deeplabcut.core.errors import InvalidInput

logger = logging.getLogger(__name__)

Part = TypeVar("Part", bound=Callable[..., Any])


class UnknownPart(InvalidInput, KeyError):
    """A name that no part of a registry has."""

    code = "DLC130"


class NotSettings(InvalidInput, TypeError):
    """Something in place of the configuration of a part."""


class NameTaken(InvalidInput, KeyError):
    """A part registered under a name that another one has."""

    code = "DLC131"


class Registry:
    """Classes and functions by name.

    Parameters
    ----------
    name : what the parts are, for messages.
    build_func : what `build` calls, `build_from_cfg` by default.
    parent, scope : a registry within another; its parts are found there as ``scope.name``.
    homes : names of parts -> their address, ``package.module:Class``; the module is imported when the part is used.
    """

    def __init__(
        self,
        name: str,
        build_func: Callable[..., Any] | None = None,
        parent: Registry | None = None,
        scope: str | None = None,
        *,
        homes: Mapping[str, str] | None = None,
    ) -> None:
        self._name, self._scope = name, scope or "."
        self._parts: dict[str, Callable[..., Any]] = {}
        self._homes = dict(homes or {})
        self._children: dict[str, Registry] = {}
        self.parent = parent
        default: Callable[..., Any] = build_from_cfg if parent is None else parent.build_func
        self.build_func: Callable[..., Any] = build_func or default
        if parent is not None:
            parent._children[self._scope] = self

    def __len__(self) -> int:
        return len({*self._parts, *self._homes})

    def __contains__(self, key: object) -> bool:
        return key in self._parts or key in self._homes

    def __repr__(self) -> str:
        return f"Registry({self._name!r}, {self.names})"

    @staticmethod
    def split_scope_key(key: str) -> tuple[str | None, str]:
        """The scope and the name in ``scope.name``; None where there is no scope."""
        scope, dot, name = key.partition(".")
        return (scope, name) if dot else (None, key)

    @property
    def name(self) -> str:
        """What the parts are."""
        return self._name

    @property
    def scope(self) -> str:
        """The name of this registry within its parent."""
        return self._scope

    @property
    def names(self) -> list[str]:
        """The names of all parts, sorted; none is loaded for it."""
        return sorted({*self._parts, *self._homes})

    @property
    def module_dict(self) -> dict[str, Callable[..., Any]]:
        """All parts; those that were known by address are loaded."""
        return {name: self._loaded(name) for name in self.names}

    @property
    def children(self) -> dict[str, Registry]:
        """Registries within this one."""
        return self._children

    def get(self, key: str) -> Callable[..., Any] | None:
        """The part of this name; None if there is none here, in the registry its scope names, or in the parent."""
        if key in self:
            return self._loaded(key)
        scope, name = self.split_scope_key(key)
        if scope is not None and scope in self._children:
            return self._children[scope].get(name)
        return self.parent.get(key) if self.parent is not None else None

    def build(self, *args: Any, **kwargs: Any) -> Any:
        """A part from its configuration: ``{"type": name, ...}``."""
        return self.build_func(*args, **kwargs, registry=self)

    @overload
    def register_module(self, name: Part) -> Part: ...
    @overload
    def register_module(
        self, name: str | None = None, force: bool = False, module: None = None
    ) -> Callable[[Part], Part]: ...
    @overload
    def register_module(self, name: str | None = None, force: bool = False, *, module: Part) -> Part: ...

    def register_module(self, name: Any = None, force: bool = False, module: Any = None) -> Any:
        """Register a class or function: as a decorator, with or without parentheses, or ``module=`` called.

        Its name is that of the class unless ``name`` is given; a name that is taken needs ``force``.
        """
        if name is not None and not isinstance(name, str):
            return self._register(name, None, force)
        if module is not None:
            return self._register(module, name, force)
        return lambda part: self._register(part, name, force)

    def deprecated_register_module(self, cls: Any = None, force: bool = False) -> Any:
        """`register_module` as it was called before."""
        return self.register_module(force=force) if cls is None else self._register(cls, None, force)

    def _register(self, part: Any, name: str | None, force: bool) -> Any:
        if not (inspect.isclass(part) or inspect.isfunction(part)):
            raise TypeError(f"Only classes and functions are registered, not {type(part).__name__}.")
        name = name or part.__name__
        home = self._homes.get(name)
        is_the_one = home == f"{part.__module__}:{part.__qualname__}"
        if not force and (name in self._parts or (home is not None and not is_the_one)):
            raise NameTaken(
                f"{name!r} is already in the {self._name} registry.", fix="choose another name, or pass force=True"
            )
        self._parts[name] = part
        return part

    def _loaded(self, name: str) -> Callable[..., Any]:
        if name not in self._parts:
            module, _, attribute = self._homes[name].partition(":")
            self._parts.setdefault(name, getattr(importlib.import_module(module), attribute))
        return self._parts[name]


def build_from_cfg(cfg: Any, registry: Registry, default_args: Mapping[str, Any] | None = None) -> Any:
    """The part that ``cfg`` describes; ``default_args`` fill keys that it lacks.

    Keys that the part has no parameter for are left out, with a warning that names the nearest.
    """
    given = settings_of(cfg, registry)
    if "type" not in given:
        keys = ", ".join(map(str, given)) or "it is empty"
        raise UnknownPart(
            f"The configuration of one of the {registry.name} has no type: {keys}.",
            fix=f"add type: one of {', '.join(registry.names)}",
        )
    settings = {**(default_args or {}), **given}
    kind = settings.pop("type")
    part = find(kind, registry) if isinstance(kind, str) else kind
    if not callable(part):
        raise TypeError(f"type must be a name, a class or a function, not {type(kind).__name__}.")
    known = parameters_of(part)
    if known is not None:
        for key in [key for key in settings if key not in known]:
            near = get_close_matches(key, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            if key not in (default_args or {}):
                logger.warning("%s has no setting %r; it has no effect.%s", part.__name__, key, hint)
            del settings[key]
    try:
        return part(**settings)
    except Exception as error:
        error.args = (f"{part.__name__}: {error}", *error.args[1:]) if error.args else (part.__name__,)
        raise


def settings_of(cfg: Any, registry: Registry) -> dict[str, Any]:
    """The configuration of a part, a mapping or a config, as a dict of its own."""
    content = cfg.to_dict() if hasattr(cfg, "to_dict") else cfg
    if not isinstance(content, Mapping):
        raise NotSettings(
            f"The configuration of one of the {registry.name} is {content!r}, not keys with values.",
            fix=f"write {{type: {content if isinstance(content, str) else 'its name'}, ...}}",
        )
    return dict(content)


def find(name: str, registry: Registry) -> Callable[..., Any]:
    """The part of this name; raises `UnknownPart` naming the nearest."""
    part = registry.get(name)
    if part is None:
        near = get_close_matches(name, registry.names, 1, cutoff=0.5)
        raise UnknownPart(
            f"{name} is not in the {registry.name} registry." + (f" Did you mean {near[0]!r}?" if near else ""),
            fix=f"use one of {', '.join(registry.names)}, or import the module that registers it",
        )
    return part


def parameters_of(part: Callable[..., Any]) -> set[str] | None:
    """The settings that a part takes, also those that it passes on to its base classes; None if it takes any."""
    if not inspect.isclass(part):
        return _named(part)
    found: set[str] = set()
    for base in part.__mro__:
        if "__init__" not in vars(base):
            continue
        names = _named(vars(base)["__init__"])
        found |= _names_only(vars(base)["__init__"])
        if names is not None:
            return found - {"self"}
    return None


def _named(function: Callable[..., Any]) -> set[str] | None:
    """The names of the parameters; None if there is a ``**kwargs``."""
    parameters = inspect.signature(function).parameters.values()
    return None if any(one.kind is one.VAR_KEYWORD for one in parameters) else {one.name for one in parameters}


def _names_only(function: Callable[..., Any]) -> set[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {one.name for one in inspect.signature(function).parameters.values() if one.kind in kinds}
