"""From videos to a training set in folders of every name, and the same after the project was moved."""

import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest

import deeplabcut
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.checks import check_training_set
from deeplabcut.generate_training_dataset.merge import merge_annotateddatasets
from deeplabcut.io.annotations import read_annotations, write_annotations
from deeplabcut.io.training_set import read_documentation
from deeplabcut.io.video.write import VideoSink
from deeplabcut.project import Project, check_project
from deeplabcut.project.labels import video_folders

E = "\N{LATIN SMALL LETTER E WITH ACUTE}"
FOLDERS = {
    "spaces": "my  lab data",
    "composed": unicodedata.normalize("NFC", f"{E}tude"),
    "decomposed": unicodedata.normalize("NFD", f"{E}tude"),
    "han": "鼠",
    "emoji": "🐁 🐀",
    "percent": "50%_of%20them",
    "quotes": 'it\'s "quoted"',
    "shell": "a;b $(touch marker) `touch marker` & c",
    "dash": "-rf",
    "newline": "two\nlines",
    "long": "x" * 200,
    "dot": "ends.",
}


def film(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    with VideoSink(path, size=(64, 48), fps=30) as sink:
        for _ in range(12):
            sink.add(np.repeat(np.repeat(rng.integers(0, 255, (6, 8, 3), np.uint8), 8, 0), 8, 1))
    return path


def labelled(config, multi=False):
    """Label every extracted frame of the project."""
    project = Project.open(config)
    plan = BodyPlan(("paw", "tail"), ("m1", "m2") if multi else (), ("corner",) if multi else ())
    for folder in video_folders(project):
        names = folder.images()
        rng = np.random.default_rng(len(names))
        keys = tuple(("labeled-data", folder.name, name) for name in names)
        xy = rng.uniform(2, 40, (len(names), plan.n_individuals, 2, 2))
        unique = rng.uniform(2, 40, (len(names), plan.n_unique, 2))
        write_annotations(folder.path, Annotations(plan, project.layout.scorer, keys, xy, unique))


def made_project(desk, videos, multi=False):
    config = deeplabcut.create_new_project("reach", "Ana", videos, desk, multianimal=multi, individuals=["m1", "m2"])
    parts = {"multianimalbodyparts": ["paw", "tail"], "uniquebodyparts": ["corner"]} if multi else {}
    settings = {"numframes2pick": 5, "TrainingFraction": [0.8], "skeleton": [["paw", "tail"]]}
    deeplabcut.auxiliaryfunctions.edit_config(config, {**settings, **(parts or {"bodyparts": ["paw", "tail"]})})
    deeplabcut.extract_frames(config, userfeedback=False, seed=2)
    labelled(config, multi)
    return config


def on_disk(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize("name", FOLDERS.values(), ids=FOLDERS.keys())
def test_T21_a_project_works_in_a_folder_of_this_name(tmp_path, name):
    desk = tmp_path / name
    desk.mkdir()
    config = made_project(desk, [film(tmp_path / f"films {name[:40]}" / "a.mp4")])
    report = deeplabcut.check_labels(config)
    assert len(list((config.parent / "labeled-data" / "a_labeled").glob("*.png"))) == 5, report.lines()
    ((fraction, shuffle, (train, test)),) = deeplabcut.create_training_dataset(config, seed=1)
    assert (fraction, shuffle, len(train), len(test)) == (0.8, 1, 4, 1)
    assert check_project(Project.open(config)).issues == ()
    assert not list(tmp_path.rglob("marker"))


@pytest.mark.parametrize(
    "name", ["sp ace", f"{E}", unicodedata.normalize("NFD", E), "鼠", "🐁", "100%", "o'neil", "a;b&c"]
)
def test_T21_a_video_of_this_name_works(tmp_path, name):
    config = made_project(tmp_path, [film(tmp_path / "films" / f"{name}.mp4")])
    deeplabcut.check_labels(config)
    assert deeplabcut.create_training_dataset(config, seed=1)
    assert check_project(Project.open(config)).issues == ()


@pytest.mark.parametrize("name", ["CON", "a/b", "ends.", "two\nlines", "-rf", "", "x" * 101, "what?"])
def test_T21_a_project_that_some_system_cannot_carry_is_refused_at_creation(tmp_path, name):
    with pytest.raises(InvalidInput):
        deeplabcut.create_new_project(name, "Ana", [film(tmp_path / "films" / "a.mp4")], tmp_path)
    assert os.listdir(tmp_path) == ["films"]


def copied(source, target):
    shutil.copytree(source, target, symlinks=True)
    shutil.rmtree(source)


MOVES = {
    "renamed": "other name",
    "moved deeper": "a/b/c/reach",
    "spaces": "with  spaces",
    "composed": unicodedata.normalize("NFC", f"caf{E}"),
    "decomposed": unicodedata.normalize("NFD", f"caf{E}"),
    "han": "鼠",
    "emoji": "🐁",
}


@pytest.mark.parametrize("multi", [False, True], ids=["single", "multi"])
@pytest.mark.parametrize("move", [os.rename, copied], ids=["moved", "copied"])
@pytest.mark.parametrize("name", MOVES.values(), ids=MOVES.keys())
def test_T22_a_moved_project_opens_unedited_and_gives_the_same(tmp_path, name, move, multi):
    config = made_project(tmp_path, [film(tmp_path / "films" / "a.mp4")], multi)
    deeplabcut.create_training_dataset(config, Shuffles=[1], seed=1)
    old = Project.open(config)
    documentation = old.layout.documentation_file(0.8, 1)
    first = read_documentation(old.path / documentation)
    before = read_annotations(video_folders(old)[0].path)

    target = tmp_path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    move(config.parent, target)
    stored = on_disk(target)
    project = Project.open(target)
    assert project.path == target
    after = read_annotations(video_folders(project)[0].path)
    assert after.images == before.images
    np.testing.assert_array_equal(after.xy, before.xy)
    assert check_training_set(target).exit_code == 0
    assert [issue for issue in check_project(project).issues if issue.severity == "error"] == []
    assert on_disk(target) == stored, "opening and checking writes nothing"

    deeplabcut.create_training_dataset(target / "config.yaml", Shuffles=[2], seed=1)
    second = read_documentation(target / project.layout.documentation_file(0.8, 2))
    assert (list(second.train), list(second.test)) == (list(first.train), list(first.test))


def test_T22_a_project_of_another_system_opens_and_gives_the_same(tmp_path):
    """Paths with backslashes and a drive, and rows of labels in one text, as old Windows projects have them."""
    config = made_project(tmp_path, [film(tmp_path / "films" / "a.mp4")])
    text = config.read_text()
    here = config.parent.as_posix()
    config.write_text(
        text.replace(here + "/videos/a.mp4", "C:\\Users\\Ana\\reach\\videos\\a.mp4").replace(
            here, "C:\\Users\\Ana\\reach"
        )
    )
    folder = config.parent / "labeled-data" / "a"
    before = merge_annotateddatasets(deeplabcut.auxiliaryfunctions.read_config(config), tmp_path)
    frame = before.copy()
    frame.index = ["\\".join(row) for row in frame.index]
    (folder / "CollectedData_Ana.csv").unlink()
    frame.to_hdf(folder / "CollectedData_Ana.h5", key="df_with_missing", mode="w", format="table")
    after = merge_annotateddatasets(deeplabcut.auxiliaryfunctions.read_config(config), tmp_path)
    assert list(after.index) == list(before.index)
    np.testing.assert_array_equal(after.to_numpy(), before.to_numpy())
    ((_, _, (train, test)),) = deeplabcut.create_training_dataset(config, seed=1)
    assert len(train) + len(test) == 5
    assert Path(Project.open(config).videos[0].path).name == "a.mp4"
