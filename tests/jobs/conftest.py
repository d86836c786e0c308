"""A table of verbs that behave well and badly, a worker process that knows it, and values of many types."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis.strategies import SearchStrategy

HERE = str(Path(__file__).parent)


def _module(name: str) -> ModuleType:
    """A helper module of this folder."""
    if HERE not in sys.path:
        sys.path.append(HERE)
    return importlib.import_module(name)


@pytest.fixture(scope="session")
def test_verbs() -> ModuleType:
    return _module("jobs_test_verbs")


@pytest.fixture(scope="session")
def typed_values() -> SearchStrategy[tuple[Any, Any]]:
    """Types as they stand in signatures, each with a value of it."""
    return _module("jobs_typed_values").typed_values()


@pytest.fixture(scope="session")
def worker() -> list[str]:
    """The command of a worker that knows the test verbs."""
    program = (
        f"import sys; sys.path.append({HERE!r}); import jobs_test_verbs as table\n"
        "from deeplabcut.jobs.worker import main; sys.exit(main(table.TABLE))"
    )
    return [sys.executable, "-c", program]
