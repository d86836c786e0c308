"""Bodyparts change everywhere at once, come back with their labels, and are never half changed."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deeplabcut.core import faults, locks
from deeplabcut.core.config import new_project_config
from deeplabcut.core.config.files import read_config
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Locked, Missing, UnsafeFile
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.bodyparts import change_bodyparts, undo_bodyparts
from deeplabcut.io.annotations import read_annotations, write_annotations
from deeplabcut.io.csv_tables import read_csv
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import Table, annotations_of
from deeplabcut.project import operations
from deeplabcut.project.project import Project

PARTS = ("snout", "ear", "tail")


def labels(folder: str, plan: BodyPlan, n: int = 3, seed: int = 0) -> Annotations:
    rng = np.random.default_rng(seed)
    images = tuple(("labeled-data", folder, f"img{i:02d}.png") for i in range(n))
    xy = rng.uniform(0, 640, (n, plan.n_individuals, plan.n_bodyparts, 2))
    return Annotations(plan, "Ada", images, xy, rng.uniform(0, 640, (n, plan.n_unique, 2)))


def make(path: Path, *, multi: bool = False) -> Path:
    """A project with labels in two folders, a skeleton, a conversion table, and labels that a network proposed."""
    videos = {str(path / "videos" / f"{name}.avi"): {"crop": "0, 640, 0, 480"} for name in ("m1", "m2")}
    (path / "videos").mkdir(parents=True)
    config = new_project_config(
        "reach", "Ada", "Nov20", path, video_sets=videos, multianimal=multi, individuals=("a", "b")
    )
    config["multianimalbodyparts" if multi else "bodyparts"] = list(PARTS)
    config["skeleton"] = [["snout", "ear"], ["ear", "tail"]]
    config["SuperAnimalConversionTables"] = {"superanimal_quadruped": {"snout": "nose", "tail": "tail_base"}}
    if multi:
        config["uniquebodyparts"] = ["corner"]
    config.to_yaml(path / "config.yaml")
    plan = BodyPlan(PARTS, ("a", "b"), ("corner",)) if multi else BodyPlan(PARTS)
    for seed, name in enumerate(("m1", "m2")):
        (path / "labeled-data" / name).mkdir(parents=True)
        write_annotations(path / "labeled-data" / name, labels(name, plan, seed=seed))
    columns = tuple(("DLC_net", part, coord) for part in PARTS for coord in ("x", "y", "likelihood"))
    if multi:
        columns = tuple((c[0], "a", *c[1:]) for c in columns)
    names = ("scorer", "individuals", "bodyparts", "coords") if multi else ("scorer", "bodyparts", "coords")
    proposed = Table(np.ones((1, 9)), (("labeled-data", "m1", "img00.png"),), columns, names)
    write_table(path / "labeled-data" / "m1" / "machinelabels-iter0.h5", proposed, layout="fixed")
    return path


@pytest.fixture
def project(tmp_path):
    return make(tmp_path / "reach")


@pytest.fixture
def mice(tmp_path):
    return make(tmp_path / "mice", multi=True)


def tables(path):
    """Every table of labels, by name."""
    files = sorted((path / "labeled-data").glob("*/*.h5"))
    return {file.relative_to(path).as_posix(): read_table(file) for file in files}


def names(path, key="bodyparts"):
    return list(read_config(path / "config.yaml")[key])


def same(one, other):
    return one.keys() == other.keys() and all(one[name].same_as(other[name]) for name in one)


def agree(path):
    """Whether every csv says what its h5 says."""
    return all(
        annotations_of(read_table(h5)).xy.tobytes() == annotations_of(read_csv(h5.with_suffix(".csv"))).xy.tobytes()
        for h5 in (path / "labeled-data").glob("*/CollectedData*.h5")
    )


def parts_of(table):
    return [str(part) for part in table.level("bodyparts")]


# --- what a change does


def test_a_new_bodypart_stands_in_the_configuration_and_empty_in_every_file(project):
    report = change_bodyparts(project, add="paw")
    assert names(project) == [*PARTS, "paw"] and report.added == ("paw",) and len(report.files) == 3
    for table in tables(project).values():
        assert parts_of(table) == [*PARTS, "paw"]
        at = [i for i, column in enumerate(table.columns) if column[1] == "paw"]
        assert np.isnan(table.values[:, at]).all() and len(at) == len(table.level("coords"))
    assert agree(project)


def test_a_renamed_bodypart_keeps_every_number_and_its_place(project):
    before = tables(project)
    change_bodyparts(project, rename={"snout": "nose"})
    config = read_config(project / "config.yaml")
    assert config.bodyparts == ["nose", "ear", "tail"] and config.skeleton == [["nose", "ear"], ["ear", "tail"]]
    assert config.SuperAnimalConversionTables == {"superanimal_quadruped": {"nose": "nose", "tail": "tail_base"}}
    for name, table in tables(project).items():
        assert table.values.tobytes() == before[name].values.tobytes() and parts_of(table) == ["nose", "ear", "tail"]


def test_two_names_can_be_swapped(project):
    before = read_annotations(project / "labeled-data" / "m1")
    change_bodyparts(project, rename=["snout=tail", "tail=snout"])
    after = read_annotations(project / "labeled-data" / "m1", BodyPlan(PARTS))
    assert np.array_equal(after.xy[:, :, [2, 1, 0]], before.xy) and names(project) == ["tail", "ear", "snout"]


def test_a_removed_bodypart_leaves_config_skeleton_tables_and_labels(project):
    report = change_bodyparts(project, remove=["tail"])
    config = read_config(project / "config.yaml")
    assert config.bodyparts == ["snout", "ear"] and config.skeleton == [["snout", "ear"]]
    assert config.SuperAnimalConversionTables == {"superanimal_quadruped": {"snout": "nose"}}
    assert all(parts_of(table) == ["snout", "ear"] for table in tables(project).values())
    assert report.n_put_away == 7 and "undo_bodyparts" in "\n".join(report.lines())


def test_the_order_is_that_of_the_configuration_afterwards(project):
    before = read_annotations(project / "labeled-data" / "m2", BodyPlan(PARTS))
    change_bodyparts(project, add="paw", order=["tail", "paw", "snout", "ear"])
    assert all(parts_of(table) == ["tail", "paw", "snout", "ear"] for table in tables(project).values())
    assert names(project) == ["tail", "paw", "snout", "ear"]
    assert np.array_equal(read_annotations(project / "labeled-data" / "m2", BodyPlan(PARTS)).xy, before.xy)


def test_in_a_multi_animal_project_every_individual_changes_and_unique_bodyparts_do_not(mice):
    corner = read_annotations(mice / "labeled-data" / "m1").unique_xy
    change_bodyparts(mice, add="paw", remove="ear", rename={"tail": "tail_base"})
    found = read_annotations(mice / "labeled-data" / "m1")
    assert found.plan == BodyPlan(("snout", "tail_base", "paw"), ("a", "b"), ("corner",))
    assert np.array_equal(found.unique_xy, corner) and names(mice, "uniquebodyparts") == ["corner"]
    assert read_config(mice / "config.yaml").bodyparts == "MULTI!"


def test_unique_bodyparts_are_changed_on_request(mice):
    before = read_annotations(mice / "labeled-data" / "m1")
    change_bodyparts(mice, add=["feeder"], rename={"corner": "corner_left"}, unique=True)
    found = read_annotations(mice / "labeled-data" / "m1")
    assert found.plan == BodyPlan(PARTS, ("a", "b"), ("corner_left", "feeder"))
    assert np.array_equal(found.xy, before.xy) and np.isnan(found.unique_xy[:, 1]).all()
    change_bodyparts(mice, remove=["feeder", "corner_left"], unique=True)
    assert read_annotations(mice / "labeled-data" / "m1").plan.unique == ()
    change_bodyparts(mice, add="lever", unique=True)
    assert read_annotations(mice / "labeled-data" / "m1").plan.unique == ("lever",)


def test_a_dry_run_says_the_same_and_touches_nothing(project):
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    told = change_bodyparts(project, remove="tail", dry_run=True)
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before
    done = change_bodyparts(project, remove="tail")
    assert replace(told, dry_run=False) == done and "dry run" in told.lines()[-1]


def test_comments_and_other_settings_of_the_configuration_stay(project):
    file = project / "config.yaml"
    file.write_text(file.read_text().replace("pcutoff:", "# mine\npcutoff:") + "my_key: 7\n")
    before = file.read_text()
    change_bodyparts(project, rename="snout=nose")
    assert file.read_text() == before.replace("snout", "nose")


# --- what is refused, before anything is touched


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"remove": "snoot"}, "Did you mean 'snout'"),
        ({"rename": {"eear": "x"}}, "Did you mean 'ear'"),
        ({"rename": "snout"}, "old=new"),
        ({"rename": ["snout=a", "snout=b"]}, "given twice"),
        ({"add": "ear"}, "two bodyparts called 'ear'"),
        ({"rename": {"snout": "ear"}}, "two bodyparts called 'ear'"),
        ({"add": ["paw", "paw"]}, "given twice"),
        ({"add": "single"}, "cannot be called 'single'"),
        ({"add": "MULTI!"}, "cannot be called 'MULTI!'"),
        ({"add": " paw"}, "blank"),
        ({"add": ""}, "empty"),
        ({"add": "a\nb"}, "cannot be seen"),
        ({"remove": list(PARTS)}, "No bodypart would be left"),
        ({"remove": "ear", "rename": {"ear": "x"}}, "to be removed and to be renamed"),
        ({"order": ["snout", "ear"]}, "lacks tail"),
        ({"order": list(PARTS)}, "nothing to change"),
        ({}, "nothing to change"),
        ({"add": "x", "unique": True}, "no unique bodyparts"),
    ],
)
def test_a_request_that_cannot_work_is_refused_and_says_why(project, asked, says):
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    with pytest.raises(InvalidInput, match=says):
        change_bodyparts(project, **asked)
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before


def test_a_name_of_the_other_list_is_refused(mice):
    with pytest.raises(InvalidInput, match="among the unique"):
        change_bodyparts(mice, add="corner")
    with pytest.raises(InvalidInput, match="individuals have already"):
        change_bodyparts(mice, add="ear", unique=True)


def test_T20_one_damaged_file_of_labels_stops_the_change_of_all(project):
    change_bodyparts(project, add="paw")
    (project / "labeled-data" / "m2" / "CollectedData_Ada.h5").write_bytes(b"no table")
    (project / "labeled-data" / "m2" / "CollectedData_Ada.csv").write_bytes(b"\0" * 40)
    for version in (project / "labeled-data" / "m2" / ".history").rglob("*Z"):
        version.unlink()
    before = (project / "config.yaml").read_bytes()
    with pytest.raises(DamagedFile, match="cannot be read"):
        change_bodyparts(project, remove="ear")
    assert (project / "config.yaml").read_bytes() == before
    assert "ear" in parts_of(read_table(project / "labeled-data" / "m1" / "CollectedData_Ada.h5"))


def test_labels_that_config_does_not_list_are_not_mixed_with_a_renamed_bodypart(project):
    write_annotations(project / "labeled-data" / "m1", labels("m1", BodyPlan((*PARTS, "nose"))))
    with pytest.raises(InvalidInput, match="already has labels of 'nose'"):
        change_bodyparts(project, rename={"snout": "nose"})
    assert names(project) == list(PARTS)


def test_T20_labels_of_another_kind_are_refused(mice):
    shutil.rmtree(mice / "labeled-data" / "m2")
    (mice / "labeled-data" / "m2").mkdir()
    write_annotations(mice / "labeled-data" / "m2", labels("m2", BodyPlan(PARTS)))
    with pytest.raises(InvalidInput, match="single-animal"):
        change_bodyparts(mice, add="paw")
    assert names(mice, "multianimalbodyparts") == list(PARTS)


# --- the way back


@pytest.mark.parametrize(
    "asked",
    [
        {"add": ["paw", "ear2"]},
        {"rename": {"snout": "tail", "tail": "snout"}},
        {"remove": ["snout", "tail"]},
        {"order": ["tail", "snout", "ear"]},
        {"add": "paw", "remove": "ear", "rename": {"tail": "tail_base"}, "order": ["paw", "tail_base", "snout"]},
    ],
)
@pytest.mark.parametrize("multi", [False, True])
def test_undo_brings_every_bit_back(tmp_path, asked, multi):
    project = make(tmp_path / "p", multi=multi)
    before, text = tables(project), (project / "config.yaml").read_text()
    change_bodyparts(project, **asked)
    assert not same(tables(project), before)
    undo_bodyparts(project)
    assert same(tables(project), before) and (project / "config.yaml").read_text() == text and agree(project)


def test_changes_are_taken_back_one_after_the_other(project):
    before = tables(project)
    change_bodyparts(project, remove="tail")
    between = tables(project)
    change_bodyparts(project, rename={"snout": "nose"})
    undo_bodyparts(project)
    assert same(tables(project), between)
    undo_bodyparts(project)
    assert same(tables(project), before)
    with pytest.raises(Missing, match="No change of bodyparts is left"):
        undo_bodyparts(project)


def test_labels_made_since_the_removal_stay_and_the_old_ones_come_back(project):
    folder = project / "labeled-data" / "m1"
    before = read_annotations(folder)
    change_bodyparts(project, remove="tail", rename={"snout": "nose"})
    now = read_annotations(folder)
    fresh = labels("m1", now.plan, n=5, seed=9)
    xy = fresh.xy.copy()
    xy[0] = now.xy[0]  # one image as it was, others labelled anew, two new images
    write_annotations(folder, replace(fresh, xy=xy))
    report = undo_bodyparts(project)
    after = read_annotations(folder, BodyPlan(PARTS))
    assert after.images == fresh.images and names(project) == list(PARTS)
    assert np.array_equal(after.xy[:, :, :2], xy)
    assert np.array_equal(after.xy[:3, :, 2], before.xy[:, :, 2]) and np.isnan(after.xy[3:, :, 2]).all()
    assert report.n_restored == 7 and agree(project)


def test_a_label_that_was_made_again_is_not_replaced_by_the_old_one(project):
    folder = project / "labeled-data" / "m1"
    before = read_annotations(folder)
    change_bodyparts(project, remove="tail")
    again = np.full((3, 1, 3, 2), np.nan)
    again[1, 0, 2] = 7, 8
    now = read_annotations(folder, BodyPlan(PARTS))
    again[:, :, :2] = now.xy[:, :, :2]
    write_annotations(folder, replace(now, xy=again))
    undo_bodyparts(project)
    after = read_annotations(folder, BodyPlan(PARTS))
    assert after.xy[1, 0, 2].tolist() == [7, 8] and np.array_equal(after.xy[[0, 2]], before.xy[[0, 2]])


def test_labels_of_an_added_bodypart_are_kept_when_the_addition_is_taken_back(project):
    change_bodyparts(project, add="paw")
    folder = project / "labeled-data" / "m1"
    found = read_annotations(folder)
    found.xy[0, 0, 3] = 11, 12
    write_annotations(folder, found)
    report = undo_bodyparts(project)
    assert report.n_put_away == 1
    kept = [read_table(file) for file in (project / ".history" / "bodyparts").rglob("undone-*.h5")]
    assert any(11 in table.values and 12 in table.values for table in kept)


def test_what_was_edited_by_hand_since_then_stays(project):
    change_bodyparts(project, remove="tail")
    config = read_config(project / "config.yaml")
    config["bodyparts"] = ["whisker", "ear", "snout"]
    config["skeleton"] = [["whisker", "ear"]]
    config.to_yaml(project / "config.yaml")
    undo_bodyparts(project)
    config = read_config(project / "config.yaml")
    assert sorted(config.bodyparts) == ["ear", "snout", "tail", "whisker"]
    assert config.skeleton == [["whisker", "ear"], ["ear", "tail"]]


def test_labels_of_a_folder_that_is_gone_stay_in_the_history(project):
    change_bodyparts(project, remove="tail")
    (project / "labeled-data" / "m2").rename(project / "elsewhere")
    report = undo_bodyparts(project)
    assert any("m2" in notice and "is gone" in notice for notice in report.notices)


def test_T22_a_project_that_was_moved_takes_its_change_back(project, tmp_path):
    before = tables(project)
    change_bodyparts(project, remove="tail")
    moved = project.rename(tmp_path / "moved")
    undo_bodyparts(moved)
    assert same(tables(moved), before)


def test_a_record_that_is_damaged_is_named(project):
    change_bodyparts(project, remove="tail")
    (project / ".history" / "bodyparts" / "000001" / "record.json").write_text("{")
    with pytest.raises(DamagedFile, match="record"):
        undo_bodyparts(project)


# --- all or nothing


def state(project):
    """0 for the old state of everything, 1 for the new one; anything else fails."""
    Project.open(project)  # completes what was interrupted
    found = {"tail" in names(project), *("tail" in parts_of(table) for table in tables(project).values())}
    assert len(found) == 1, "a half-changed project"
    assert agree(project)
    return int(not found.pop())


def counted(project):
    with faults.injected() as plan:
        change_bodyparts(project, remove="tail")
    return plan


@pytest.mark.parametrize("stride", [17, pytest.param(1, marks=pytest.mark.slow)])
def test_T6_an_io_error_at_any_step_leaves_the_old_state_of_everything(tmp_path, stride):
    original = make(tmp_path / "original")
    before = tables(original)
    steps = [(step, k) for step, n in counted(make(tmp_path / "count")).seen.items() for k in range(1, n + 1)]
    for step, k in steps[::stride]:
        project = copied(original, tmp_path / f"{step}{k}")
        with faults.injected(f"{step}:{k}"), pytest.raises((OSError, DeepLabCutError)):
            change_bodyparts(project, remove="tail")
        assert state(project) == 0 and same(tables(project), before) and not (project / ".dlc").exists()
        change_bodyparts(project, remove="tail")
        assert state(project) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_T1_a_kill_at_any_step_leaves_the_old_or_the_new_state_of_everything(tmp_path, stride):
    original = make(tmp_path / "original")
    before, seen = tables(original), []
    for k in [*range(counted(make(tmp_path / "count")).n_steps, 0, -stride)]:
        project = copied(original, tmp_path / f"kill{k}")
        kill_at(k, project)
        seen.append(state(project))
        if not seen[-1]:
            assert same(tables(project), before)
            change_bodyparts(project, remove="tail")
        undo_bodyparts(project)
        assert same(tables(project), before) and not (project / ".dlc").exists()
    assert seen == sorted(seen, reverse=True) and {*seen} == {0, 1}


def copied(project, to):
    shutil.copytree(project, to)
    return to


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_T1_files_that_somebody_changed_after_the_crash_are_left_alone(tmp_path, caplog):
    original = make(tmp_path / "original")
    for k in range(counted(make(tmp_path / "count")).n_steps, 0, -1):
        project = copied(original, tmp_path / f"p{k}")
        kill_at(k, project)
        if (project / ".dlc" / "operation.json").exists() and "tail" in names(project):
            break
    file = project / "config.yaml"
    file.write_text(file.read_text() + "# mine\n")
    Project.open(project)
    assert file.read_text().endswith("# mine\n") and "stay as they are" in caplog.text
    assert any(kept.read_text().count("tail") == 0 for kept in (project / ".history").rglob("new/config.yaml"))


def kill_at(step, project):
    child = os.fork()
    if child == 0:
        try:
            with faults.injected(f"kill:{step}"):
                change_bodyparts(project, remove="tail")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_two_changes_at_once_wait_for_each_other(project, monkeypatch):
    monkeypatch.setattr(operations, "_WAIT_S", 0.0)
    with locks.hold(project, "another change"), pytest.raises(Locked, match="another change"):
        change_bodyparts(project, add="paw")
    with locks.hold(project / "labeled-data" / "m1", "labelling"):
        monkeypatch.setattr("deeplabcut.generate_training_dataset.bodyparts._WAIT_S", 0.0)
        with pytest.raises(Locked, match="labelling"):
            change_bodyparts(project, add="paw")
    assert names(project) == list(PARTS)
    change_bodyparts(project, add="paw")


@pytest.mark.parametrize(
    "target", ["../outside.h5", "/etc/passwd.h5", "labeled-data/../../x.h5", "labeled-data/m1/run.py"]
)
def test_a_hostile_journal_cannot_reach_other_files(project, target):
    stage = project / ".dlc" / ".dlc-x.operation"
    (stage / "new").mkdir(parents=True)
    step = {"target": target, "before": None, "after": "0" * 64}
    (project / ".dlc" / "operation.json").write_text(json.dumps({"stage": stage.name, "purpose": "", "files": [step]}))
    with pytest.raises(UnsafeFile, match="other files"):
        Project.open(project)
