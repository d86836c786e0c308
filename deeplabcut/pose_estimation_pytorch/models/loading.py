"""Trained weights from files, without running what a file may carry, and into the networks that they fit.

Files are read with ``weights_only``. Snapshots of earlier releases hold numbers of NumPy beside the weights; the few
names that such a number is made of are replaced by functions of ours, and nothing else is admitted.
"""

from __future__ import annotations

import logging
import os
import pickle
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import nn

from deeplabcut.core.errors import DamagedFile, InvalidInput, UnsafeFile
from deeplabcut.core.files import open_to_read
from deeplabcut.core.text import printable
from deeplabcut.core.trust import is_trusted

logger = logging.getLogger(__name__)

State = dict[str, torch.Tensor]

_ONE_AT_A_TIME = threading.Lock()  # what torch admits is a list of the whole process
_N_NAMED = 5
_LARGEST_RATIO = 4


class SnapshotMismatch(InvalidInput):
    """A snapshot of another network."""

    code = "DLC132"


def read_snapshot(path: str | os.PathLike[str], weights_only: bool | None = None) -> dict[str, Any]:
    """The content of a snapshot, on the CPU: ``model``, and what else was stored.

    Parameters
    ----------
    path : path
        A file of ``torch.save``.
    weights_only : bool, optional
        As configurations may say it. False is ignored with a warning: a file that needs it is opened after
        ``dlc trust FILE``, and by nothing that a project says.
    """
    path = Path(path)
    if weights_only is False:
        logger.warning(
            "load_weights_only: false is ignored; %s is read as weights only. If you made the file yourself and it"
            " holds more, run: dlc trust %s",
            printable(path.name),
            printable(str(path)),
        )
    with open_to_read(path) as file:
        _refuse_bombs(file, path)
        content = _loaded(file, path)
    if not isinstance(content, Mapping):
        raise DamagedFile(
            f"{printable(path.name)} holds no snapshot but a {type(content).__name__}.",
            where=path,
            fix="give a file that training has written",
        )
    return dict(content)


def weights_of(snapshot: Mapping[str, Any], path: str | os.PathLike[str] | None = None) -> State:
    """The weights of the network in a snapshot."""
    state = snapshot.get("model", snapshot.get("state_dict"))
    if isinstance(state, Mapping) and state and all(torch.is_tensor(value) for value in state.values()):
        return dict(state)
    raise DamagedFile(
        f"There are no weights in the snapshot; it holds {printable(', '.join(map(str, snapshot))) or 'nothing'}.",
        where=path,
        fix="give a file that training has written; its weights are under 'model'",
    )


def load_weights(
    module: nn.Module,
    snapshot: Mapping[str, Any],
    *,
    path: str | os.PathLike[str] | None = None,
    parts: Sequence[str] | None = None,
) -> None:
    """Put the weights of a snapshot into a network; raises `SnapshotMismatch` and changes nothing if they do not fit.

    Parameters
    ----------
    snapshot : dict
        What `read_snapshot` gives.
    path : path, optional
        Where it was read, for messages.
    parts : sequence of str, optional
        Load these parts of the network only, ``["backbone"]`` for instance.
    """
    state = weights_of(snapshot, path)
    load_parts(module, {part: filter_state_dict(state, part) for part in parts or [""]}, path=path, whole=state)


def load_parts(
    module: nn.Module,
    states: Mapping[str, State],
    *,
    path: str | os.PathLike[str] | None = None,
    whole: State | None = None,
) -> None:
    """Put weights into parts of a network, all of them or none.

    Parameters
    ----------
    states : part -> its weights
        The empty name is the whole network.
    whole : dict of tensors, optional
        All weights of the snapshot, for messages.
    """
    differences = [
        told for part, state in states.items() if (told := _differences(module.get_submodule(part), state, part))
    ]
    if differences:
        known = whole if whole is not None else {name: value for one in states.values() for name, value in one.items()}
        raise SnapshotMismatch(
            f"The snapshot does not fit this network: {'; '.join(differences)}. The snapshot was trained for"
            f" {described(known)}; this network is {described(module.state_dict())}.",
            where=path,
            fix="choose a snapshot of this very configuration, or the configuration that the snapshot was trained with",
        )
    for part, state in states.items():
        module.get_submodule(part).load_state_dict(state)
        _warn_of_numbers_lost(state, path)


def _differences(module: nn.Module, state: State, part: str) -> str:
    """How weights differ from those of a module; empty if they fit."""
    wanted = module.state_dict()
    start = f"{part}." if part else ""
    shared = [name for name in wanted if name in state]
    other = [name for name in shared if state[name].shape != wanted[name].shape]
    kinds = {
        "of another shape": [f"{start}{one} {_shape(state[one])} instead of {_shape(wanted[one])}" for one in other],
        "missing in the file": [f"{start}{name}" for name in wanted if name not in state],
        "unknown here": [f"{start}{name}" for name in state if name not in wanted],
    }
    return "; ".join(f"{len(names)} parameters {kind}: {_some(names)}" for kind, names in kinds.items() if names)


def _warn_of_numbers_lost(state: State, path: str | os.PathLike[str] | None) -> None:
    lost = [name for name, value in state.items() if value.is_floating_point() and not value.isfinite().all()]
    if lost:
        name = printable(Path(path).name) if path is not None else "The snapshot"
        logger.warning("%s holds weights that are no numbers, and will predict nothing: %s.", name, _some(lost))


def filter_state_dict(state_dict: Mapping[str, torch.Tensor], module: str) -> State:
    """The weights of one part, by their names within it; ``"backbone"`` or ``"heads.bodypart"`` for instance."""
    start = f"{module}." if module else ""
    return {name[len(start) :]: value for name, value in state_dict.items() if name.startswith(start)}


def described(state: Mapping[str, torch.Tensor]) -> str:
    """What a network is, as far as its weights tell: its parts, and how many maps each head makes."""
    parts = dict.fromkeys(name.split(".")[0] for name in state)
    parts.pop("heads", None)
    told = [f"{_kind_of(state, part)} of {_n_parameters(state, part):,} parameters" for part in parts]
    heads = dict.fromkeys(name.split(".")[1] for name in state if name.startswith("heads."))
    told += [f"the head {head} of {_outputs(filter_state_dict(state, f'heads.{head}'))}" for head in heads]
    return ", ".join(told) or "nothing"


_TELLING = {
    "backbone.conv_block1.": "DLCRNet",
    "backbone.coam_stages.": "HRNetCoAM",
    "backbone.cond_preNet.": "CondPreNet",
    "backbone.model.layer1.": "ResNet",
    "backbone.model.stage4.": "HRNet",
    "backbone.stage1.": "CSPNeXt",
    "model.roi_heads.": "FasterRCNN",
    "model.head.classification_head.": "SSDLite",
}
"""How the parameters of our own parts begin."""


def _kind_of(state: Mapping[str, torch.Tensor], part: str) -> str:
    for start, kind in _TELLING.items():
        if start.startswith(f"{part}.") and any(name.startswith(start) for name in state):
            return f"{part} {kind}"
    return part


def _outputs(head: Mapping[str, torch.Tensor]) -> str:
    """How many maps a head makes: what the biases of its last layers count."""
    layers = {
        "heatmaps": ("heatmap_head.deconv_layers", "heatmap_head.head_heatmap", "heatmap_head.final_conv"),
        "part affinity channels": ("paf_head.deconv_layers", "paf_head.final_conv"),
        "bodyparts as coordinates": ("final_layer",),
    }
    told = []
    for what, starts in layers.items():
        biases = [value for start in starts for name, value in head.items() if _is_bias_of(name, start)]
        told += [f"{len(biases[-1])} {what}"] if biases else []
    return " and ".join(told) or f"{sum(value.numel() for value in head.values()):,} parameters"


def _is_bias_of(name: str, layers: str) -> bool:
    return name.startswith(f"{layers}.") and name.endswith(".bias")


def _n_parameters(state: Mapping[str, torch.Tensor], part: str) -> int:
    return sum(value.numel() for value in filter_state_dict(state, part).values())


def _shape(value: torch.Tensor) -> tuple[int, ...]:
    return tuple(value.shape)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else ""
    return printable(", ".join(names[:_N_NAMED])) + more


# what torch raises, wherever the content stops making sense
_DAMAGE = (RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, OSError, MemoryError)


def _loaded(file: BinaryIO, path: Path) -> Any:
    try:
        if is_trusted(file):
            return torch.load(file, map_location="cpu", weights_only=False)
        with _only_weights_and_numbers():
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refusal(error, path) from error
    except _DAMAGE as error:
        raise DamagedFile(
            f"{printable(path.name)} cannot be read as a snapshot ({_first_line(error)}).",
            where=path,
            fix="take another snapshot, or copy or download the file again",
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0][:200]) if lines else type(error).__name__


def _refusal(error: pickle.UnpicklingError, path: Path) -> UnsafeFile | DamagedFile:
    reason = str(error).split("WeightsUnpickler error: ")[-1].split(" Please")[0]
    reason = printable(reason.strip().splitlines()[0][:200].rstrip(". ")) if reason.strip() else "no reason given"
    if "GLOBAL" in reason or "blocklist" in reason or "Trying to" in reason or "Can only" in reason:
        return UnsafeFile(
            f"{printable(path.name)} asks for more than weights and numbers ({reason}).",
            where=path,
            fix=f"use it only if you know who made it; if you made it yourself, run: dlc trust {printable(str(path))}",
        )
    return DamagedFile(
        f"{printable(path.name)} is no snapshot, or was cut ({reason}).",
        where=path,
        fix="take another snapshot, or copy or download the file again",
    )


def _refuse_bombs(file: BinaryIO, path: Path) -> None:
    """``torch.save`` does not compress; a file that would grow was made by something else."""
    if not zipfile.is_zipfile(file):
        file.seek(0)
        return
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            n_bytes = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedFile(
            f"{printable(path.name)} is damaged ({error}).",
            where=path,
            fix="take another snapshot, or copy or download the file again",
        ) from error
    n_here = file.seek(0, os.SEEK_END)
    file.seek(0)
    if n_bytes > _LARGEST_RATIO * n_here:
        raise UnsafeFile(
            f"{printable(path.name)} would grow from {n_here:,} to {n_bytes:,} bytes; snapshots do not.",
            where=path,
            fix="do not use it",
        )


class _Kind:
    """Stands for a dtype of NumPy: the code of a plain number, and its byte order."""

    def __init__(self, code: str, align: bool = False, copy: bool = False) -> None:
        if not (isinstance(code, str) and np.dtype(code).kind in "biuf"):
            raise pickle.UnpicklingError(f"Can only read plain numbers of NumPy, not {code!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Sequence[Any]) -> None:
        if ">" in state[1:2]:
            self.dtype = self.dtype.newbyteorder(">")


def _number(kind: _Kind, content: bytes) -> Any:
    """The number that NumPy stored as bytes, as a plain one."""
    if not isinstance(kind, _Kind) or not isinstance(content, bytes) or len(content) != kind.dtype.itemsize:
        raise pickle.UnpicklingError("Can only read plain numbers of NumPy")
    return np.frombuffer(content, kind.dtype)[0].item()


_ADMITTED: list[Any] = [
    (_Kind, "numpy.dtype"),
    (_number, "numpy.core.multiarray.scalar"),
    (_number, "numpy._core.multiarray.scalar"),
]


@contextmanager
def _only_weights_and_numbers() -> Iterator[None]:
    """While it lasts, torch admits what is listed here and nothing that the process has added."""
    with _ONE_AT_A_TIME:
        others = torch.serialization.get_safe_globals()
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(_ADMITTED)
        try:
            yield
        finally:
            torch.serialization.clear_safe_globals()
            torch.serialization.add_safe_globals(others)
