"""How much memory can be had."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from deeplabcut.core import memory

LINUX = "MemTotal:       8000 kB\nMemFree:        1000 kB\nMemAvailable:   6000 kB\nHugePages_Total: 0\n"


@pytest.mark.parametrize(
    ("limit", "used", "wanted"),
    [("3000000", "1000000", (3_000_000, 2_000_000)), ("max", "5", (8_192_000, 6_144_000)), ("10", "20", (10, 0))],
)
def test_memory_is_that_of_the_container(monkeypatch, limit, used, wanted):
    files = {"meminfo": LINUX, "memory.max": limit, "memory.current": used}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "read_text", lambda path: files[path.name])
    assert memory.memory_bytes() == wanted


def test_memory_of_a_mac_counts_what_it_can_give_up(monkeypatch):
    said = {"hw.memsize": "16000000", "hw.pagesize": "1000", "vm.page_free_count": "5", "vm.page_purgeable_count": "7"}
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda call, **_: SimpleNamespace(stdout=said.get(call[-1], "") + "\n"))
    assert memory.memory_bytes() == (16_000_000, 12_000)


def test_a_system_that_does_not_tell_is_unknown(monkeypatch):
    def missing(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(sys, "platform", "linux")
    assert memory.memory_bytes() is None
