"""The names of folders and files in a project."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from deeplabcut.core.config import ProjectConfig
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput
from deeplabcut.project import Layout, check_name, percent, video_stem
from deeplabcut.project.layout import (
    get_data_and_metadata_filenames,
    get_labeled_data_folder,
    get_model_folder,
    get_training_set_folder,
)

CONFIG = ProjectConfig(Task="mat", scorer="Bob", date="Nov20", project_path="/data/p", bodyparts=["x"])


@pytest.mark.parametrize(
    ("fraction", "number"), [(0.29, 28), (0.57, 56), (0.58, 57), (0.95, 95), (0.8, 80), (1, 100), (0, 0)]
)
def test_percent_is_truncated_as_in_every_existing_project(fraction, number):
    assert percent(fraction) == number


def test_paths_of_a_shuffle():
    layout = Layout.of(CONFIG)
    folder = Path("training-datasets/iteration-0/UnaugmentedDataSet_matNov20")
    assert layout.training_set_folder == folder == get_training_set_folder(CONFIG)
    assert layout.data_file(0.95, 3) == folder / "mat_Bob95shuffle3.mat"
    assert layout.data_file(0.57, 3, ".pickle") == folder / "mat_Bob56shuffle3.pickle"
    assert layout.documentation_file(0.95, 3) == folder / "Documentation_data-mat_95shuffle3.pickle"
    model = Path("dlc-models-pytorch/iteration-0/matNov20-trainset95shuffle3")
    assert layout.model_folder(0.95, 3, Engine.PYTORCH) == model
    assert layout.model_config(0.95, 3, Engine.PYTORCH) == model / "train" / "pytorch_config.yaml"
    assert layout.model_folder(0.95, 3, Engine.TF, "pre") == Path(
        "pre/dlc-models/iteration-0/matNov20-trainset95shuffle3"
    )
    assert layout.evaluation_folder(0.95, 3, Engine.PYTORCH).parts[0] == "evaluation-results-pytorch"
    assert layout.evaluation_folder(0.95, 3, Engine.TF).parts[0] == "evaluation-results"


@pytest.mark.parametrize("key", ["Task", "scorer", "date"])
@pytest.mark.parametrize("name", ["a/../../../elsewhere", "..\\elsewhere", "a\0"])
def test_T35_no_name_in_the_settings_leads_out_of_the_project(key, name):
    with pytest.raises(InvalidInput, match=key):
        Layout.of({"Task": "reach", "scorer": "Ada", "date": "Nov20", key: name})


def test_the_historical_functions_take_configs_and_dicts():
    for cfg in (CONFIG, CONFIG.to_dict()):
        assert get_model_folder(0.95, 1, cfg) == Path("dlc-models/iteration-0/matNov20-trainset95shuffle1")
        assert get_model_folder(0.95, 1, cfg, modelprefix="/abs").is_absolute()
        assert get_labeled_data_folder(cfg, "C:\\videos\\m1.avi") == Path("/data/p/labeled-data/m1")
        data, documentation = get_data_and_metadata_filenames("here", 0.95, 1, cfg)
        assert (data, documentation) == (
            Path("here/mat_Bob95shuffle1.mat"),
            Path("here/Documentation_data-mat_95shuffle1.pickle"),
        )
    assert (
        Layout.of({"Task": "a", "scorer": "b", "date": "c", "iteration": 4}).training_set_folder.parts[1]
        == "iteration-4"
    )


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("/a/b/m1.avi", "m1"), ("C:\\a\\m1.avi", "m1"), ("a/b\\m.1.mp4", "m.1"), ("m1", "m1"), (".hidden", ".hidden"),
        ("WILL BE AUTOMATICALLY UPDATED BY DEMO CODE", "WILL BE AUTOMATICALLY UPDATED BY DEMO CODE"),
        ("鼠 🐭.avi", "鼠 🐭"),
    ],
)  # fmt: skip
def test_the_stem_of_a_video_is_read_from_paths_of_every_system(path, stem):
    assert video_stem(path) == stem


@pytest.mark.parametrize("video", ["..", "/a/..", ".", "", "/", "a\\..", "\0"])
def test_T35_no_video_leads_out_of_the_labels_folder(video):
    with pytest.raises(ValueError, match="does not name a video"):
        Layout.of(CONFIG).labels_folder(video)


@pytest.mark.parametrize(
    "name", ["reach", "a b", "é", "鼠", "🐭", "50%", "it's", "a;b", "$(touch x)", "`x`", "a.b", "x-1", "#1", "=cmd()"]
)
def test_T21_names_that_every_system_can_carry_are_accepted(name):
    assert check_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "CON", "con.txt", "Lpt1", "a.", "a ", " a", "a/b", "a\\b", "a:b", 'a"b', "a<b", "a|b", "a?", "a*",
        "a\nb", "\x1b[31m", "\0", "-rf", "~a", ".", "..", "x" * 101, "鼠" * 40, "\ud800", "a\u2028b",
    ],
)  # fmt: skip
def test_T21_other_names_are_refused_at_creation(name):
    with pytest.raises(ValueError, match="cannot be used") as caught:
        check_name(name, "The project name")
    assert "\x1b" not in str(caught.value) and "The project name" in str(caught.value)


def test_names_are_composed_so_that_they_compare_equal():
    assert check_name(unicodedata.normalize("NFD", "é")) == "\xe9"
    assert check_name("x" * 200, max_bytes=255) == "x" * 200
