"""The picture of a training batch shows what training sees."""

import numpy as np
import pytest

from deeplabcut.core.config import new_project_config
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import read_image, write_png
from deeplabcut.pose_estimation_pytorch.apis.batch_picture import show_training_batch
from deeplabcut.pose_estimation_pytorch.data import DLCLoader
from deeplabcut.pose_estimation_pytorch.data.augmentation.sheet import draw_sample


@pytest.fixture
def config(tmp_path):
    """A project with images of two sizes."""
    path = tmp_path / "reach"
    config = new_project_config("reach", "Ana", "Nov20", path, video_sets={str(path / "videos" / "b.mp4"): {}})
    config.update({"skeleton": [], "TrainingFraction": [0.75], "bodyparts": ["snout", "tail"]})
    folder = path / "labeled-data" / "b"
    folder.mkdir(parents=True)
    config.to_yaml(path / "config.yaml")
    sizes = [(60, 80), (90, 70)] * 4
    names = [f"img{i}.png" for i in range(len(sizes))]
    for name, size in zip(names, sizes, strict=True):
        write_png(folder / name, np.full((*size, 3), 90, np.uint8))
    xy = np.random.default_rng(0).uniform(20, 50, (len(sizes), 1, 2, 2))
    keys = tuple(("labeled-data", "b", name) for name in names)
    plan = BodyPlan(("snout", "tail"))
    write_annotations(folder, Annotations(plan, "Ana", keys, xy, np.zeros((len(sizes), 0, 2))))
    create_training_dataset(path, Shuffles=[1], net_type="resnet_50", userfeedback=False)
    return path


def test_images_of_several_sizes_are_shown_in_the_size_that_training_gives_them(config, tmp_path):
    collate = {"type": "ResizeFromListCollate", "scales": [64]}
    updates = {"data.train.collate": collate, "data.train.crop_sampling": None}
    DLCLoader(config, shuffle=1).update_model_cfg(updates)
    path = show_training_batch(config, n_images=3, destination=tmp_path / "batch.png")
    assert read_image(path).shape[1] > 3 * 300
    first = path.read_bytes()
    assert show_training_batch(config, n_images=3, destination=path).read_bytes() == first
    with pytest.raises(InvalidInput, match="0 images"):
        show_training_batch(config, n_images=0)


def test_empty_places_are_not_drawn_as_boxes():
    ground = np.zeros((20, 20, 3), np.uint8)
    assert not draw_sample(ground, boxes=[[0, 0, 0, 0], [np.nan] * 4]).any()
    assert draw_sample(ground, boxes=[[4, 4, 8, 8]]).any()
