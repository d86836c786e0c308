"""The command line in this process, and in one of its own, with the well and badly behaved verbs of the job tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deeplabcut.cli import main

HERE = str(Path(__file__).parents[1] / "jobs")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def dlc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Call the command line with the verbs of the tests beside the real ones."""
    monkeypatch.setenv("COLUMNS", "80")
    if HERE not in sys.path:
        sys.path.append(HERE)
    from deeplabcut.jobs.verbs import VERBS

    verbs = (*VERBS, *importlib.import_module("jobs_test_verbs").TABLE)

    def call(*args: str) -> Said:
        capsys.readouterr()
        code = main(list(args), verbs=verbs)
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def dlc_program() -> list[str]:
    """The command line as a program of its own, which knows the verbs of the tests only."""
    program = (
        f"import sys; sys.path.append({HERE!r}); import jobs_test_verbs as table\n"
        "from deeplabcut.cli import main; sys.exit(main(verbs=table.TABLE))"
    )
    return [sys.executable, "-c", program]
