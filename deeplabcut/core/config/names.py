"""Names of keys: old spellings, and the nearest valid key to a misspelt one."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from deeplabcut.core.config.mistakes import AliasConflict, Mistake
from deeplabcut.core.deprecation import DLCDeprecationWarning


def resolve_alias(name: str, alias_map: Mapping[str, str], *, warn: bool = True, stacklevel: int = 3) -> str:
    """The name in use for ``name``; ``alias_map`` is old name -> name in use."""
    current = alias_map.get(name, name)
    if warn and current != name:
        warnings.warn(f"{name!r} is now called {current!r}.", DLCDeprecationWarning, stacklevel=stacklevel)
    return current


def resolve_aliases_in_dict(
    cfg_dict: Mapping[str, Any],
    alias_map: Mapping[str, str],
    *,
    target: str = "config",
    warn: bool = True,
    stacklevel: int = 3,
) -> dict[str, Any]:
    """A copy of ``cfg_dict`` under the names in use; giving an old and a new name of one setting is a TypeError."""
    both = [
        Mistake((old,), cfg_dict[old], f"only one of the two names {old!r} and {new!r}")
        for old, new in alias_map.items()
        if old in cfg_dict and new in cfg_dict
    ]
    if both:
        raise AliasConflict(target, both)
    return {
        resolve_alias(key, alias_map, warn=warn, stacklevel=stacklevel + 1): value for key, value in cfg_dict.items()
    }


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` probably stands for."""
    by_form = {_form(one): one for one in known}
    match = difflib.get_close_matches(_form(name), list(by_form), n=1, cutoff=0.7)
    return by_form[match[0]] if match else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known name, or nothing."""
    near = nearest(name, known)
    return f" Did you mean {near!r}?" if near else ""


def _form(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
