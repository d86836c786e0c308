"""Reading and writing configuration files: comments stay, only what changed changes, nothing is half written."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from deeplabcut.core import faults, history
from deeplabcut.core.config import (
    ConfigWarning,
    InvalidConfig,
    Project3DConfig,
    ProjectConfig,
    create_config_template,
    create_config_template_3d,
    edit_config,
    ensure_plain_config,
    get_yaml_dumper,
    get_yaml_loader,
    new_3d_project_config,
    new_project_config,
    normalize_for_serialization,
    pretty_print,
    read_config,
    read_config_as_dict,
    read_plainconfig,
    update_config,
    update_config_by_dotpath,
    write_config,
    write_config_3d,
    write_config_3d_template,
    write_plainconfig,
    write_project_config,
    yaml,
)
from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import ConfigError, Missing, NoSpace, StorageError

pytestmark = pytest.mark.filterwarnings("ignore::deeplabcut.core.config.mistakes.ConfigWarning")


def leftovers(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()} - {"config.yaml", ".history", ".dlc"}


# Reading never writes, saving changes what changed


def test_reading_repairs_the_path_in_memory_only(single):
    before = single.read_bytes(), single.stat().st_mtime_ns
    config = read_config(single)
    assert config.project_path == single.parent and config.config_yaml_path == single
    assert config.dirty_fields == {"project_path"} and "was '/data/reach-Ada-2026-11-20'" in config.change_notes[0]
    assert (single.read_bytes(), single.stat().st_mtime_ns) == before
    assert os.listdir(single.parent) == ["config.yaml"]


def test_a_folder_stands_for_the_file_in_it(single):
    assert read_config(single.parent).Task == "reach"


def test_a_saved_file_keeps_every_line_but_the_path(files, single):
    config = read_config(single)
    config.to_yaml(single)
    assert single.read_text() == files.texts["single"].replace(
        "project_path: /data/reach-Ada-2026-11-20", f"project_path: {files.folder}"
    )
    saved = single.stat().st_mtime_ns
    read_config(single).to_yaml(single)
    assert single.stat().st_mtime_ns == saved


def test_a_saved_change_keeps_comments_order_and_unknown_keys(files, single):
    config = read_config(single)
    config.pcutoff = 0.9
    config["lab_notes"]["box"] = 4
    config.SuperAnimalConversionTables = {"superanimal_topviewmouse": {"nose": "nose"}}
    write_config(single, config)
    text = single.read_text()
    assert (
        "pcutoff: 0.9\n" in text
        and "- paw   # the left one\n" in text
        and "skeleton: [[paw, nose], [nose, tail]]" in text
    )
    assert "lab_notes: {box: 4, diet: low fat}\n" in text
    assert text.index("move2corner") < text.index("# Conversion tables") < text.index("SuperAnimalConversionTables")
    assert "\nresnet:" not in text and read_config(single) == config


def test_the_same_content_is_not_written_again_however_it_is_spelled(files):
    text = "Task: 007\nmultianimalproject: yes\nbodyparts: [a, b]\nmultianimalbodyparts: [a, b]\nengine: torch\n"
    path = files.write(text + f"project_path: {files.folder}\n")
    config = read_config(path)
    config.to_yaml(path)
    assert path.read_text().startswith(text)
    config.pcutoff = 0.1
    config.to_yaml(path)
    assert (
        path.read_text() == text + "pcutoff: 0.1\n" + f"project_path: {files.folder}\n"
        or path.read_text().startswith(text)
    )


def test_edits_that_somebody_else_made_meanwhile_survive(single):
    mine, theirs = read_config(single), read_config(single)
    theirs.dotsize = 3
    theirs.to_yaml(single)
    single.write_text(single.read_text() + "# a comment\nmy_key: 5\n")
    mine.pcutoff = 0.1
    mine.to_yaml(single)
    both = read_config(single)
    assert (both.dotsize, both.pcutoff, both["my_key"]) == (3, 0.1, 5)
    mine.pcutoff = 0.4
    mine.to_yaml(single)
    assert (read_config(single).pcutoff, read_config(single).dotsize) == (0.4, 3)


def test_an_unknown_key_that_was_deleted_is_gone_after_saving(single):
    config = read_config(single)
    del config["lab_notes"]
    config.to_yaml(single)
    assert "lab_notes" not in single.read_text() and "# my own notes" in single.read_text()


def test_a_file_with_mistakes_is_not_overwritten(files, single):
    config = read_config(single)
    files.write("Task: reach\npcutoff: high\nbatch_size: 0\n")
    with pytest.raises(InvalidConfig, match="2 mistakes"):
        config.to_yaml(single)
    assert single.read_text() == "Task: reach\npcutoff: high\nbatch_size: 0\n"
    with pytest.raises(ConfigError):
        write_config(single, {"Task": "x", "scorer": "y", "pcutoff": "high"})


def test_a_new_file_has_all_keys_in_order_with_comments(files):
    path = files.folder / "config.yaml"
    write_project_config(path, {"Task": "a", "scorer": "b", "date": "Nov20", "bodyparts": ["x"]})
    assert list(read_config_as_dict(path)) == list(ProjectConfig.model_fields)
    assert "\n# Plotting configuration\nskeleton: []\n" in path.read_text()
    assert leftovers(files.folder) == set()


def test_an_existing_file_is_protected_when_asked(single):
    with pytest.raises(FileExistsError, match="already exists"):
        ProjectConfig().to_yaml(single, overwrite=False)
    with pytest.raises(FileExistsError):
        write_plainconfig(single, {}, overwrite=False)
    with pytest.raises(Missing, match=r"folder of config\.yaml does not exist"):
        ProjectConfig().to_yaml(single.parent / "no" / "config.yaml")


def test_saving_can_log_and_forget_the_changes(single, caplog):
    config = read_config(single)
    config.pcutoff = 0.9
    with caplog.at_level("INFO", "deeplabcut"):
        config.to_yaml(single, log_changes=True, mark_clean=True)
    assert "pcutoff: 0.4 -> 0.9" in caplog.text and not config.is_dirty


# The names that scripts use


def test_write_config_writes_exactly_what_it_is_given(files):
    path = files.folder / "pose_cfg.yaml"
    training = {"num_joints": 2, "all_joints": [[0], [1]], "project_path": "/p", "net_type": "resnet_50", "Task": ""}
    write_config(path, training)
    assert read_plainconfig(path) == training
    path.write_text(path.read_text().replace("net_type", "# the network\nnet_type"))
    write_config(path, {**training, "net_type": "resnet_101"})
    assert "# the network\nnet_type: resnet_101\n" in path.read_text()
    write_config(path, {"a": 1})
    assert read_plainconfig(path) == {"a": 1}


def test_a_project_dict_with_an_unknown_key_is_written_and_can_be_read(files):
    path = files.folder / "config.yaml"
    with pytest.warns(ConfigWarning, match="mykey"):
        write_config(path, {"Task": "a", "scorer": "b", "bodyparts": ["x"], "mykey": 3})
    assert read_config(path)["mykey"] == 3


def test_edit_config_returns_a_plain_dict_and_keeps_the_rest(files, single):
    result = edit_config(single, {"pcutoff": 0.1, "project_path": Path("/p"), "x1": np.int64(5)})
    assert type(result) is dict and (result["pcutoff"], result["project_path"], result["x1"]) == (0.1, "/p", 5)
    text = files.texts["single"]
    expected = text.replace("0.4", "0.1").replace("/data/reach-Ada-2026-11-20\n", "/p\n").replace("x1: 0", "x1: 5")
    assert single.read_text() == expected


def test_edit_config_refuses_to_make_a_mistake_and_can_repair_one(files, single):
    before = single.read_text()
    with pytest.raises(InvalidConfig, match="pcutoff: 'high'"):
        edit_config(single, {"pcutoff": "high"})
    assert single.read_text() == before
    files.write(before.replace("pcutoff: 0.4", "pcutoff: high"))
    edit_config(single, {"pcutoff": 0.4})
    assert single.read_text() == before


def test_edit_config_works_for_any_yaml(files):
    path = files.write("train: {x: 1}  # c\n", "pose_cfg.yaml")
    assert edit_config(path, {"save_iters": 5}) == {"train": {"x": 1}, "save_iters": 5}
    assert path.read_text() == "train: {x: 1}  # c\nsave_iters: 5\n"


def test_old_arguments_are_accepted_with_a_warning(single):
    with pytest.warns(DLCDeprecationWarning, match="ignore_empty"):
        read_config(single, ignore_empty=False)


def test_yaml_readers_and_writers_are_offered(files):
    class Kind(Enum):
        A = "a"

    path = files.folder / "x.yaml"
    get_yaml_dumper().dump({"p": Path("/a"), "k": Kind.A, "n": None}, path)
    assert path.read_text() == "p: /a\nk: a\nn:\n" and get_yaml_loader().load(path) == {"p": "/a", "k": "a", "n": None}


def test_everything_can_be_made_plain():
    class Kind(Enum):
        A = 1

    value = {
        "p": Path("/a"),
        "k": Kind.A,
        "e": Engine.TF,
        "a": np.arange(3),
        "f": np.float32(0.5),
        "t": (1, {2}),
        3: "x",
    }
    plain = {"p": "/a", "k": 1, "e": "tensorflow", "a": [0, 1, 2], "f": 0.5, "t": [1, [2]], 3: "x"}
    assert normalize_for_serialization(value) == plain
    assert normalize_for_serialization(ProjectConfig(Task="a"))["project_path"] == "."


def test_configs_become_dicts_at_the_door_of_a_decorated_function():
    @ensure_plain_config
    def kinds(*args, **kwargs):
        return [type(one) for one in (*args, *kwargs.values())]

    assert kinds(ProjectConfig(), 1, cfg=ProjectConfig()) == [dict, int, dict]


def test_pretty_print_shows_sections_indented():
    lines: list[str] = []
    pretty_print({"a": 1, "b": {"c": [1], "d": {"e": None}}}, print_fn=lines.append)
    assert lines == ["a: 1", "b:", "  c: [1]", "  d:", "    e: None"]


def test_nested_updates():
    with pytest.warns(DLCDeprecationWarning):
        assert update_config({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": 4}) == {"a": {"b": 3, "c": 2}, "d": 4}
    original = {"runner": {"device": "auto"}, "logger": {"type": "x"}}
    with pytest.warns(DLCDeprecationWarning):
        changed = update_config_by_dotpath(original, {"runner.device": "cpu", "logger": None, "runner.snapshots.n": 3})
    assert changed == {"runner": {"device": "cpu", "snapshots": {"n": 3}}, "logger": None}
    assert original == {"runner": {"device": "auto"}, "logger": {"type": "x"}}
    with pytest.warns(DLCDeprecationWarning), pytest.raises(TypeError, match=r"runner\.device is 'auto'"):
        update_config_by_dotpath(original, {"runner.device.x": 1})


# Templates


@pytest.mark.parametrize("multianimal", [False, True])
def test_new_projects_start_with_the_documented_values(files, multianimal):
    config = new_project_config("a", "b", "Nov20", files.folder, multianimal=multianimal)
    common = {"start": 0, "stop": 1, "pcutoff": 0.6, "iteration": 0, "snapshotindex": -1, "x1": 0, "x2": 640,
              "y1": 277, "y2": 624, "corner2move2": [50, 50], "move2corner": True,
              "cropping": False, "engine": "pytorch"}  # fmt: skip
    assert {key: config[key] for key in common} == common
    kind = {"identity": False, "bodyparts": "MULTI!", "individuals": ["individual1", "individual2", "individual3"],
            "multianimalbodyparts": ["bodypart1", "bodypart2", "bodypart3"], "default_augmenter": "albumentations",
            "default_track_method": "ellipse", "uniquebodyparts": []}  # fmt: skip
    if not multianimal:
        kind = {"identity": None, "bodyparts": ["bodypart1", "bodypart2", "bodypart3", "objectA"],
                "individuals": ["individual_1"], "default_augmenter": "default",
                "skeleton": [["bodypart1", "bodypart2"], ["objectA", "bodypart3"]]}  # fmt: skip
    assert {key: config[key] for key in kind} == kind
    config.to_yaml(files.folder / "config.yaml")
    assert read_config(files.folder / "config.yaml") == config


def test_templates_can_be_dumped_with_their_writer(files):
    with pytest.warns(DLCDeprecationWarning):
        content, writer = create_config_template(multianimal=True)
    content["Task"] = "mine"
    with (files.folder / "config.yaml").open("w") as file:
        writer.dump(content, file)
    text = (files.folder / "config.yaml").read_text()
    assert "# Plotting configuration\n" in text and read_config(files.folder / "config.yaml").Task == "mine"
    content, writer = create_config_template_3d()
    write_config_3d_template(files.folder / "3d.yaml", content, writer)
    assert isinstance(read_config(files.folder / "3d.yaml"), Project3DConfig)


# 3D


def test_a_3d_file_is_recognised_and_keeps_its_order(files, three_d):
    config = read_config(three_d)
    assert isinstance(config, Project3DConfig) and config.project_path == files.folder
    assert list(config) == list(yaml.parse(files.texts["3d"]).data)
    assert [c.config_file for c in config.cameras] == ["/data/one/config.yaml", "/data/two/config.yaml"]
    config.pcutoff = 0.1
    write_config_3d(three_d, config)
    assert three_d.read_text() == files.texts["3d"].replace("0.4", "0.1").replace(
        "/data/cage-Cy-2026-01-05-3d", str(files.folder)
    )


def test_a_new_3d_project_has_the_documented_keys_in_order():
    content = new_3d_project_config("a", "b", "Nov20", "/p", num_cameras=3).to_dict(normalize=True)
    assert list(content)[-9:] == [
        "config_file_camera-1", "config_file_camera-2", "config_file_camera-3", "shuffle_camera-1",
        "trainingsetindex_camera-1", "shuffle_camera-2", "trainingsetindex_camera-2", "shuffle_camera-3",
        "trainingsetindex_camera-3",
    ]  # fmt: skip
    rest = {"skeleton_color": "black", "pcutoff": 0.4, "colormap": "jet", "dotsize": 15, "alphaValue": 0.8,
            "markerType": "*", "markerColor": "r", "num_cameras": 3,
            "camera_names": ["camera-1", "camera-2", "camera-3"],
            "scorername_3d": "DLC_3D"}  # fmt: skip
    assert {key: content[key] for key in rest} == rest
    assert list(content)[:5] == ["Task", "scorer", "date", "project_path", "skeleton"] and len(content["skeleton"]) == 4


def test_cameras_are_found_by_name_and_by_number(files):
    text = files.texts["3d"].replace("- camera-1\n- camera-2", "- left\n- right")
    renamed = text.replace("config_file_camera-1", "config_file_left").replace(
        "shuffle_camera-2: 1", "shuffle_right: '7'"
    )
    left, right = read_config(files.write(renamed)).cameras
    assert (left.name, left.config_file, left.shuffle, left.trainingsetindex) == ("left", "/data/one/config.yaml", 1, 0)
    assert (right.name, right.config_file, right.shuffle) == ("right", "/data/two/config.yaml", 7)
    bare = read_config(files.write("num_cameras: 1\ncamera_names: [top]\n")).cameras[0]
    assert (bare.config_file, bare.trainingsetindex) == (None, 0)


def test_camera_keys_can_be_set_like_those_of_a_dict(three_d):
    config = read_config(three_d)
    config["config_file_camera-1"] = "/elsewhere/config.yaml"
    config["shuffle_left"] = 3
    config.to_yaml(three_d)
    assert read_config(three_d)["config_file_camera-1"] == "/elsewhere/config.yaml"
    assert edit_config(three_d, {"pcutoff": 0.1})["pcutoff"] == 0.1


def test_mistakes_of_3d_files_are_named(files):
    text = "num_cameras: 3\ncamera_names: [a, b]\nshuffle_a: x\nconfig_file_b: 5\npcutoff: high\n"
    with pytest.raises(InvalidConfig) as caught:
        read_config(files.write(text))
    for part in ("line 2, camera_names: ['a', 'b'] cannot be used; expected 3 names", "line 3, shuffle_a: 'x'",
                 "line 4, config_file_b: 5", "line 5, pcutoff: 'high'"):  # fmt: skip
        assert part in caught.value.message


# Interrupted and failing saves


def changed(path: Path) -> None:
    config = read_config(path)
    config.pcutoff = 0.123
    config.bodyparts.append("ear")
    config.to_yaml(path)


def n_steps(path: Path) -> int:
    before = path.read_bytes()
    with faults.injected() as plan:
        changed(path)
    path.write_bytes(before)
    return plan.n_steps


CHILD = """
import sys, warnings
warnings.simplefilter("ignore")
from deeplabcut.core.config import read_config
config = read_config(sys.argv[1])
config.pcutoff = 0.123
config.bodyparts.append("ear")
config.to_yaml(sys.argv[1])
"""


def test_T2_a_save_that_is_killed_at_any_step_leaves_the_old_or_the_new_file(files, single):
    old = single.read_bytes()
    steps = n_steps(single)
    seen = set()
    for k in range(1, steps + 2):
        single.write_bytes(old)
        environment = {**os.environ, "DLC_FAULT": f"kill:{k}"}
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(single)], env=environment, capture_output=True, timeout=60
        )
        assert (child.returncode == 0) == (k > steps), child.stderr
        pcutoff = read_config(single).pcutoff
        assert (pcutoff, "- ear" in single.read_text()) in [(0.4, False), (0.123, True)]
        if pcutoff == 0.4:
            assert single.read_bytes() == old
        seen.add(pcutoff)
    assert seen == {0.4, 0.123} and steps >= 4
    changed(single)
    assert leftovers(files.folder) == set()


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_T6_a_save_that_the_disk_refuses_is_reported_and_can_be_repeated(single, step):
    old = single.read_bytes()
    config = read_config(single)
    config.pcutoff = 0.123
    with faults.injected(f"{step}:1"), pytest.raises(StorageError, match="could not be saved"):
        config.to_yaml(single)
    assert single.read_bytes() == old and leftovers(single.parent) == set()
    assert config.is_dirty and config.pcutoff == 0.123
    config.to_yaml(single)
    assert read_config(single).pcutoff == 0.123


def test_T5_a_full_disk_leaves_the_old_file_and_says_so(single):
    old = single.read_bytes()
    for n_bytes in range(0, len(old), len(old) // 10):
        config = read_config(single)
        config.pcutoff = 0.123
        with faults.injected(f"enospc:{n_bytes}"), pytest.raises(NoSpace, match="bytes needed"):
            config.to_yaml(single)
        assert single.read_bytes() == old and leftovers(single.parent) == set()


def test_T8_saves_of_two_writers_at_once_are_both_kept(single):
    def save(key: str, value: float) -> None:
        config = read_config(single)
        config[key] = value
        config.to_yaml(single)

    threads = [
        threading.Thread(target=save, args=pair) for pair in (("pcutoff", 0.1), ("dotsize", 3), ("alphavalue", 0.2))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    config = read_config(single)
    assert (config.pcutoff, config.dotsize, config.alphavalue) == (0.1, 3, 0.2)


@pytest.mark.skipif(os.name == "nt", reason="modes of folders mean little on Windows")
def test_T9_a_read_only_folder_can_be_read_and_is_named_when_saving(as_an_ordinary_user):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text("Task: a\n")
        path.parent.chmod(0o555)
        try:
            config = read_config(path)
            config.pcutoff = 0.1
            with pytest.raises(StorageError, match="read-only"):
                config.to_yaml(path)
            assert os.listdir(folder) == ["config.yaml"] and path.read_text() == "Task: a\n"
        finally:
            path.parent.chmod(0o755)


def test_T10_without_links_and_renames_a_save_still_works(single, monkeypatch):
    import errno

    def refuse(*args, **kwargs):
        raise OSError(errno.ENOTSUP, "not here")

    monkeypatch.setattr(os, "link", refuse)
    changed(single)
    assert read_config(single).pcutoff == 0.123


def test_the_last_versions_of_a_config_are_kept(single):
    old = single.read_bytes()
    changed(single)
    assert [version.path.read_bytes() for version in history.versions(single)] == [old]
    history.restore(single)
    assert single.read_bytes() == old


def test_T29_numbers_and_names_do_not_depend_on_the_locale(files, single):
    environment = {**os.environ, "LC_ALL": "de_DE.UTF-8", "PYTHONUTF8": "0", "LANG": "C", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", CHILD, str(single)], env=environment, check=True, timeout=60)
    assert "pcutoff: 0.123\n" in single.read_text(encoding="utf-8")
