"""Scenes on disk: a video per camera, ``scene.json`` with the recipe, ``truth.npz`` with the arrays."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core import progress
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.core.files import transaction
from deeplabcut.core.poses import BodyPlan
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.options import SceneOptions
from deeplabcut.scenes.truth import SceneTruth

if TYPE_CHECKING:
    from deeplabcut.scenes.scene import Scene

Array = NDArray[np.float64]

RECIPE, TRUTH = "scene.json", "truth.npz"
_FORMAT = 1
_ARRAYS = tuple(field.name for field in fields(SceneTruth) if field.name != "plan")


@dataclass(frozen=True)
class SceneFiles:
    """Where `write_scene` put everything; videos in the order of the cameras."""

    videos: tuple[Path, ...]
    recipe: Path
    truth: Path


@dataclass(frozen=True)
class StoredScene:
    """A scene read back: everything but the pictures, which are in ``videos``."""

    options: SceneOptions
    cameras: tuple[Camera, ...]
    coats: tuple[str, ...]
    plan: BodyPlan
    videos: tuple[Path, ...]
    xyz: Array  # (n_frames, n_animals, n_bodyparts, 3) mm
    unique_xyz: Array  # (n_unique, 3) mm
    truths: tuple[SceneTruth, ...]  # one per camera


def write_scene(
    scene: Scene,
    folder: str | os.PathLike[str],
    *,
    name: str = "scene",
    codec: str = "h264",
    quality: int | None = None,
) -> SceneFiles:
    """Write the videos, the recipe and the truth of a scene into ``folder``; the recipe comes last."""
    if not name or Path(name).name != name:
        raise InvalidInput(f"{name!r} cannot be part of a file name.", where="name")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    videos = tuple(folder / f"{name}_{camera.name}.mp4" for camera in scene.cameras)
    for index, path in enumerate(videos):
        _write_video(scene, index, path, codec=codec, quality=quality)
    recipe = {
        "format": _FORMAT,
        "options": scene.options.to_dict(),
        "seed": scene.options.seed,
        "cameras": [camera.to_dict() for camera in scene.cameras],
        "coats": list(scene.coats),
        "bodyparts": list(scene.plan.bodyparts),
        "individuals": list(scene.plan.individuals),
        "unique": list(scene.plan.unique),
        "skeleton": [list(bone) for bone in scene.plan.skeleton],
        "videos": [path.name for path in videos],
        "units": "xy: px, whole numbers are pixel centres; xyz: mm, z up from the floor; boxes: left top width height",
    }
    with transaction(folder) as change:
        with change.open(TRUTH) as file:
            np.savez_compressed(file, **_arrays(scene))
        with change.open(RECIPE) as file:
            file.write(json.dumps(recipe, indent=1).encode())
    return SceneFiles(videos, folder / RECIPE, folder / TRUTH)


def read_scene(folder: str | os.PathLike[str]) -> StoredScene:
    """What `write_scene` stored in ``folder``."""
    folder = Path(folder)
    for name in (RECIPE, TRUTH):
        if not (folder / name).is_file():
            raise Missing(f"There is no {name}.", where=folder, fix="give the folder that a scene was written to")
    try:
        recipe = json.loads((folder / RECIPE).read_text("utf-8"))
        if recipe["format"] != _FORMAT:
            raise DamagedFile(f"Format {recipe['format']} is not known here.", where=folder / RECIPE)
        return _stored(folder, recipe)
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, DamagedFile):
            raise
        raise DamagedFile(
            f"The files of this scene do not fit together ({error}).", where=folder, fix="write the scene again"
        ) from error


def _stored(folder: Path, recipe: dict[str, Any]) -> StoredScene:
    cameras = tuple(Camera.from_dict(camera) for camera in recipe["cameras"])
    plan = BodyPlan(*(recipe[key] for key in ("bodyparts", "individuals", "unique", "skeleton")))
    with np.load(folder / TRUTH, allow_pickle=False) as arrays:
        truths = tuple(
            SceneTruth(plan, *(arrays[f"{camera.name}.{name}"] for name in _ARRAYS)) for camera in cameras
        )  # fmt: skip
        xyz, unique_xyz = arrays["xyz"], arrays["unique_xyz"]
    videos = tuple(folder / Path(name).name for name in recipe["videos"])
    options = SceneOptions.from_dict(recipe["options"])
    return StoredScene(options, cameras, tuple(recipe["coats"]), plan, videos, xyz, unique_xyz, truths)


def _arrays(scene: Scene) -> dict[str, Any]:
    arrays: dict[str, Any] = {"xyz": scene.xyz, "unique_xyz": scene.unique_xyz}
    for index, camera in enumerate(scene.cameras):
        truth = scene.truth(index)
        arrays |= {f"{camera.name}.{name}": getattr(truth, name) for name in _ARRAYS}
    return arrays


def _write_video(scene: Scene, index: int, path: Path, *, codec: str, quality: int | None) -> None:
    from deeplabcut.io.video.write import VideoSink  # loads the codecs

    camera, options = scene.cameras[index], scene.options
    with (
        VideoSink(path, size=camera.size, fps=options.fps, codec=codec, quality=quality) as sink,
        progress.current().task("render", total=options.n_frames, unit="frame", label=path.name) as task,
    ):
        for image in scene.frames(index):
            sink.add(image)
            task.advance()
