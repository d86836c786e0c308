"""Projects around trained networks: names are checked, and the data side is complete."""

import os

import numpy as np
import pytest

import deeplabcut
from deeplabcut.core.config import read_config
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.create_project.modelzoo import pretrained_data
from deeplabcut.io.video.write import VideoSink
from deeplabcut.project import superanimals
from deeplabcut.project.shuffles import TrainingDatasetMetadata


@pytest.fixture
def film(tmp_path):
    with VideoSink(tmp_path / "film.mp4", size=(64, 48), fps=30) as sink:
        for _ in range(3):
            sink.add(np.zeros((48, 64, 3), np.uint8))
    (tmp_path / "desk").mkdir()
    return tmp_path / "film.mp4"


@pytest.mark.parametrize("multi", [False, True])
def test_the_project_has_the_bodyparts_of_the_superanimal_and_a_first_shuffle(film, tmp_path, multi):
    animal = superanimals.super_animal("superanimal_humanbody")
    project = pretrained_data(
        "walk", "Ana", [film], animal, working_directory=tmp_path / "desk", train_fraction=0.8, multi_animal=multi,
        individuals=["a", "b"],
    )  # fmt: skip
    config = read_config(project.config_file)
    assert config.bodyparts_list == list(animal.bodyparts)
    assert [tuple(bone) for bone in config.skeleton] == list(animal.skeleton)
    assert config.TrainingFraction == [0.8]
    (shuffle,) = TrainingDatasetMetadata.load(project.config_file).shuffles
    assert (shuffle.index, shuffle.train_fraction, str(shuffle.engine)) == (1, 0.8, "pytorch")


@pytest.mark.parametrize("name", superanimals.names())
def test_every_superanimal_is_consistent(name):
    animal = superanimals.super_animal(name)
    assert len(animal.colors_rgb) == len(animal.bodyparts) == len(set(animal.bodyparts))
    assert {part for bone in animal.skeleton for part in bone} <= set(animal.bodyparts)
    assert all(a < len(animal.bodyparts) and b < len(animal.bodyparts) for a, b in animal.left_right_pairs)
    assert animal.pose_models


def test_the_numbers_of_bodyparts_are_those_of_the_weights():
    counts = {name: len(superanimals.super_animal(name).bodyparts) for name in superanimals.names()}
    assert list(counts.values()) == [42, 17, 39, 27]
    assert list(counts) == [f"superanimal_{who}" for who in ("bird", "humanbody", "quadruped", "topviewmouse")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": "superanimal_cat"}, "superanimal_quadruped"),
        ({"net_name": "hrnet_w33"}, "Did you mean 'hrnet_w32'"),
        ({"detector_name": "ssd"}, "no detector"),
        ({"engine": "tf", "model": "full_elephant"}, "full_human"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_made(film, tmp_path, wrong, said):
    with pytest.raises(InvalidInput) as caught:
        deeplabcut.create_pretrained_project("walk", "Ana", [film], working_directory=tmp_path / "desk", **wrong)
    assert said in str(caught.value)
    assert os.listdir(tmp_path / "desk") == []


@pytest.mark.parametrize("create", [deeplabcut.create_pretrained_project, deeplabcut.create_pretrained_human_project])
def test_as_long_as_there_is_no_model_zoo_nothing_is_made_and_that_is_said(film, tmp_path, create):
    with pytest.raises(Missing, match="model zoo"):
        create("walk", "Ana", [film], working_directory=tmp_path / "desk")
    assert os.listdir(tmp_path / "desk") == []
