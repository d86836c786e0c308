"""``_meta.pickle``: the facts of the run that analysed a video."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import DamagedFile
from deeplabcut.io.pickles import read_pickle, write_pickle

_MODEL_KEYS = {Engine.PYTORCH: "pytorch-config", Engine.TF: "DLC-model-config file"}


@dataclass(frozen=True)
class RunMetadata:
    """The facts of a run.

    Parameters
    ----------
    fps : frames per second, 0 where the file does not say.
    size : width and height of the frames that the network saw.
    crop : x1, x2, y1, y2 of the part of the video that was analysed, None for the whole frames. Points in the
        files of the run are relative to it.
    model_config : the configuration of the network.
    """

    scorer: str
    n_frames: int
    fps: float
    size: tuple[int, int]
    crop: tuple[int, int, int, int] | None = None
    batch_size: int = 1
    start_s: float = 0.0
    stop_s: float = 0.0
    iteration: int = 0
    train_fraction: float = 0.95
    bodyparts: tuple[str, ...] = ()
    individuals: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    engine: Engine = Engine.PYTORCH
    model_config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def offset(self) -> tuple[int, int]:
        """What to add to points of the run to get points of the whole frame."""
        return (self.crop[0], self.crop[2]) if self.crop else (0, 0)


def read_run_metadata(path: str | os.PathLike[str]) -> RunMetadata:
    """The facts in a ``_meta.pickle`` of either engine."""
    content = read_pickle(path)
    try:
        data = content["data"]
        engine = Engine.TF if _MODEL_KEYS[Engine.TF] in data else Engine.PYTORCH
        one, other = (int(n) for n in data["frame_dimensions"])
        crop = [int(n) for n in _listed(data, "cropping_parameters")]
        return RunMetadata(
            scorer=str(data["Scorer"]),
            n_frames=int(data["nframes"]),
            fps=float(data.get("fps") or 0),
            size=(other, one) if engine is Engine.TF else (one, other),
            crop=(crop[0], crop[1], crop[2], crop[3]) if data.get("cropping") and crop else None,
            batch_size=int(data.get("batch_size", 1)),
            start_s=float(data.get("start", 0)),
            stop_s=float(data.get("stop", 0)),
            iteration=int(data.get("iteration (active-learning)", 0)),
            train_fraction=float(data.get("training set fraction", 0.95)),
            bodyparts=tuple(map(str, _listed(data, "bodyparts"))),
            individuals=tuple(map(str, _listed(data, "individuals"))),
            unique=tuple(map(str, _listed(data, "unique_bodyparts"))),
            engine=engine,
            model_config=data.get(_MODEL_KEYS[engine]) or {},
        )
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise DamagedFile(
            f"The file does not hold the facts of a run ({type(error).__name__}: {error}).", where=Path(path)
        ) from error


def _listed(data: Mapping[str, Any], key: str) -> list[Any]:
    """The values of a list, a tuple or an array; none where the key is absent or None."""
    values = data.get(key)
    return [] if values is None else list(values)


def write_run_metadata(path: str | os.PathLike[str], run: RunMetadata) -> None:
    """Write the facts of a run."""
    width, height = run.size
    data: dict[str, Any] = {
        "start": run.start_s,
        "stop": run.stop_s,
        "run_duration": run.stop_s - run.start_s,
        "Scorer": run.scorer,
        _MODEL_KEYS[run.engine]: dict(run.model_config),
        "fps": run.fps,
        "batch_size": run.batch_size,
        "frame_dimensions": (height, width) if run.engine is Engine.TF else (width, height),
        "nframes": run.n_frames,
        "iteration (active-learning)": run.iteration,
        "training set fraction": run.train_fraction,
        "cropping": run.crop is not None,
        "cropping_parameters": list(run.crop or (0, width, 0, height)),
    }
    if run.engine is Engine.PYTORCH:
        data |= {
            "individuals": list(run.individuals),
            "bodyparts": list(run.bodyparts),
            "unique_bodyparts": list(run.unique),
        }
    write_pickle(path, {"data": data})
