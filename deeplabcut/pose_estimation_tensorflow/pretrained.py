"""Weights that TensorFlow networks start from: ImageNet checkpoints and projects of the model zoo.

They are fetched when they are first needed and kept in the user's cache; checkpoints inside an older installation are
found as well. The addresses are data, in ``pretrained.json``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from deeplabcut.core import progress
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.core.locks import hold
from deeplabcut.core.text import printable
from deeplabcut.io.archives import unpack
from deeplabcut.io.cache import made_user_cache
from deeplabcut.io.download import download

MODEL_BASE_PATH = Path("pose_estimation_tensorflow", "models", "pretrained")
"""Where earlier releases kept checkpoints, inside the package."""

_CACHE = "tensorflow-weights"
_TABLE: dict[str, dict[str, dict[str, Any]]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

MODELTYPE_FILEPATH_MAP = {name: MODEL_BASE_PATH / entry["file"] for name, entry in _TABLE["imagenet"].items()}
"""Name of a network -> its ImageNet checkpoint, relative to the package."""


def check_for_weights(modeltype: str, parent_path: str | os.PathLike[str]) -> str:
    """The path of the ImageNet checkpoint of a network, fetched if it is nowhere yet.

    A network of an unknown name has none: a message says so, and ``parent_path`` comes back.

    Parameters
    ----------
    modeltype : str
        For example ``resnet_50``.
    parent_path : path
        The package of an installation, whose checkpoints are used if it has them.
    """
    if modeltype not in MODELTYPE_FILEPATH_MAP:
        names = ", ".join(MODELTYPE_FILEPATH_MAP)
        progress.current().message(f"There are no ImageNet weights for {printable(str(modeltype))}; only for {names}.")
        return str(parent_path)
    old = Path(parent_path) / MODELTYPE_FILEPATH_MAP[modeltype]
    return str(old if _has_checkpoint(old) else _fetched(modeltype))


def download_weights(modeltype: str, model_path: str | os.PathLike[str]) -> None:
    """Fetch the ImageNet checkpoint of a network.

    Parameters
    ----------
    modeltype : str
        For example ``resnet_50``.
    model_path : path
        The checkpoint to be made, for example ``pretrained/resnet_v1_50.ckpt``.
    """
    if modeltype not in MODELTYPE_FILEPATH_MAP:
        raise Missing(
            f"No address of ImageNet weights is known for {modeltype!r}; only for {', '.join(MODELTYPE_FILEPATH_MAP)}.",
            fix="choose one of them, or train the network from weights of your own (init_weights)",
        )
    path, entry = Path(model_path), _TABLE["imagenet"][modeltype]
    if path.name != Path(entry["file"]).name:
        raise InvalidInput(f"The checkpoint of {modeltype} is called {Path(entry['file']).name}.", where=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _fetch_and_unpack(entry, path.parent, path.name)
    if not _has_checkpoint(path):
        raise DamagedFile(f"The archive holds no checkpoint {path.name}.", where=entry["url"], fix="tell the authors")


def download_model(modelname: str, target_dir: str | os.PathLike[str]) -> None:
    """Fetch a TensorFlow project of the model zoo; its files lie in ``target_dir`` itself.

    Parameters
    ----------
    modelname : str
        For example ``full_cat``.
    target_dir : path
        Made if it does not exist.
    """
    entry = _TABLE["model_zoo"].get(modelname)
    if entry is None:
        names = ", ".join(_TABLE["model_zoo"])
        raise Missing(f"The model zoo has no TensorFlow model {modelname!r}.", fix=f"choose one of: {names}")
    folder = Path(target_dir)
    folder.mkdir(parents=True, exist_ok=True)
    _fetch_and_unpack(entry, folder, "")


def set_visible_devices(gputouse: int) -> None:
    """Let TensorFlow use one GPU only, by its number."""
    try:
        import tensorflow as tf  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "TensorFlow is not installed.\n  what to do: pip install 'deeplabcut[tf]'", name="tensorflow"
        ) from error
    devices = tf.config.list_physical_devices("GPU")
    if not 0 <= gputouse < len(devices):
        raise InvalidInput(
            f"There is no GPU number {gputouse}: TensorFlow sees {len(devices)}.",
            fix=f"use a number from 0 to {len(devices) - 1}, or None" if devices else "use None (the processor)",
        )
    tf.config.set_visible_devices(devices[gputouse], "GPU")


def smart_restore(restorer: Any, sess: Any, checkpoint_path: str | os.PathLike[str], net_type: str) -> None:
    """Restore a checkpoint into a session; an ImageNet checkpoint that is not there is fetched first.

    Parameters
    ----------
    restorer : tensorflow Saver
    sess : tensorflow Session
    checkpoint_path : path
    net_type : str
        The network whose weights they are.
    """
    path = Path(checkpoint_path)
    if not _has_checkpoint(path):
        known = MODELTYPE_FILEPATH_MAP.get(net_type)
        if known is None or path.name != known.name:
            raise InvalidInput(
                "There is no such checkpoint.", where=path, fix="correct init_weights in the pose_cfg.yaml of the model"
            )
        path = _fetched(net_type)
    restorer.restore(sess, str(path))


def _fetched(modeltype: str) -> Path:
    """The checkpoint in the user's cache."""
    path = made_user_cache(_CACHE) / str(_TABLE["imagenet"][modeltype]["file"])
    if not _has_checkpoint(path):
        progress.current().message(f"Fetching the ImageNet weights of {modeltype} into {path.parent} ...")
        download_weights(modeltype, path)
    return path


def _fetch_and_unpack(entry: dict[str, Any], folder: Path, prefix: str) -> None:
    """Fetch an archive and put its files whose names begin with ``prefix`` into a folder."""
    archive = folder / Path(entry["url"]).name
    with hold(folder, "weights", wait_s=3600.0):
        download(entry["url"], archive, sha256=entry.get("sha256"))
        try:
            unpack(archive, folder, flat=True, wanted=lambda name: name.startswith(prefix), overwrite=True)
        finally:
            archive.unlink(missing_ok=True)


def _has_checkpoint(path: Path) -> bool:
    """Whether a checkpoint of either format is there."""
    if path.is_file():
        return True
    return path.with_name(f"{path.name}.index").is_file() and any(path.parent.glob(f"{path.name}.data-*"))
