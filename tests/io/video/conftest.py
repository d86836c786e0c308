from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name: str):
    spec = importlib.util.spec_from_file_location(f"video_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_barcode = _load("barcode")


def pytest_generate_tests(metafunc):
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", list(_barcode.KINDS))


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """Packet indices of tests stay with the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "deeplabcut" / "video-index"


@pytest.fixture(scope="session")
def barcode():
    """The maker of videos that carry their own frame numbers."""
    return _barcode


@pytest.fixture(scope="session")
def barcoded(tmp_path_factory):
    """Makes each kind of video once: ``barcoded(kind)`` has ``path`` and ``numbers``."""
    folder = tmp_path_factory.mktemp("barcoded")
    made = {}

    def make(kind: str):
        if kind not in made:
            made[kind] = _barcode.KINDS[kind](folder)
        return made[kind]

    return make


@pytest.fixture
def plain(barcoded):
    """An ordinary mp4 with B-frames."""
    return barcoded("mp4 at constant rate")
