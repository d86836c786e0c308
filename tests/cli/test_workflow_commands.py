"""The workflow on the command line, with the options that the commands had before."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

import deeplabcut
from deeplabcut._names import GUI_SENTENCE
from deeplabcut.core.config import read_config
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.video.write import VideoSink
from deeplabcut.project.shuffles import TrainingDatasetMetadata


def film(path, n_frames=12):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    with VideoSink(path, size=(64, 48), fps=30) as sink:
        for _ in range(n_frames):
            sink.add(np.repeat(np.repeat(rng.integers(0, 255, (6, 8, 3), np.uint8), 8, 0), 8, 1))
    return path


@pytest.fixture
def desk(tmp_path, monkeypatch):
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def label(config, part="paw"):
    folder = next((config.parent / "labeled-data").iterdir())
    names = sorted(path.name for path in folder.glob("*.png"))
    xy = np.random.default_rng(1).uniform(5, 40, (len(names), 1, 1, 2))
    keys = tuple(("labeled-data", folder.name, name) for name in names)
    write_annotations(folder, Annotations(BodyPlan((part,)), read_config(config).scorer, keys, xy))
    return names


def test_from_a_video_to_a_training_set_in_the_old_spelling(dlc, desk):
    video = film(desk.parent / "films" / "a b.mp4")
    made = dlc("create-new-project", "reach", "Ana", str(video), "-d", str(desk))
    assert made.code == 0
    config = Path(made.out.strip())
    assert not (config.parent / "videos" / "a b.mp4").is_symlink(), "the command copies, as it always did"
    deeplabcut.auxiliaryfunctions.edit_config(config, {"bodyparts": ["paw"], "numframes2pick": 5, "skeleton": []})

    assert dlc("extract_frames", str(config), "automatic", "-a", "kmeans", "--no-userfeedback").code == 0
    assert len(label(config)) == 5
    assert dlc("check-labels", str(config)).code == 0
    assert dlc("check-training-set", str(config)).code == 0

    assert dlc("create-training-dataset", str(config), "-num", "2").code == 0
    assert dlc("create_training_dataset", str(config), "--num_shuffles", "1").code == 0
    assert [shuffle.index for shuffle in TrainingDatasetMetadata.load(config).shuffles] == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "linked"),
    [
        (["--dont_copy_videos"], True),
        (["--dont-copy-videos"], True),
        (["--no-copy-videos"], True),
        (["--copy_videos"], False),
    ],
)
def test_copying_can_be_declined_in_every_spelling(dlc, desk, words, linked):
    video = film(desk.parent / "films" / "a.mp4")
    config = Path(dlc("create-new-project", "reach", "Ana", str(video), "--wd", str(desk), *words).out.strip())
    assert (config.parent / "videos" / "a.mp4").is_symlink() is linked
    second = film(desk.parent / "films" / "b.mp4")
    assert dlc("add-new-videos", str(config), str(second), *words).code == 0
    assert (config.parent / "videos" / "b.mp4").is_symlink() is linked


def test_help_says_where_the_command_and_the_function_differ(dlc):
    for command in ("create-new-project", "add-new-videos"):
        assert "[default: true; of the function: false]" in " ".join(dlc(command, "-h").out.split())
    assert "[default: uniform; of the function: kmeans]" in " ".join(dlc("extract-frames", "-h").out.split())


def test_a_failing_video_gives_exit_code_1_and_a_list(dlc, desk):
    videos = [film(desk.parent / "films" / name) for name in ("good.mp4", "gone.mp4")]
    config = deeplabcut.create_new_project("reach", "Ana", videos, desk)
    deeplabcut.auxiliaryfunctions.edit_config(config, {"numframes2pick": 3})
    videos[1].unlink()
    said = dlc("extract-frames", str(config), "--no-userfeedback")
    assert said.code == 1
    assert "good: done" in said.out and "gone: failed" in said.out


def test_a_question_without_anybody_to_answer_is_an_error(dlc, desk, monkeypatch):
    config = deeplabcut.create_new_project("reach", "Ana", [film(desk.parent / "films" / "a.mp4")], desk)
    monkeypatch.setattr("builtins.input", lambda _: (_ for _ in ()).throw(EOFError))
    said = dlc("extract-frames", str(config))
    assert said.code == 1 or said.code == 2
    assert "userfeedback" in said.err


def test_splits_are_given_as_lists(dlc, desk):
    config = deeplabcut.create_new_project("reach", "Ana", [film(desk.parent / "films" / "a.mp4")], desk)
    deeplabcut.auxiliaryfunctions.edit_config(
        config, {"bodyparts": ["paw"], "skeleton": [], "numframes2pick": 5, "TrainingFraction": [0.6]}
    )
    assert dlc("extract-frames", str(config), "--no-userfeedback").code == 0
    label(config)
    words = ["--shuffles", "4,5", "--trainindices", "[[0,1,2],[2,3,4]]", "--testindices", "[[3,4],[0,1]]"]
    assert dlc("create-training-dataset", str(config), *words).code == 0
    split = TrainingDatasetMetadata.load(config, load_splits=True).shuffles[1].split
    assert (split.train_indices, split.test_indices) == ((2, 3, 4), (0, 1))


def test_bodyparts_are_renamed_on_the_command_line_and_back(dlc, desk):
    config = deeplabcut.create_new_project("reach", "Ana", [film(desk.parent / "films" / "a.mp4")], desk)
    deeplabcut.auxiliaryfunctions.edit_config(config, {"bodyparts": ["paw"], "skeleton": [], "numframes2pick": 4})
    assert dlc("extract-frames", str(config), "--no-userfeedback").code == 0
    label(config)
    assert dlc("bodyparts", "change", str(config), "--rename", "paw=hand", "--add", "wrist").code == 0
    assert read_config(config).bodyparts == ["hand", "wrist"]
    assert dlc("bodyparts", "undo", str(config)).code == 0
    assert read_config(config).bodyparts == ["paw"]


def test_labels_go_to_another_program_and_back(dlc, desk):
    config = deeplabcut.create_new_project("reach", "Ana", [film(desk.parent / "films" / "a.mp4")], desk)
    deeplabcut.auxiliaryfunctions.edit_config(config, {"bodyparts": ["paw"], "skeleton": [], "numframes2pick": 4})
    assert dlc("extract-frames", str(config), "--no-userfeedback").code == 0
    label(config)
    assert dlc("labels", "export", str(config), "out.slp").code == 0
    said = dlc("labels", "import", str(config), "out.slp", "--overwrite", "--json")
    assert said.code == 0
    assert json.loads(said.out.splitlines()[-1])["event"] == "result"


@pytest.mark.parametrize(
    "command", ["label-frames", "refine_labels", "refine-tracklets", "launch-dlc", "skeletonbuilder"]
)
def test_commands_of_the_browser_gui_say_that_they_come_with_it(dlc, command):
    said = dlc(command, "config.yaml")
    assert said.code == 1
    assert " ".join(GUI_SENTENCE.split()) in " ".join(said.err.split())


def test_T37_names_of_files_cannot_write_into_the_terminal(dlc, desk):
    said = dlc("check-training-set", "no\x1b[31mthing")
    assert said.code != 0
    assert "\x1b" not in said.err


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_T21_names_in_other_scripts_work_on_the_command_line(dlc, desk, form):
    video = film(desk.parent / "films" / unicodedata.normalize(form, "é 鼠 🐁.mp4"))
    made = dlc("create-new-project", "r 鼠", "Ana", str(video), "-d", str(desk))
    assert made.code == 0
    assert dlc("extract-frames", made.out.strip(), "--no-userfeedback").code == 0
