"""Options of the test run."""

import inspect
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # machines are shared; time is measured in benchmarks/
settings.load_profile("no deadline")


def pytest_addoption(parser):
    parser.addoption(
        "--store-signatures", action="store_true", help="store today's public signatures as the wanted ones"
    )


def pytest_configure(config):
    if config.getoption("--store-signatures", default=False):
        import deeplabcut

        values = {name: getattr(deeplabcut, name) for name in sorted(deeplabcut.__all__)}
        stored = {name: str(inspect.signature(v)) if inspect.isfunction(v) else None for name, v in values.items()}
        path = Path(__file__).parent / "data" / "contracts" / "public_signatures.json"
        path.write_text(json.dumps(stored, indent=1) + "\n")


@pytest.fixture
def as_an_ordinary_user():
    """Root may write everywhere; the effects of modes are seen by others."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


@pytest.fixture
def read_only_folder(as_an_ordinary_user):
    """An empty folder that the ordinary user of the test owns; ``chmod(0o500)`` it when it is filled."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        Path(folder).chmod(0o700)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a program that is ended with the test, whatever becomes of it."""
    started: list[subprocess.Popen[bytes]] = []

    def launch(command: list[str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe))
        return started[-1]

    yield launch
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
