"""Old names of functions and keywords: they work, and say what to use instead."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar, cast

from packaging.version import InvalidVersion, Version

from deeplabcut.core.errors import InvalidInput

P = ParamSpec("P")
R = TypeVar("R")


class DLCDeprecationWarning(DeprecationWarning):
    """Something with an old name or form was used; it still works."""


@dataclass(frozen=True)
class DeprecationInfo:
    """What is deprecated and what takes its place; versions may be given as text."""

    kind: Literal["callable", "parameter"]
    target: str
    replacement: str | None = None
    since: Version | None = None
    removed_in: Version | None = None
    old_parameter: str | None = None
    new_parameter: str | None = None

    def __post_init__(self) -> None:
        for name in ("since", "removed_in"):
            object.__setattr__(self, name, _version(getattr(self, name), name))
        if self.since and self.removed_in and self.removed_in <= self.since:
            raise InvalidInput(
                f"{self.target} cannot be removed in {self.removed_in}, which is not after {self.since}, "
                "where its deprecation starts."
            )

    def format_message(self) -> str:
        """The sentence that the user reads."""
        if self.kind == "parameter":
            message = f"The parameter {self.old_parameter!r} of {self.target} is now called {self.new_parameter!r}"
        else:
            message = f"{self.target} is deprecated"
        if self.since:
            message += f" (since {self.since})"
        if self.kind == "callable" and self.replacement:
            message += f"; use {self.replacement}"
        if self.removed_in:
            message += f"; it will be removed in {self.removed_in}"
        return message + "."


def deprecated(
    *,
    replacement: str | None = None,
    since: str | None = None,
    removed_in: str | None = None,
    stacklevel: int = 2,
    name: str | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark the decorated callable as deprecated: it works, and warns at each call."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        info = DeprecationInfo(
            "callable",
            name or str(getattr(function, "__qualname__", function)),
            replacement=replacement,
            since=cast(Any, since),
            removed_in=cast(Any, removed_in),
        )
        message = info.format_message()

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            warnings.warn(message, DLCDeprecationWarning, stacklevel=stacklevel)
            return function(*args, **kwargs)

        wrapper.__doc__ = f"{message}\n\n{inspect.getdoc(function) or ''}".rstrip()
        wrapper.__deprecated_info__ = info  # type: ignore[attr-defined]
        return wrapper

    return decorate


def renamed_parameter(*, old: str, new: str, since: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Accept the keyword ``old`` for the parameter ``new`` of the decorated function, with a warning."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        target = getattr(function, "__qualname__", repr(function))
        earlier: tuple[DeprecationInfo, ...] = getattr(function, "__deprecated_params__", ())
        parameters = inspect.signature(function).parameters
        if new not in parameters:
            raise InvalidInput(f"{target} has no parameter {new!r}.")
        if old in parameters:
            raise InvalidInput(f"{target} still has a parameter {old!r}.")
        if any(new == one.old_parameter or old in (one.new_parameter, one.old_parameter) for one in earlier):
            raise InvalidInput(f"The renaming of {old!r} to {new!r} of {target} makes a chain with an earlier one.")
        info = DeprecationInfo("parameter", target, since=cast(Any, since), old_parameter=old, new_parameter=new)
        infos = (*earlier, info)
        innermost: Callable[P, R] = cast(Any, function).__wrapped__ if earlier else function

        @functools.wraps(innermost)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            for one in infos:
                _rename(one, kwargs)
            return innermost(*args, **kwargs)

        wrapper.__deprecated_params__ = infos  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _rename(info: DeprecationInfo, kwargs: dict[str, Any]) -> None:
    old, new = str(info.old_parameter), str(info.new_parameter)
    if old not in kwargs:
        return
    if new in kwargs:
        raise TypeError(f"{info.target}() got both {old!r} and {new!r}, which are the same; give {new!r} only")
    warnings.warn(info.format_message(), DLCDeprecationWarning, stacklevel=3)
    kwargs[new] = kwargs.pop(old)


def _version(value: Version | str | None, name: str) -> Version | None:
    if value is None or isinstance(value, Version):
        return value
    try:
        return Version(value)
    except InvalidVersion as error:
        raise InvalidInput(f"{name}: {value!r} is not a version number such as 3.0.2.") from error
