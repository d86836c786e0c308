"""Names that are resolved on first use, so that importing a package costs nothing.

`attach` gives a module a table of public names; `serve` makes historical module addresses importable from one
table of data, without a file for each. Both hand out the very objects of the real homes.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

Names = Sequence[str] | Mapping[str, str]
"""Public names of one home: a list, or old name -> name in the home."""


def attach(
    package: str,
    homes: Mapping[str, Names],
    *,
    submodules: Sequence[str] = (),
    absent: Mapping[str, str] | None = None,
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a module whose names live elsewhere.

    Parameters
    ----------
    homes : home module -> its names. An empty name in a mapping (``{"auxfun": ""}``) stands for the module itself.
    submodules : subpackages that ``dir`` lists; these and all others resolve as attributes after a plain import of
        the package, as in releases that imported everything at once.
    absent : names that are listed by ``dir`` but raise AttributeError with the given sentence.
    """
    table: dict[str, tuple[str, str]] = {}
    for home, names in homes.items():
        pairs = names.items() if isinstance(names, Mapping) else ((name, name) for name in names)
        table.update({public: (home, real) for public, real in pairs})
    missing = dict(absent or {})
    if package in sys.modules:
        sys.modules[package].__class__ = _module_with(frozenset(table))

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name in table:
            home, real = table[name]
            module = importlib.import_module(home)
            value = getattr(module, real) if real else module
        elif name in submodules or (name not in missing and _is_submodule(package, name)):
            value = importlib.import_module(f"{package}.{name}")
        else:
            raise AttributeError(missing.get(name, f"module {package!r} has no attribute {name!r}"))
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*vars(sys.modules[package]), *table, *submodules, *missing})

    return __getattr__, __dir__, list(table)


def _is_submodule(package: str, name: str) -> bool:
    """Whether the package has a module or a historical address of this name."""
    is_package = "__path__" in vars(sys.modules[package])
    return is_package and not name.startswith("_") and importlib.util.find_spec(f"{package}.{name}") is not None


def _module_with(names: frozenset[str]) -> type[ModuleType]:
    """A kind of module in which a submodule does not take the place of a public name that is spelled alike.

    The import system sets every submodule as an attribute of its package; ``package.analyze_images`` must stay the
    function whether or not the submodule ``package.analyze_images`` was imported, before or after.
    """

    class NamedModule(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            is_submodule = isinstance(value, ModuleType) and value.__name__ == f"{self.__name__}.{name}"
            if not (is_submodule and name in names):
                super().__setattr__(name, value)

    return NamedModule


class _AddressFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds modules that exist only as entries of a table."""

    def __init__(
        self, root: str, table: Mapping[str, Mapping[str, Names]], absent: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.root = root
        self.table = table
        self.absent = absent
        self.packages = {name.rpartition(".")[0] for name in table}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.table:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=f"a table of names in {self.root}")

    def is_package(self, fullname: str) -> bool:
        """Whether the table has modules below this one."""
        return fullname in self.packages

    def get_source(self, fullname: str) -> str | None:
        """None, which tells tools that look for source and code that there is none."""
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        children = [child.rpartition(".")[2] for child in self.table if child.rpartition(".")[0] == name]
        getter, lister, public = attach(name, self.table[name], submodules=children, absent=self.absent.get(name))
        module.__dict__.update({"__getattr__": getter, "__dir__": lister, "__all__": public})
        module.__doc__ = "A historical address; the names live in: " + ", ".join(self.table[name] or ["no module yet"])


def serve(
    root: str,
    table: Mapping[str, Mapping[str, Names]],
    absent: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Make the module addresses in ``table`` importable; real modules of the same name win.

    Parameters
    ----------
    absent : address -> names that are listed there but raise AttributeError with the given sentence.
    """
    if not any(isinstance(finder, _AddressFinder) and finder.root == root for finder in sys.meta_path):
        sys.meta_path.append(_AddressFinder(root, table, absent or {}))
