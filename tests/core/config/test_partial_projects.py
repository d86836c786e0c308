"""Projects that scripts write by hand, with a few keys only, in the forms that occur."""

import pytest
from ruamel.yaml import YAML

from deeplabcut.core.config import edit_config, read_config, read_plainconfig, write_config, write_plainconfig
from deeplabcut.core.paf_graph import complete_graph, getpafgraph
from deeplabcut.project import Project

PARTIAL = {
    "Task": "synthetic", "scorer": "synthetic", "date": "Nov20", "multianimalproject": False, "identity": False,
    "TrainingFraction": [0.8], "iteration": 0, "video_sets": {"cat": {"crop": "0, 128, 0, 128"}},
    "bodyparts": ["a", "b", "c", "d"],
}  # fmt: skip


@pytest.fixture(params=["write_config", "write_plainconfig", "edit_config", "another library"])
def written(request, tmp_path):
    """Call it with the content of a config.yaml; it is written in one of the ways that scripts have."""

    def write(content):
        path = tmp_path / "config.yaml"
        if request.param == "another library":
            with path.open("w") as file:
                YAML().dump(content, file)
        elif request.param == "edit_config":
            write_plainconfig(path, {"Task": ""})
            edit_config(path, content)
        else:
            {"write_config": write_config, "write_plainconfig": write_plainconfig}[request.param](path, content)
        return path

    return write


def test_a_project_of_a_few_keys_opens_with_the_defaults_of_the_others(written, tmp_path):
    config = read_config(written({**PARTIAL, "project_path": str(tmp_path)}))
    assert config.project_path == tmp_path and config.TrainingFraction == [0.8] and config.iteration == 0
    assert (config.engine, config.pcutoff, config.snapshotindex, config.skeleton) == ("pytorch", 0.6, "all", [])


def test_a_project_path_that_is_the_file_means_its_folder(written, tmp_path):
    path = written({**PARTIAL, "project_path": str(tmp_path / "config.yaml")})
    assert read_config(path).project_path == Project.open(path).path == tmp_path


@pytest.mark.parametrize("crop", ["0, 128, 10, 120", [0, 128, 10, 120]], ids=["text", "list"])
def test_a_crop_may_be_a_text_or_four_numbers(written, tmp_path, crop):
    path = written({**PARTIAL, "project_path": str(tmp_path), "video_sets": {"cat.avi": {"crop": crop}}})
    assert read_config(path).video_sets == {"cat.avi": {"crop": "0, 128, 10, 120"}}


def test_a_crop_may_be_a_tuple(tmp_path):
    content = {**PARTIAL, "project_path": str(tmp_path), "video_sets": {"cat": {"crop": (0, 128, 10, 120)}}}
    for write in (write_config, write_plainconfig, edit_config):
        write(tmp_path / "config.yaml", content)
        assert read_config(tmp_path / "config.yaml").video_sets["cat"] == {"crop": "0, 128, 10, 120"}


def test_a_video_without_a_suffix_names_its_folder_of_labels(written, tmp_path):
    project = Project.open(written({**PARTIAL, "project_path": str(tmp_path)}))
    assert project.labels_folder("cat") == tmp_path / "labeled-data" / "cat"
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "cat.mp4").write_bytes(b"video")
    assert Project.open(tmp_path).find_video("cat").path == tmp_path / "videos" / "cat.mp4"


def test_words_of_old_projects_are_kept(written, tmp_path):
    old = {"snapshotindex": "all", "default_augmenter": "default", "project_path": str(tmp_path)}
    config = read_config(written({**PARTIAL, **old}))
    assert config.snapshotindex == "all" and config.default_augmenter == "default"


def test_a_multi_animal_project_without_a_skeleton_has_the_complete_graph(written, tmp_path):
    multi = {"multianimalproject": True, "bodyparts": "MULTI!", "multianimalbodyparts": ["a", "b", "c"],
             "individuals": ["m1", "m2"], "uniquebodyparts": [], "skeleton": []}  # fmt: skip
    config = read_config(written({**PARTIAL, **multi, "project_path": str(tmp_path)}))
    assert getpafgraph(config) == []  # which stands for:
    assert complete_graph(len(config.bodyparts_list)) == [[0, 1], [0, 2], [1, 2]]


def test_a_training_configuration_gains_no_keys_of_projects(tmp_path):
    path = tmp_path / "pose_cfg.yaml"
    training = {"project_path": "/p", "num_joints": 2, "multi_step": [[0.005, 10]], "Task": "x", "scorer": "y"}
    write_config(path, training)
    assert read_plainconfig(path) == training
    path.write_text("# mine\n" + path.read_text())
    assert edit_config(path, {"multi_step": [[0.001, 5]]}, tmp_path / "other.yaml") == {
        **training,
        "multi_step": [[0.001, 5]],
    }
    assert (tmp_path / "other.yaml").read_text().startswith("# mine") and read_plainconfig(path) == training
