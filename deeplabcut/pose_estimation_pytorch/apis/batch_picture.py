"""What a network is shown in training: augmented images with their points, and the targets made of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.io.images import write_png
from deeplabcut.pose_estimation_pytorch.data.augmentation.sheet import draw_sample, sheet
from deeplabcut.pose_estimation_pytorch.data.collate import COLLATE_FUNCTIONS
from deeplabcut.pose_estimation_pytorch.data.dlcloader import DLCLoader
from deeplabcut.pose_estimation_pytorch.data.loading import data_loader
from deeplabcut.pose_estimation_pytorch.data.transforms import build_transforms
from deeplabcut.pose_estimation_pytorch.models.model import PoseModel

_WIDTH_PX = 320


def show_training_batch(
    config: str | Path,
    shuffle: int = 1,
    trainingsetindex: int = 0,
    *,
    n_images: int = 4,
    seed: int = 0,
    destination: Path | None = None,
    modelprefix: str = "",
) -> Path:
    """Draw what a shuffle's network is shown in training: augmented images with their targets; the picture's path.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    shuffle : int
        Number of the shuffle.
    trainingsetindex : int
        Place of the training fraction in TrainingFraction.
    n_images : int
        How many images to draw.
    seed : int
        The same seed gives the same picture.
    destination : path, optional
        Where the picture goes; by default training-batch.png beside the shuffle's pytorch_config.yaml.
    modelprefix : str
        The folder, in the project, that holds the models.
    """
    if n_images < 1:
        raise InvalidInput(f"{n_images} images cannot be drawn.", fix="ask for one or more")
    loader = DLCLoader(config, trainset_index=trainingsetindex, shuffle=shuffle, modelprefix=modelprefix)
    settings = loader.model_cfg
    dataset = loader.create_dataset(build_transforms(settings["data"]["train"]), "train", loader.pose_task)
    collate = settings["data"]["train"].get("collate")
    in_one_size = COLLATE_FUNCTIONS.build(collate) if collate else None
    batch = next(iter(data_loader(dataset, n_images, shuffle=True, seed=seed, collate_fn=in_one_size)))
    model = PoseModel.build(settings["model"]).eval()
    condition = batch["context"].get("cond_keypoints")
    with torch.no_grad():
        outputs = model(batch["image"]) if condition is None else model(batch["image"], cond_kpts=condition.numpy())
        targets = model.get_target(outputs, batch["annotations"])
    pictures, titles = [], []
    for i in range(len(batch["image"])):
        names = ("keypoints", "keypoints_unique", "boxes")
        points, unique, boxes = (batch["annotations"][name][i].numpy() for name in names)
        picture = draw_sample(batch["image"][i].numpy(), points, boxes)
        pictures.append(draw_sample(picture, unique, colormap="spring"))
        titles.append(Path(batch["path"][i]).name)
    for name, maps in _maps(targets).items():
        for i, stack in enumerate(maps):
            pictures.append(_overlaid(pictures[i], stack))
            titles.append(f"target: {name}")
    path = Path(destination) if destination else loader.model_folder / "training-batch.png"
    write_png(path, sheet(pictures, titles, n_columns=len(batch["image"]), width_px=_WIDTH_PX))
    return path


def _maps(targets: dict[str, dict[str, dict[str, torch.Tensor]]]) -> dict[str, Array]:
    """The targets that are maps of scores, (n_images, n_channels, height, width); offsets are not drawn."""
    found = {}
    for head, outputs in targets.items():
        for name, target in outputs.items():
            maps = target["target"].detach().cpu().numpy()
            if name in ("heatmap", "paf") and maps.ndim == 4:
                found[f"{head} {name}"] = np.abs(maps)
        if {"x", "y"} <= set(outputs):
            x, y = (outputs[axis]["target"].detach().cpu().numpy() for axis in "xy")
            x, y = (axis.reshape(len(axis), -1, axis.shape[-1]) for axis in (x, y))
            found[f"{head} x and y"] = y[..., :, None] * x[..., None, :]
    return found


def _overlaid(picture: Array, maps: Array) -> Array:
    """A picture with the strongest of some maps (n_channels, height, width) laid over it."""
    strongest = maps.max(axis=0)
    scaled = np.uint8(255 * np.clip(strongest / max(float(strongest.max()), 1e-6), 0, 1))
    height, width = picture.shape[:2]
    heat = cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR)
    shaded = cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO)[..., ::-1]
    return np.asarray(cv2.addWeighted(picture // 2, 1.0, shaded, 0.9, 0))
