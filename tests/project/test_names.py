"""Names that a configuration gives: bodyparts, individuals, and how they are tracked."""

import os
import warnings

import pytest

from deeplabcut.core.config import ConfigWarning, ProjectConfig, read_config, write_config
from deeplabcut.project.names import (
    TRACK_METHODS,
    IntersectionofIndividualsandOnesGivenbyUser,
    extractindividualsandbodyparts,
    get_bodyparts,
    get_track_method,
    get_unique_bodyparts,
    intersection_of_body_parts_and_ones_given_by_user,
)

SINGLE = {"Task": "a", "scorer": "b", "multianimalproject": False, "bodyparts": ["paw", "nose"]}
MULTI = {
    "Task": "a", "scorer": "b", "multianimalproject": True, "bodyparts": "MULTI!", "individuals": ["m1", "m2"],
    "multianimalbodyparts": ["snout", "back", "tail"], "uniquebodyparts": ["corner"],
}  # fmt: skip

both_forms = pytest.mark.parametrize("form", [dict, ProjectConfig.from_dict], ids=["dict", "config"])


@both_forms
def test_bodyparts_of_both_kinds_of_project(form):
    assert get_bodyparts(form(SINGLE)) == ["paw", "nose"] and get_unique_bodyparts(form(SINGLE)) == []
    assert get_bodyparts(form(MULTI)) == ["snout", "back", "tail"] and get_unique_bodyparts(form(MULTI)) == ["corner"]


@both_forms
def test_bodyparts_that_a_user_names_come_in_the_order_of_the_project(form):
    chosen = intersection_of_body_parts_and_ones_given_by_user
    assert chosen(form(MULTI), "all") == ["snout", "back", "tail", "corner"]
    assert chosen(form(MULTI), ["corner", "wing", "back"]) == ["back", "corner"]
    assert chosen(form(SINGLE), "nose") == ["nose"] and chosen(form(SINGLE), ("nose", "paw")) == ["paw", "nose"]
    assert chosen(form(SINGLE), ["all"]) == ["paw", "nose"]


@both_forms
def test_individuals_and_single_which_carries_the_unique_bodyparts(form):
    assert extractindividualsandbodyparts(form(MULTI)) == (
        ["m1", "m2", "single"], ["corner"], ["snout", "back", "tail"],
    )  # fmt: skip
    assert extractindividualsandbodyparts(form({**MULTI, "uniquebodyparts": []}))[0] == ["m1", "m2"]


@both_forms
def test_individuals_that_a_user_names(form):
    chosen = IntersectionofIndividualsandOnesGivenbyUser
    assert chosen(form(MULTI), "all") == ["m1", "m2", "single"]
    assert chosen(form(MULTI), ["single", "m1", "m9"]) == ["m1", "single"]
    assert chosen(form(SINGLE), "all") == [""]
    assert chosen({"individuals": ["m1"]}, "all") == ["m1"]  # a dict that does not tell its kind


def test_the_track_method_is_the_one_asked_for_or_that_of_the_project():
    assert get_track_method(SINGLE, "ellipse") == ""
    assert [get_track_method(MULTI, method) for method in TRACK_METHODS] == list(TRACK_METHODS)
    assert get_track_method({**MULTI, "default_track_method": "skeleton"}) == "skeleton"
    with pytest.raises(ValueError, match=r"'kalman'.*\n.*use one of box, ctd, skeleton, ellipse"):
        get_track_method(MULTI, "kalman")
    with pytest.raises(ValueError, match="default_track_method in config"):
        get_track_method({**MULTI, "default_track_method": "kalman"})


def test_a_project_without_track_method_gets_the_default_and_is_told_once(tmp_path):
    file = tmp_path / "config.yaml"
    write_config(file, {**MULTI, "project_path": str(tmp_path)})
    file.write_text(file.read_text().replace("individuals:", "# the mice\nindividuals:"))
    cfg = read_config(file)
    with pytest.warns(ConfigWarning, match="config.yaml says so from now on"):
        assert get_track_method(cfg) == "ellipse"
    assert "default_track_method: ellipse" in file.read_text() and "# the mice" in file.read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert get_track_method(cfg) == get_track_method(read_config(file)) == "ellipse"


def test_T9_a_project_that_may_only_be_read_can_be_tracked(read_only_folder):
    file = read_only_folder / "config.yaml"
    write_config(file, {**MULTI, "project_path": str(read_only_folder)})
    before = file.read_text()
    os.chmod(read_only_folder, 0o500)
    with pytest.warns(ConfigWarning, match="could not be told"):
        assert get_track_method(read_config(file)) == "ellipse"
    assert file.read_text() == before


def test_a_config_without_a_file_is_given_the_default_in_memory(tmp_path):
    cfg = {**MULTI, "project_path": str(tmp_path)}
    with pytest.warns(ConfigWarning, match="no config.yaml"):
        assert get_track_method(cfg) == cfg["default_track_method"] == "ellipse"
    assert list(tmp_path.iterdir()) == []
