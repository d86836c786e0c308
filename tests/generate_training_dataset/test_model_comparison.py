"""Shuffles for every combination of networks and augmentations, and the log that says which is which."""

from __future__ import annotations

import re
import sys
import types

import numpy as np
import pytest

from deeplabcut.core import engine as engines
from deeplabcut.core.config import new_project_config, read_config_as_dict
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.comparison import create_training_model_comparison
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.generate_training_dataset.findings import TrainingSetError
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import png_bytes

FOLDER = "training-datasets/iteration-0/UnaugmentedDataSet_reachNov20"
asked = []


class Backend:
    """An engine that knows no network called impossible."""

    def model_problems(self, config, request):
        return ["impossible is no network"] if request.net_type == "impossible" else []

    def write_model(self, folder, config, facts, request):
        asked.append((facts.shuffle, request.net_type, request.augmenter_type))


@pytest.fixture(autouse=True)
def backend(monkeypatch):
    asked.clear()
    module = types.ModuleType("comparing_engine")
    module.Backend = Backend
    monkeypatch.setitem(sys.modules, "comparing_engine", module)
    for name in engines.BACKENDS:
        monkeypatch.setitem(engines.BACKENDS, name, "comparing_engine:Backend")


@pytest.fixture
def project(tmp_path):
    def make(n=10, engine="pytorch"):
        path = tmp_path / "reach"
        sets = {str(path / "videos" / "a.mp4"): {"crop": "0, 64, 0, 48"}}
        config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, engine=engine)
        config["TrainingFraction"], config["bodyparts"], config["skeleton"] = [0.5, 0.8], ["snout"], []
        folder = path / "labeled-data" / "a"
        folder.mkdir(parents=True)
        (path / "videos").mkdir()
        config.to_yaml(path / "config.yaml")
        picture = png_bytes(np.zeros((48, 64, 3), np.uint8))
        keys = tuple(("labeled-data", "a", f"img{i:02d}.png") for i in range(n))
        for *_, name in keys:
            (folder / name).write_bytes(picture)
        if n:
            write_annotations(folder, Annotations(BodyPlan(("snout",)), "Ana", keys, np.full((n, 1, 1, 2), 9.0)))
        return path

    return make


def log(path):
    return (path / "training_model_comparison.log").read_text().splitlines()


def test_S7_every_combination_gets_a_shuffle_and_a_line(project):
    path = project()
    shuffles = create_training_model_comparison(
        path / "config.yaml", trainindex=1, num_shuffles=2, net_types=["resnet_50", "hrnet_w32"],
        augmenter_types=["imgaug", "albumentations"],
    )  # fmt: skip
    assert shuffles == list(range(8))
    lines = log(path)
    assert [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", "", line) for line in lines[:3] + lines[-1:]] == [
        "INFO Shuffle index:0, net_type:resnet_50, augmenter_type:imgaug, trainsetindex:1, frozen shuffle ID:0",
        "INFO Shuffle index:1, net_type:resnet_50, augmenter_type:albumentations, trainsetindex:1, frozen shuffle ID:0",
        "INFO Shuffle index:2, net_type:hrnet_w32, augmenter_type:imgaug, trainsetindex:1, frozen shuffle ID:0",
        "INFO Shuffle index:7, net_type:hrnet_w32, augmenter_type:albumentations, trainsetindex:1, frozen shuffle ID:1",
    ]
    assert asked[:3] == [(0, "resnet_50", "imgaug"), (1, "resnet_50", "albumentations"), (2, "hrnet_w32", "imgaug")]
    listed = read_config_as_dict(path / FOLDER / "metadata.yaml")["shuffles"].values()
    assert [one["split"] for one in listed] == [1] * 4 + [2] * 4
    assert {one["train_fraction"] for one in listed} == {0.8}


def test_numbers_go_on_from_the_largest_shuffle_and_the_log_keeps_its_lines(project):
    path = project()
    create_training_dataset(path, Shuffles=[3])
    assert create_training_model_comparison(path) == [4]
    assert create_training_model_comparison(path) == [5]
    assert [re.search(r"index:(\d)", line)[1] for line in log(path)] == ["4", "5"]


@pytest.mark.parametrize(("engine", "augmenter"), [("pytorch", "albumentations"), ("tensorflow", "imgaug")])
def test_by_default_there_is_one_network_with_the_augmentation_of_the_engine(project, engine, augmenter):
    create_training_model_comparison(project(engine=engine))
    assert asked == [(0, "resnet_50", augmenter)]


def test_a_log_without_a_last_line_break_gets_one(project):
    path = project()
    (path / "training_model_comparison.log").write_text("an unfinished line")
    create_training_model_comparison(path)
    assert log(path)[0] == "an unfinished line" and len(log(path)) == 2


def test_one_network_that_cannot_be_made_stops_all(project):
    path = project()
    before = sorted(path.rglob("*"))
    with pytest.raises(TrainingSetError, match="impossible is no network"):
        create_training_model_comparison(path, net_types=["resnet_50", "impossible"])
    assert sorted(path.rglob("*")) == before and not asked


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"net_types": "resnet_50"}, "no list of names"), ({"augmenter_types": []}, "no list of names"),
        ({"num_shuffles": 0}, "num_shuffles"), ({"trainindex": 5}, "no training fraction number 5"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_work_are_refused(project, arguments, says):
    path = project()
    with pytest.raises(ValueError, match=says):
        create_training_model_comparison(path, **arguments)
    assert not (path / "training-datasets").exists()


def test_a_project_without_labels_is_refused(project):
    with pytest.raises(TrainingSetError, match="no-labels"):
        create_training_model_comparison(project(n=0))


def test_the_same_seed_makes_the_same_splits(project):
    path = project()
    create_training_model_comparison(path, seed=1)
    create_training_model_comparison(path, seed=1)
    listed = read_config_as_dict(path / FOLDER / "metadata.yaml")["shuffles"].values()
    assert [one["split"] for one in listed] == [1, 1]
