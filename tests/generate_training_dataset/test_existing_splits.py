"""Splits that are used again, and splits of the labels as they are now."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.core import engine as engines
from deeplabcut.core.config import new_project_config, read_config, read_config_as_dict
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Annotations
from deeplabcut.generate_training_dataset.dataset import (
    create_training_dataset,
    create_training_dataset_from_existing_split,
    mergeandsplit,
)
from deeplabcut.io.annotations import change_labels, label_files, write_annotations
from deeplabcut.io.images import png_bytes
from deeplabcut.io.tables import Table
from deeplabcut.io.training_set import read_split
from deeplabcut.project.labels import body_plan

PICTURE = png_bytes(np.zeros((48, 64, 3), np.uint8))
FOLDER = "training-datasets/iteration-0/UnaugmentedDataSet_reachNov20"


def label(path, video, numbers):
    """Labels for the frames of these numbers; they replace those before."""
    folder = path / "labeled-data" / video
    folder.mkdir(parents=True, exist_ok=True)
    plan = body_plan(read_config(path))
    names = [f"img{i:02d}.png" for i in numbers]
    for name in names:
        (folder / name).write_bytes(PICTURE)
    keys = tuple(("labeled-data", video, name) for name in names)
    xy = np.random.default_rng(0).uniform(1, 47, (len(names), plan.n_individuals, plan.n_bodyparts, 2))
    write_annotations(folder, Annotations(plan, "Ana", keys, xy))


@pytest.fixture(autouse=True)
def no_engine(monkeypatch):
    for name in engines.BACKENDS:
        monkeypatch.setitem(engines.BACKENDS, name, "deeplabcut.engine_of_another_version:Backend")


@pytest.fixture
def project(tmp_path):
    """Two videos, b with 3 and a with 7 frames; a comes first in the merged labels."""

    def make(fractions=(0.8, 0.95), multi=False):
        path = tmp_path / "reach"
        sets = {str(path / "videos" / f"{name}.mp4"): {"crop": "0, 64, 0, 48"} for name in "ba"}
        config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, multianimal=multi)
        config["TrainingFraction"] = list(fractions)
        config["skeleton"] = []
        (path / "videos").mkdir(parents=True)
        config.to_yaml(path / "config.yaml")
        label(path, "b", range(3))
        label(path, "a", range(7))
        return path

    return make


def split_of(path, shuffle, percent=80):
    train, test, _ = read_split(path / FOLDER / f"Documentation_data-reach_{percent}shuffle{shuffle}.pickle")
    return list(train), list(test)


def listed(path):
    return read_config_as_dict(path / FOLDER / "metadata.yaml")["shuffles"]


def test_new_shuffles_have_the_split_of_the_old_one(project):
    path = project([0.8])
    create_training_dataset(path)
    made = create_training_dataset_from_existing_split(path, from_shuffle=1, num_shuffles=2, net_type="hrnet_w32")
    assert [(fraction, shuffle) for fraction, shuffle, _ in made] == [(0.8, 2), (0.8, 3)]
    assert split_of(path, 2) == split_of(path, 3) == split_of(path, 1)
    assert {one["split"] for one in listed(path).values()} == {1}


def test_the_engine_may_be_another_one(project):
    path = project([0.8])
    create_training_dataset(path, engine=Engine.TF)
    create_training_dataset_from_existing_split(path, 1, shuffles=[7], engine=Engine.PYTORCH)
    assert [(one["index"], one["engine"], one["split"]) for one in listed(path).values()] == [
        (1, "tensorflow", 1), (7, "pytorch", 1),
    ]  # fmt: skip


def test_a_fraction_that_the_number_of_images_cannot_give_is_kept(project):
    path = project([0.95])
    create_training_dataset(path)  # 9 of 10 images, which is 0.9
    ((fraction, shuffle, (train, test)),) = create_training_dataset_from_existing_split(path, 1)
    assert (fraction, shuffle, len(train), len(test)) == (0.95, 2, 9, 1)
    assert split_of(path, 2, 95) == split_of(path, 1, 95)


def test_the_fraction_of_the_old_shuffle_is_chosen_by_its_position(project):
    path = project([0.5, 0.8])
    create_training_dataset(path)
    ((fraction, _, _),) = create_training_dataset_from_existing_split(path, 1, from_trainsetindex=1)
    assert fraction == 0.8 and split_of(path, 2) == split_of(path, 1)


def test_images_are_recognised_by_name_after_more_were_labelled(project, caplog):
    path = project([0.8])
    label(path, "a", range(2, 9))
    create_training_dataset(path, trainIndices=[range(8)], testIndices=[[8, 9]])
    label(path, "a", range(9))  # two new images come first, so that all others move
    ((_, _, (train, test)),) = create_training_dataset_from_existing_split(path, 1)
    assert train.tolist() == [2, 3, 4, 5, 6, 7, 8, 9] and test.tolist() == [10, 11]
    assert "0 of them are not labelled any more, 2 new ones are not part of its split" in caplog.text


def test_a_split_whose_indices_mean_other_images_by_now_is_refused(project):
    path = project([0.8])
    label(path, "a", range(2, 9))
    create_training_dataset(path, trainIndices=[range(8)], testIndices=[[8, 9]])
    label(path, "a", range(9))  # two new images come first, so that all others move
    create_training_dataset(path)  # merges the labels again
    with pytest.raises(InvalidInput, match="merged again after shuffle 1"):
        create_training_dataset_from_existing_split(path, 1)
    assert [shuffle for _, shuffle, _ in create_training_dataset_from_existing_split(path, 2)] == [3]


def test_images_that_lost_their_labels_leave_the_split(project, caplog):
    path = project([0.8])
    create_training_dataset(path, trainIndices=[range(8)], testIndices=[[8, 9]])
    label(path, "b", range(2))  # the last image is gone
    (path / "labeled-data" / "b" / "img02.png").unlink()

    def without_last(table):
        return Table(table.values[:2], table.rows[:2], table.columns)

    change_labels(label_files(path / "labeled-data" / "b", "Ana"), without_last)
    ((fraction, _, (train, test)),) = create_training_dataset_from_existing_split(path, 1)
    assert fraction == 0.8 and len(train) == 8 and test.tolist() == [8]
    assert "1 of them are not labelled any more" in caplog.text


def test_a_multi_animal_project_gives_nothing_back(project):
    path = project([0.8], multi=True)
    create_training_dataset(path)
    assert create_training_dataset_from_existing_split(path, 1) is None
    assert split_of(path, 2) == split_of(path, 1)


def test_a_shuffle_that_nobody_made_is_named_with_those_that_exist(project):
    path = project([0.8])
    create_training_dataset(path)
    with pytest.raises(ValueError, match=r"no shuffle 4 .*Existing shuffles: 1 \(80% pytorch\)"):
        create_training_dataset_from_existing_split(path, from_shuffle=4)
    with pytest.raises(ValueError, match="no training fraction number 3"):
        create_training_dataset_from_existing_split(path, from_shuffle=1, from_trainsetindex=3)


def test_existing_shuffles_are_not_replaced_without_leave(project):
    path = project([0.8])
    create_training_dataset(path, num_shuffles=2)
    with pytest.raises(ValueError, match="exist already: 2"):
        create_training_dataset_from_existing_split(path, 1, shuffles=[2])
    create_training_dataset_from_existing_split(path, 1, shuffles=[2], userfeedback=False)
    assert split_of(path, 2) == split_of(path, 1)


def test_S4_a_random_split_is_padded_to_its_fraction_and_can_be_given_back(project):
    path = project()
    train, test = mergeandsplit(path, trainindex=1, uniform=True, seed=2)
    assert len(train) / (len(train) + len(test)) == 0.95
    assert sorted([*train[train >= 0], *test[test >= 0]]) == list(range(10))
    made = create_training_dataset(path, Shuffles=[4, 5], trainIndices=[train, train], testIndices=[test, test])
    assert [(fraction, shuffle) for fraction, shuffle, _ in made] == [(0.95, 4), (0.95, 5)]
    assert split_of(path, 4, 95) == split_of(path, 5, 95) == (train[train >= 0].tolist(), test[test >= 0].tolist())


def test_a_seed_repeats_a_split(project):
    path = project()
    first, second, other = (mergeandsplit(path, seed=seed)[0].tolist() for seed in (1, 1, 2))
    assert first == second != other


def test_a_video_can_be_left_out_for_testing(project):
    path = project()
    assert mergeandsplit(path, trainindex=0, uniform=False) == (list(range(7)), [7, 8, 9])  # b, the first of the list
    assert mergeandsplit(path, trainindex=1, uniform=False) == ([7, 8, 9], list(range(7)))
    with pytest.raises(InvalidInput, match="no video number 2"):
        mergeandsplit(path, trainindex=2, uniform=False)


def test_a_split_counts_the_labels_of_now_and_writes_nothing(project):
    path = project()
    create_training_dataset(path)
    label(path, "a", range(17))
    before = {file: file.read_bytes() for file in path.rglob("*.*") if file.is_file()}
    train, test = mergeandsplit(path)
    assert sum(train >= 0) + sum(test >= 0) == 20
    assert {file: file.read_bytes() for file in path.rglob("*.*") if file.is_file()} == before


def test_without_labels_there_is_nothing_to_split(tmp_path):
    path = tmp_path / "reach"
    (path / "labeled-data").mkdir(parents=True)
    new_project_config("reach", "Ana", "Nov20", path).to_yaml(path / "config.yaml")
    assert mergeandsplit(path) == ([], [])


def test_the_video_left_out_is_counted_in_video_sets_whatever_else_stands_there(project):
    path = project()
    config = read_config(path)
    sets = dict(config.video_sets)
    config.video_sets = {"file:///elsewhere/x.mp4": {"crop": "0, 64, 0, 48"}, **sets}
    config.to_yaml(path / "config.yaml")
    assert mergeandsplit(path, trainindex=1, uniform=False) == (list(range(7)), [7, 8, 9])  # b
    with pytest.raises(InvalidInput, match=r"number 0.*address"):
        mergeandsplit(path, trainindex=0, uniform=False)
