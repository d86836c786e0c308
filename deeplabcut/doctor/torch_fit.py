"""Whether the installed torch fits torchvision, the graphics card and its driver; the install line if it does not."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deeplabcut.doctor.children import Findings, Said, listen
from deeplabcut.doctor.report import Check, Status

SECTION = "Devices"
_INDEX = "https://download.pytorch.org/whl"
_QUERY = "--query-gpu=name,driver_version,memory.total,compute_cap"


@dataclass(frozen=True)
class Wheel:
    """A family of torch wheels: the CUDA that the driver must know, and the cards it has kernels for."""

    tag: str
    driver_cuda: tuple[int, int]
    capabilities: tuple[tuple[int, int], tuple[int, int]]


WHEELS = (
    Wheel("cu130", (13, 0), ((7, 5), (99, 0))),
    Wheel("cu128", (12, 0), ((7, 5), (12, 9))),
    Wheel("cu126", (12, 0), ((5, 0), (9, 0))),
)
"""Newest first."""


@dataclass(frozen=True)
class Cards:
    """What nvidia-smi tells; empty names where there is no card."""

    names: tuple[str, ...] = ()
    driver: str = ""
    driver_cuda: tuple[int, int] | None = None
    capabilities: tuple[tuple[int, int], ...] = ()
    trouble: str = ""


def read_cards(run: Callable[[list[str], float], Said] = listen, program: str | None = None) -> Cards:
    """Ask nvidia-smi, if there is one, about cards and driver."""
    program = program or shutil.which("nvidia-smi")
    if program is None:
        return Cards()
    said = run([program, _QUERY, "--format=csv,noheader,nounits"], 20.0)
    if said.code != 0:
        last = (said.errors or said.output).strip().splitlines()[-1:] or ["no answer"]
        return Cards(trouble=f"nvidia-smi failed: {last[0]}" if said.ended else "nvidia-smi did not answer")
    rows = [[cell.strip() for cell in line.split(",")] for line in said.output.splitlines() if line.count(",") == 3]
    banner = run([program], 20.0).output
    found = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", banner)
    return Cards(
        names=tuple(f"{row[0]} ({row[2]} MiB)" for row in rows),
        driver=rows[0][1] if rows else "",
        driver_cuda=(int(found[1]), int(found[2])) if found else None,
        capabilities=tuple(_pair(row[3]) for row in rows if re.fullmatch(r"\d+\.\d+", row[3])),
    )


def torch_checks(found: Findings, cards: Cards, platform: str = sys.platform) -> list[Check]:
    """Findings about torch, torchvision and the devices they reach; the pair of the two libraries first."""
    line = install_line(cards, platform)
    if "torch" not in found.facts:
        missing = "No module named 'torch'" in found.errors.get("import torch", "")
        reason = "not installed" if missing else found.errors.get("import torch") or found.death
        return [
            Check(SECTION, "torch", Status.BROKEN, reason, f"install it: {line}"),
            *_card_checks(found, cards, line),
        ]
    return [*_pair_checks(found, line), *_cpu_checks(found), *_card_checks(found, cards, line), *_mps_checks(found)]


def install_line(cards: Cards, platform: str = sys.platform) -> str:
    """The command that installs a torch and a torchvision that fit each other, the card and the driver."""
    command = "python -m pip install --force-reinstall torch torchvision"
    if platform == "darwin":
        return command
    tag = wheel_tag(cards)
    return f"{command} --index-url {_INDEX}/{tag}"


def wheel_tag(cards: Cards) -> str:
    """The newest family of wheels that drives every card here; "cpu" where there is none."""
    if not cards.names:
        return "cpu"
    for wheel in WHEELS:
        low, high = wheel.capabilities
        knows = cards.driver_cuda is None or cards.driver_cuda >= wheel.driver_cuda
        if knows and all(low <= capability <= high for capability in cards.capabilities):
            return wheel.tag
    return "cpu"


def _pair_checks(found: Findings, line: str) -> list[Check]:
    facts = found.facts
    pair = f"torch {facts['torch']}, torchvision {facts.get('torchvision', 'missing')}"
    steps = ("import torchvision", "torchvision operators")
    reason = next((found.errors[step] for step in steps if step in found.errors), "")
    if not reason and found.died_in in steps:
        reason = f"{found.died_in}: {found.death}"
    if reason:
        return [
            Check(
                SECTION,
                "torch and torchvision",
                Status.BROKEN,
                f"{pair} do not fit: {reason}",
                f"install a pair: {line}",
            )
        ]
    return [Check(SECTION, "torch and torchvision", Status.OK, pair)]


def _cpu_checks(found: Findings) -> list[Check]:
    facts = found.facts
    about = f"{facts['threads']} threads, kernels for {facts['cpu_capability']}"
    if "cpu_ms" in facts:
        return [Check(SECTION, "CPU", Status.OK, f"{about}, test convolution {facts['cpu_ms']:.1f} ms")]
    if found.died_in == "convolution on cpu" or "convolution on cpu" in found.errors:
        reason = found.errors.get("convolution on cpu") or found.death
        fix = "this build of torch does not suit the processor: install an older torch"
        return [Check(SECTION, "CPU", Status.BROKEN, f"{about}, test convolution: {reason}", fix)]
    return [Check(SECTION, "CPU", Status.NOTE, f"{about}, not tested")]


def _card_checks(found: Findings, cards: Cards, line: str) -> list[Check]:
    """Cards that torch uses, and cards that it ought to."""
    devices = found.facts.get("cuda_devices", [])
    checks = [_device_check(found, index, device, line) for index, device in enumerate(devices)]
    if devices:
        return checks
    if cards.trouble:
        fix = "reinstall the NVIDIA driver and restart the computer"
        return [Check(SECTION, "NVIDIA", Status.WARNING, cards.trouble, fix)]
    if not cards.names:
        return [Check(SECTION, "NVIDIA", Status.NOTE, "no card found; networks run on the CPU")]
    return [Check(SECTION, "NVIDIA", Status.WARNING, *_why_unused(found, cards, line))]


def _why_unused(found: Findings, cards: Cards, line: str) -> tuple[str, str]:
    """Why torch does not use a card that is there, and what to do."""
    names, built = ", ".join(cards.names), found.facts.get("cuda")
    if "torch" not in found.facts:
        return f"{names}: torch cannot be asked", f"mend torch first: {line}"
    if wheel_tag(cards) == "cpu":
        return (
            f"{names}: no torch has kernels for this card with driver {cards.driver}",
            "install a newer NVIDIA driver",
        )
    if built is None:
        return f"{names}: this torch is built without CUDA and cannot use it", f"install torch with CUDA: {line}"
    if cards.driver_cuda and cards.driver_cuda[0] < _pair(built)[0]:
        knows = ".".join(map(str, cards.driver_cuda))
        why = f"{names}: torch is built for CUDA {built}, the driver {cards.driver} knows CUDA {knows}"
        return why, f"install a newer NVIDIA driver, or a torch for this one: {line}"
    step = "look for CUDA devices"
    reason = found.errors.get(step) or (found.death if found.died_in == step else "")
    why = f"{names}: torch does not see it" + (f" ({reason})" if reason else "")
    return (
        why,
        "see that CUDA_VISIBLE_DEVICES does not hide it, that the container was started with --gpus all, and restart",
    )


def _device_check(found: Findings, index: int, device: dict[str, Any], line: str) -> Check:
    name = f"cuda:{index}"
    capability = tuple(device["capability"])
    about = f"{device['name']}, {device['memory'] / 2**30:.0f} GiB"
    step = f"convolution on {name}"
    if not has_kernels(found.facts.get("built_for", []), capability) and not found.facts.get("hip"):
        built = ", ".join(found.facts["built_for"])
        value = f"{about}: torch has no kernels for compute capability {capability[0]}.{capability[1]} (it has {built})"
        return Check(SECTION, name, Status.WARNING, value, f"install a torch that has: {line}")
    if f"{name}_ms" in found.facts:
        return Check(SECTION, name, Status.OK, f"{about}, test convolution {found.facts[f'{name}_ms']:.1f} ms")
    reason = found.errors.get(step) or (found.death if found.died_in == step else "not tested")
    return Check(
        SECTION, name, Status.WARNING, f"{about}: {reason}", f"close other programs on the card; if it stays: {line}"
    )


def _mps_checks(found: Findings) -> list[Check]:
    if not found.facts.get("mps"):
        return []
    if "mps_ms" in found.facts:
        return [Check(SECTION, "mps", Status.OK, f"Apple GPU, test convolution {found.facts['mps_ms']:.1f} ms")]
    reason = found.errors.get("convolution on mps") or found.death
    return [
        Check(SECTION, "mps", Status.WARNING, f"Apple GPU: {reason}", 'choose device="cpu", or update macOS and torch')
    ]


def has_kernels(built_for: list[str], capability: tuple[int, ...]) -> bool:
    """Whether one of ``sm_80``, ``compute_90``... runs on this card: same major version, or compiled on the spot."""
    for arch in built_for:
        kind, _, digits = arch.partition("_")
        found = re.fullmatch(r"(\d+)(\d)[af]?", digits)
        if not found:
            continue
        target = (int(found[1]), int(found[2]))
        if kind == "compute" and target <= capability:
            return True
        if kind == "sm" and target[0] == capability[0] and target <= capability:
            return True
    return False


def _pair(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(re.sub(r"\D.*", "", minor) or 0)
