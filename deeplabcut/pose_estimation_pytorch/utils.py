"""Seeds and devices."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from deeplabcut.core.errors import InvalidInput


def fix_seeds(seed: int) -> None:
    """Make everything that draws from the global generators of Python, numpy and torch repeatable."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # transforms of users draw from it
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def resolve_device(model_config: Mapping[str, Any] | Any) -> str:
    """The device that a configuration asks for; ``auto`` is the best one for its network on this machine.

    That is CUDA where there is a card, then Apple's MPS for ResNets (other networks use operations that it lacks),
    else the CPU.
    """
    wanted = str(model_config.get("device") or "auto").strip().lower()
    if wanted != "auto":
        return checked_device(wanted)
    if torch.cuda.is_available():
        return "cuda"
    net_type = model_config.get("net_type")
    if torch.backends.mps.is_available() and "resnet" in str(getattr(net_type, "value", net_type) or ""):
        return "mps"
    return "cpu"


def checked_device(name: str) -> str:
    """``name``, if this machine has such a device; raises `InvalidInput` saying which ones it has."""
    n_cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    known = ["cpu", *(["mps"] if torch.backends.mps.is_available() else [])]
    known += ["cuda", *(f"cuda:{i}" for i in range(n_cards))] if n_cards else []
    if name not in known:
        raise InvalidInput(
            f"This machine has no device {name!r}.",
            where="device in pytorch_config.yaml, or the argument device",
            fix=f"use one of auto, {', '.join(known)}" + ("" if n_cards else "; dlc doctor says why no card is seen"),
        )
    return name
