"""The demo projects of a source checkout are made ready where they lie."""

import shutil

import numpy as np
import pytest

import deeplabcut
from deeplabcut.core.config import read_config
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.core.progress import Progress, in_force
from deeplabcut.create_project.demo_data import PLACEHOLDER
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import write_png
from deeplabcut.project import Project


class Heard:
    def __init__(self):
        self.said = []

    def start(self, task): ...
    def update(self, task): ...
    def end(self, task, error): ...
    def message(self, text):
        self.said.append(text)


@pytest.fixture
def heard():
    reporter = Heard()
    with in_force(Progress(reporter)):
        yield reporter.said


def demo_project(folder, task, video):
    """A labelled project as such checkouts hold it: no path, a placeholder for the video, few keys."""
    labels = folder / "labeled-data" / video.rpartition(".")[0]
    labels.mkdir(parents=True)
    (folder / "videos").mkdir()
    (folder / "videos" / video).write_bytes(b"stands for a video")
    (folder / "config.yaml").write_text(
        f"Task: {task}\nscorer: Pranav\ndate: Oct30\nproject_path: WILL BE AUTOMATICALLY UPDATED\n"
        f"video_sets:\n  {PLACEHOLDER}:\n    crop: 0, 64, 0, 48\nbodyparts: [snout, tail]\nstart: 0\nstop: 1\n"
        "numframes2pick: 20\npcutoff: 0.4\nTrainingFraction: [0.8]\niteration: 0\nresnet: 50\nsnapshotindex: -1\n"
    )
    names = [f"img{number:02d}.png" for number in range(10)]
    for name in names:
        write_png(labels / name, np.zeros((48, 64, 3), np.uint8))
    keys = tuple(("labeled-data", labels.name, name) for name in names)
    xy = np.random.default_rng(1).uniform(2, 40, (10, 1, 2, 2))
    write_annotations(labels, Annotations(BodyPlan(("snout", "tail")), "Pranav", keys, xy))
    return folder / "config.yaml"


@pytest.mark.parametrize(
    ("name", "task", "video"),
    [
        ("openfield-Pranav-2018-10-30", "openfield", "m4s1.mp4"),
        ("openfield", "openfield", "m4s1.mp4"),
        ("Reaching-Mackenzie-2018-08-30", "Reaching", "reachingvideo1.avi"),
    ],
)
def test_the_placeholder_becomes_the_video_whatever_the_folder_is_called(tmp_path, name, task, video):
    config = demo_project(tmp_path / name, task, video)
    deeplabcut.load_demo_data(config, createtrainingset=False)
    content = read_config(config)
    assert content.video_sets == {(tmp_path / name / "videos" / video).as_posix(): {"crop": "0, 64, 0, 48"}}
    assert f"project_path: {tmp_path / name}" in config.read_text()


def test_a_training_set_comes_with_it(tmp_path, heard):
    config = demo_project(tmp_path / "openfield-Pranav-2018-10-30", "openfield", "m4s1.mp4")
    deeplabcut.load_demo_data(config)
    project = Project.open(config)
    assert (project.path / project.layout.documentation_file(0.8, 1)).is_file()


def test_labels_are_enough(tmp_path, heard):
    config = demo_project(tmp_path / "openfield-Pranav-2018-10-30", "openfield", "m4s1.mp4")
    shutil.rmtree(config.parent / "videos")
    deeplabcut.load_demo_data(config)
    project = Project.open(config)
    assert (project.path / project.layout.documentation_file(0.8, 1)).is_file()
    assert any("no m4s1.mp4" in said for said in heard)


def test_another_project_is_left_alone(tmp_path, heard):
    config = demo_project(tmp_path / "mine", "mine", "m4s1.mp4")
    before = config.read_bytes()
    deeplabcut.load_demo_data(config, createtrainingset=False)
    assert config.read_bytes() == before
    assert "mine is not one of the demo projects" in heard[0]


def test_labels_of_a_video_that_is_not_there_can_be_looked_at(tmp_path):
    config = demo_project(tmp_path / "openfield-Pranav-2018-10-30", "openfield", "m4s1.mp4")
    (config.parent / "videos" / "m4s1.mp4").rename(config.parent / "videos" / "m3v1mp4.mp4")
    deeplabcut.load_demo_data(config, createtrainingset=False)
    assert deeplabcut.check_labels(config).pictures == {"labeled-data/m4s1_labeled": 10}
