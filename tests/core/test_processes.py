"""What a process may use."""

import os
from pathlib import Path

import pytest

from deeplabcut.core.processes import usable_cores


@pytest.mark.parametrize(("quota", "limit"), [("50000 100000\n", 0.5), ("max 100000\n", 1e9), ("", 1e9)])
def test_cores_are_those_of_the_container(monkeypatch, quota, limit):
    monkeypatch.setattr(Path, "read_text", lambda path: quota)
    assert 0 < usable_cores() <= min(limit, os.cpu_count())
    assert usable_cores() == limit or limit > 1


def test_without_a_container_there_are_cores_too(monkeypatch):
    def missing(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", missing)
    assert 1 <= usable_cores() <= os.cpu_count()
