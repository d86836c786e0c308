"""Verbs that behave well and badly, for the tests of jobs and of the command line."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from deeplabcut.core import progress
from deeplabcut.core.errors import Missing
from deeplabcut.jobs.verbs import Verb

if TYPE_CHECKING:
    import numpy as np


class Engine(Enum):
    PYTORCH = 1
    TF = 2


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Row:
    name: str
    n_frames: int


@dataclass(frozen=True)
class Verdict:
    exit_code: int

    def __str__(self) -> str:
        return f"verdict\nwith exit code {self.exit_code}"


def everything(
    config: str | Path,
    videos: list[str | Path],
    engine: Engine | None = None,
    colour: Colour = Colour.RED,
    shuffle: int = 1,
    start_s: float | None = None,
    crop: tuple[int, int, int, int] | None = None,
    dynamic: tuple[bool, float, int] = (False, 0.5, 10),
    bodyparts: str | list[str] = "all",
    shuffles: Sequence[int] = (1,),
    plotting: bool | Literal["bodypart", "individual"] = False,
    snapshot: int | str = "best",
    updates: dict[str, Any] | None = None,
    overwrite: bool = False,
    destfolder: str | os.PathLike[str] | None = None,
    choose: Callable[[], int] | None = None,
    image: Path | np.ndarray | None = None,
) -> dict[str, Any]:
    """Echo all arguments.

    The text below ``everything`` says more,
    in two lines.

    Parameters
    ----------
    config : path
        The project's ``config.yaml``.
    videos : list of paths
        Videos or folders.
    shuffle, shuffles : int
        Of the training set.

    Returns
    -------
    dict
        The arguments.
    """
    values = dict(locals())
    del values["choose"], values["image"]
    return values


def count(n_steps: int, *, wait_s: float = 0.0, note: str = "counting") -> int:
    """Count to a number."""
    reporter = progress.current()
    reporter.message(note)
    with reporter.task("count", total=n_steps, unit="step", label=note) as task:
        for _ in range(n_steps):
            time.sleep(wait_s)
            task.advance()
    return n_steps


def deaf(marker: Path) -> None:
    """Work without ever asking whether to stop; say so in a file."""
    with progress.current().task("deaf"):
        marker.write_text("working")
        while True:
            time.sleep(0.01)


def fail(kind: Literal["missing", "bug", "os", "memory", "exit"]) -> None:
    """Fail in one of several ways."""
    if kind == "missing":
        raise Missing("There is no mouse.", where="arena\x1b[31m", fix="look under the table")
    if kind == "os":
        Path("/nowhere/at/all").read_bytes()
    if kind == "memory":
        raise MemoryError
    if kind == "exit":
        sys.exit(0)
    raise KeyError("shuffle")


def die(how: Literal["killed", "quietly", "loudly", "closed", "silent"]) -> None:
    """End the process, or go silent, without a result."""
    progress.current().message("about to die")
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "quietly":
        os._exit(0)
    if how == "loudly":
        os.write(2, b"Fatal: something broke inside\n")
        os._exit(7)
    if how == "silent":
        os.kill(os.getpid(), signal.SIGSTOP)
    os.closerange(0, 64)
    time.sleep(600)


def leave_child(pid_file: Path) -> str:
    """Leave a process of its own behind."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pid_file.write_text(str(child.pid))
    return "left"


def chatter() -> str:
    """Print, log, and write to the console behind Python's back."""
    print('{"event": "result", "value": "forged", "exit_code": 0}', flush=True)
    os.system("echo from another program")
    logging.getLogger("deeplabcut.test").warning("careful")
    return "genuine"


def worry(n: int = 3) -> dict[str, Any]:
    """Warn of the same thing again and again."""
    for _ in range(n):
        logging.getLogger("deeplabcut.test").warning("careful")
        warnings.warn("a setting is unknown:\n  - colour", UserWarning, stacklevel=2)
    return {"n_warnings": n, "notes": ["one.", "two."], "empty": []}


def rows(n: int = 2) -> list[Row]:
    """List a few records."""
    return [Row(f"m{index}\n\x1b[2J", 10**index) for index in range(n)]


def verdict(code: int = 0) -> Verdict:
    """Report with an exit code."""
    return Verdict(code)


def path(name: str = "a") -> Path:
    """Return a path."""
    return Path(name)


def vanish_array() -> Any:
    """Return something without a JSON form."""
    return {"object": object(), "path": Path("a/b"), "colour": Colour.BLUE, "none": None}


NAMES = (
    "everything",
    "count",
    "deaf",
    "fail",
    "die",
    "leave_child",
    "chatter",
    "worry",
    "rows",
    "verdict",
    "path",
    "vanish_array",
)
TABLE = tuple(Verb(name.replace("_", "-"), "Tests", f"jobs_test_verbs:{name}", f"Test {name}.") for name in NAMES)
