"""Labels of a project survive kills, full disks, failing drives, two writers and hostile names."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from deeplabcut.core import faults, locks
from deeplabcut.core.config import new_project_config, read_config
from deeplabcut.core.errors import NoSpace, StorageError
from deeplabcut.core.history import versions
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.label_folders import check_writable
from deeplabcut.generate_training_dataset.labels import (
    dropannotationfileentriesduetodeletedimages,
    dropduplicatesinannotatinfiles,
    dropimagesduetolackofannotation,
    dropunlabeledframes,
)
from deeplabcut.generate_training_dataset.video_list import adddatasetstovideolistandviceversa
from deeplabcut.io import annotations as annotations_module
from deeplabcut.io.annotations import LabelFiles, read_annotations, save_label_table, write_annotations
from deeplabcut.io.csv_tables import read_csv
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import Table, columns_for, same_bits

PLAN = BodyPlan(("snout", "tail"), ("m1", "m2"), ("corner",))
H5, CSV = "CollectedData_Ada.h5", "CollectedData_Ada.csv"
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
ROW_UTILITIES = [dropannotationfileentriesduetodeletedimages, dropunlabeledframes, dropduplicatesinannotatinfiles]


def build(path, n=6, name="m1"):
    """A project with one folder in which every utility finds something to do."""
    folder = path / "labeled-data" / name
    folder.mkdir(parents=True)
    (path / "videos").mkdir(exist_ok=True)
    images = [f"img{i}.png" for i in range(n)]
    for image in [*images, "unlisted.png"]:
        (folder / image).write_bytes(b"picture of " + image.encode())
    columns, levels = columns_for(PLAN, "Ada", ("x", "y"))
    values = np.random.default_rng(n).uniform(0, 640, (n + 3, len(columns)))
    values[n] = values[0]
    values[n + 1] = np.nan
    rows = tuple(("labeled-data", name, image) for image in [*images, "img0.png", "img1.png", "lost.png"])
    save_label_table(LabelFiles(folder / H5), Table(values, rows, columns, levels))
    video_sets = {str(path / "videos" / f"{name}.avi"): {"crop": "0, 640, 0, 480"}}
    config = new_project_config(
        "reach", "Ada", "Nov20", path, video_sets=video_sets, multianimal=True, individuals=["m1", "m2"]
    )
    config.multianimalbodyparts, config.uniquebodyparts = ["snout", "tail"], ["corner"]
    config.to_yaml(path / "config.yaml")
    return path


@pytest.fixture
def project(tmp_path):
    return build(tmp_path / "reach")


@pytest.fixture
def m1(project):
    return project / "labeled-data" / "m1"


def content(folder, hidden=False):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = {str(path.relative_to(folder)): path for path in files}
    return {name: path.read_bytes() for name, path in named.items() if hidden or not name.startswith(".")}


def agree(folder):
    """Whether h5 and csv tell the same."""
    h5, csv = read_table(folder / H5), read_csv(folder / CSV)
    return h5.rows == csv.rows and h5.columns == csv.columns and same_bits(h5.values, csv.values)


def scraps(folder):
    """Unfinished files; a folder of locks may hold the drafts of killed processes."""
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(".dlc-")]


def in_child(work, fault=""):
    """Do ``work`` in a process of its own with a fault plan; its exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            with faults.injected(fault):
                work()
            os._exit(0)
        except BaseException:
            os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --- T1


def killed_at_every_step(project, utility, pristine, wanted):
    """Kill the utility at each step of its save; how often the old and the new table came out of it."""
    folder = project / "labeled-data" / "m1"
    old = read_table(pristine / H5)
    outcome = Counter()
    for k in range(1, 100):
        shutil.rmtree(folder)
        shutil.copytree(pristine, folder)
        code = in_child(lambda: utility(project), f"kill:{k}")
        if code == 0:
            return outcome
        assert code == -signal.SIGKILL, k
        read_annotations(folder)  # the next one to open completes what was begun
        found = read_table(folder / H5)
        version = "old" if found.same_as(old) else "new"
        assert version == "old" or found.same_as(wanted), k
        assert agree(folder), k
        outcome[version] += 1
        utility(project)
        with locks.hold(folder, "the next to write"):
            assert read_table(folder / H5).same_as(wanted) and agree(folder)
        assert not scraps(folder)
        kept = [read_table(one.path) for one in versions(folder / H5)]
        assert any(table.same_as(old) for table in kept), k
    raise AssertionError("the utility never came to its end")


def kill_all(project, tmp_path, utilities=ROW_UTILITIES, tag=""):
    pristine = tmp_path / f"pristine{tag}"
    shutil.copytree(project / "labeled-data" / "m1", pristine)
    outcome = Counter()
    for utility in utilities:
        folder = project / "labeled-data" / "m1"
        shutil.rmtree(folder)
        shutil.copytree(pristine, folder)
        utility(project)
        outcome += killed_at_every_step(project, utility, pristine, read_table(folder / H5))
    return outcome


@FORKS
def test_T1_a_utility_that_is_killed_at_any_step_leaves_the_old_or_the_new_labels(project, tmp_path):
    outcome = kill_all(project, tmp_path, [dropunlabeledframes])
    assert outcome["old"] >= 5 and outcome["new"] >= 1


@FORKS
@pytest.mark.slow
def test_T1_two_hundred_killed_utilities(tmp_path, capsys, record_property):
    outcome, n = Counter(), 1
    while outcome.total() < 200:
        outcome += kill_all(build(tmp_path / f"reach{n}", n), tmp_path, tag=str(n))
        n = 3 * n + 1
    for version, count in outcome.items():
        record_property(version, count)
    with capsys.disabled():
        print(f"\nT1: {outcome.total()} killed utilities: {outcome['old']} old, {outcome['new']} new")


def save_again_and_again(folder, told):
    """Save the labels plus 1, plus 2, ...; a byte tells of each save that begins."""
    labels = read_annotations(folder)
    for k in range(1, 250):
        os.write(told, b".")
        write_annotations(folder, replace(labels, xy=labels.xy + k, unique_xy=labels.unique_xy + k))


def killed_from_outside(folder, labels, n_saves, after_s):
    """Kill a process at any moment of its saves; -1 if the last save it began left the version before, 0 if its own."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        save_again_and_again(folder, write_end)
        os._exit(0)
    os.close(write_end)
    begun = 0
    while begun < n_saves:
        begun += len(os.read(read_end, 1))
    time.sleep(after_s)  # any moment will do
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    begun += len(os.read(read_end, 300))
    os.close(read_end)
    found = read_annotations(folder)
    (version,) = {k for k in (begun - 1, begun) if same_bits(found.xy, labels.xy + k)}
    assert same_bits(found.unique_xy, labels.unique_xy + version) and agree(folder)
    return version - begun


def kill_saves(tmp_path, n):
    plan = replace(PLAN, unique=())
    rng = np.random.default_rng(4)
    outcome = Counter()
    for i in range(n):
        folder = tmp_path / f"save{i}"
        folder.mkdir()
        n_images = int(rng.integers(1, 200))
        images = tuple(("labeled-data", folder.name, f"img{k}.png") for k in range(n_images))
        labels = Annotations(plan, "Ada", images, rng.integers(0, 640, (n_images, 2, 2, 2)))
        write_annotations(folder, labels)
        last = killed_from_outside(folder, labels, int(rng.integers(1, 4)), rng.uniform(0, 0.08))
        outcome["old" if last else "new"] += 1
        write_annotations(folder, labels)
        assert same_bits(read_annotations(folder).xy, labels.xy) and agree(folder) and not scraps(folder)
    return outcome


@FORKS
def test_T1_a_process_that_is_killed_while_it_saves_leaves_whole_labels(tmp_path):
    assert kill_saves(tmp_path, 6).total() == 6


@FORKS
@pytest.mark.slow
def test_T1_two_hundred_processes_killed_while_they_save(tmp_path, capsys, record_property):
    outcome = kill_saves(tmp_path, 200)
    for version, count in outcome.items():
        record_property(version, count)
    with capsys.disabled():
        print(f"\nT1: {outcome.total()} saving processes killed: {outcome['old']} old, {outcome['new']} new")


@FORKS
def test_T1_images_are_never_lost_when_putting_them_away_is_cut_short(project, m1):
    for i in range(5):
        (m1 / f"more{i}.png").write_bytes(b"more %d" % i)
    for k in range(1, 4):
        in_child(lambda: dropimagesduetolackofannotation(project), f"kill:{k}")
        away = m1 / ".history" / "deleted-images"
        there = {path.name: path.read_bytes() for place in (m1, away) for path in place.glob("more*.png")}
        assert there == {f"more{i}.png": b"more %d" % i for i in range(5)}
    dropimagesduetolackofannotation(project)
    assert not list(m1.glob("more*.png")) and len(list(away.glob("more*.png"))) == 5


# --- T5, T6


def bytes_written(utility, project):
    """How much a utility writes, measured on a copy of the project."""
    twin = project.with_name(f"twin of {project.name}")
    shutil.copytree(project, twin)
    with faults.injected("enospc:1000000000") as plan:
        assert utility(twin).changed
    return plan.n_bytes


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_T5_a_full_disk_leaves_labels_and_no_scraps(project, m1, utility):
    before, n_bytes = content(m1), bytes_written(utility, project)
    for free in [*range(0, n_bytes, n_bytes // 8), n_bytes - 1]:
        with faults.injected(f"enospc:{free}"), pytest.raises(NoSpace, match=r"bytes needed, [\d,]+ free"):
            utility(project)
        assert content(m1) == before and not scraps(m1)
    assert utility(project).changed and agree(m1)


def test_T5_folders_that_were_done_before_the_disk_was_full_stay_done(project, m1):
    needed = bytes_written(dropunlabeledframes, project)
    second = build(project.parent / "other", name="m2") / "labeled-data" / "m2"
    shutil.move(second, project / "labeled-data" / "m2")
    config = read_config(project / "config.yaml")
    config.video_sets = {**config.video_sets, "m2.avi": {"crop": "0, 1, 0, 1"}}
    config.to_yaml(project / "config.yaml")
    before = content(project / "labeled-data" / "m2")
    with faults.injected() as plan:
        dropunlabeledframes(project, dry_run=True)
    assert plan.n_steps == 0
    with faults.injected(f"enospc:{needed}"), pytest.raises(NoSpace, match=H5):
        dropunlabeledframes(project)
    assert content(project / "labeled-data" / "m2") == before and len(read_table(m1 / H5)) == 8 and agree(m1)
    assert list(dropunlabeledframes(project).changed) == ["m2"]


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_T6_a_failing_drive_is_reported_and_both_files_stay(project, m1, tmp_path, utility):
    before = content(m1)
    shutil.copytree(project, tmp_path / "twin")
    config = read_config(tmp_path / "twin" / "config.yaml")
    with faults.injected() as plan:
        assert utility(config).changed
    tried = 0
    for step, count in plan.seen.items():
        for k in range(1, count + 1):
            with faults.injected(f"{step}:{k}"), pytest.raises(StorageError, match="earlier version is intact"):
                utility(project)
            assert content(m1) == before and agree(m1) and not scraps(m1)
            tried += 1
    assert tried >= 8 and utility(project).changed


def test_T5_T6_the_list_of_videos_is_changed_whole_or_not_at_all(project):
    (project / "labeled-data" / "m1").rename(project / "labeled-data" / "m9")
    before = (project / "config.yaml").read_bytes()
    for fault in ("enospc:10", "write:1", "fsync:1", "replace:1", "fsync:2"):
        with faults.injected(fault), pytest.raises(StorageError):
            adddatasetstovideolistandviceversa(project)
        assert (project / "config.yaml").read_bytes() == before
    assert len(adddatasetstovideolistandviceversa(project).removed) == 1
    assert read_config(project / "config.yaml").video_sets == {}


def test_T6_images_that_cannot_be_put_away_are_reported(project, m1, monkeypatch):
    def failing(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(StorageError, match="images that are put away"):
        dropimagesduetolackofannotation(project)
    assert (m1 / "unlisted.png").exists()


# --- T8, T9


@FORKS
@pytest.mark.parametrize("attempt", range(3))
def test_T8_two_processes_that_change_one_folder_take_turns(project, m1, attempt):
    """Both start at the same signal; what each does is there in the end."""
    gate_read, gate_write = os.pipe()
    children = []
    for utility in (dropunlabeledframes, dropduplicatesinannotatinfiles, dropannotationfileentriesduetodeletedimages):
        pid = os.fork()
        if pid == 0:
            os.close(gate_write)
            os.read(gate_read, 1)
            try:
                os._exit(0 if utility(project).failed == {} else 4)
            except BaseException:
                os._exit(3)
        children.append(pid)
    os.close(gate_write)
    os.close(gate_read)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
    assert [key[-1] for key in read_annotations(m1).images] == [f"img{i}.png" for i in range(6)]
    assert agree(m1) and not scraps(m1)


@contextmanager
def another_process_holding(folder):
    """A process that holds the lock of a folder until the block ends."""
    here, there = os.pipe()
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(there)
        with locks.hold(folder, "labelling"):
            os.write(told, b".")
            os.read(here, 1)
        os._exit(0)
    os.read(ready, 1)
    os.close(here)
    try:
        yield pid, there
    finally:
        os.close(there)
        os.waitpid(pid, 0)


@FORKS
@pytest.mark.parametrize("utility", [*ROW_UTILITIES, dropimagesduetolackofannotation])
def test_T8_a_folder_that_somebody_else_is_writing_is_left_alone_and_the_owner_named(project, m1, monkeypatch, utility):
    monkeypatch.setattr(annotations_module, "_WAIT_S", 0.0)
    monkeypatch.setattr("deeplabcut.generate_training_dataset.labels._WAIT_S", 0.0)
    before = content(m1)
    with another_process_holding(m1) as (pid, _):
        report = utility(project)
    assert f"process {pid}" in report.failed["m1"] and report.exit_code == 1 and content(m1) == before
    assert utility(project).changed


@FORKS
def test_T8_the_lock_of_a_dead_process_is_taken_over_with_a_notice(project, m1, caplog):
    def die():
        with locks.hold(m1, "labelling"):
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(die) == -signal.SIGKILL
    assert dropunlabeledframes(project).changed and "Took over the lock" in caplog.text


@pytest.mark.parametrize("utility", [*ROW_UTILITIES, dropimagesduetolackofannotation])
def test_T9_a_read_only_folder_is_refused_before_anything_is_done(read_only_folder, utility):
    project = build(read_only_folder / "reach")
    folder = project / "labeled-data" / "m1"
    before = content(project, hidden=True)
    folder.chmod(0o500)
    try:
        report = utility(project)
        assert "No permission" in report.failed["m1"] and report.exit_code == 1
        assert utility(project, dry_run=True).changed and content(project, hidden=True) == before
    finally:
        folder.chmod(0o700)
    assert utility(project).changed


def test_T9_a_folder_is_known_to_be_read_only_before_labelling_begins(read_only_folder):
    check_writable(read_only_folder)
    assert not list(read_only_folder.iterdir())
    read_only_folder.chmod(0o500)
    with pytest.raises(StorageError, match="No permission to write labels"):
        check_writable(read_only_folder)
    with pytest.raises(StorageError, match="no folder"):
        check_writable(read_only_folder / "absent")


# --- T20, T37


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_T20_an_h5_cut_anywhere_is_never_taken_for_no_labels(project, m1, tmp_path, utility):
    whole = (m1 / H5).read_bytes()
    wanted = utility(project, dry_run=True).changed
    for n_bytes in np.linspace(0, len(whole) - 1, 12).astype(int):
        shutil.rmtree(m1 / ".history", ignore_errors=True)
        (m1 / H5).write_bytes(whole[:n_bytes])
        assert utility(project, dry_run=True).changed == wanted
        assert dropimagesduetolackofannotation(project).changed == {} and (m1 / "unlisted.png").exists()
        assert (m1 / H5).read_bytes() == whole[:n_bytes]
    assert utility(project).changed == wanted and agree(m1)


def test_T20_with_nothing_to_read_nothing_is_overwritten(project, m1):
    for path in (m1 / H5, m1 / CSV):
        path.write_bytes(path.read_bytes()[:40])
    before = content(m1)
    for utility in (*ROW_UTILITIES, dropimagesduetolackofannotation):
        assert "cannot be read" in utility(project).failed["m1"]
    assert content(m1) == before


HOSTILE = [
    "=cmd|'/c calc'!A0.png",
    "<script>alert(1)</script>.png",
    "\x1b[2J\x1b[31m.png",
    "+1.png",
    "@x.png",
    "-2.png",
]


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_T37_hostile_names_pass_through_as_text(project, m1, utility):
    hostile = [name.replace("/", "_") for name in HOSTILE]
    columns, levels = columns_for(BodyPlan(("=part()", "<b>tail</b>")), "=Ada", ("x", "y"))
    rows = tuple(("labeled-data", "m1", name) for name in [*hostile, *hostile, "img0.png"])
    values = np.arange(len(rows) * 4.0).reshape(-1, 4)
    values[:3] = np.nan
    save_label_table(LabelFiles(m1 / H5), Table(values, rows, columns, levels))
    lines = utility(project, dry_run=True).lines()
    report = utility(project)
    assert set(report.changed["m1"]) <= set(hostile) and report.changed["m1"]
    assert not any("\x1b" in line for line in (*lines, *report.lines()))
    after = read_table(m1 / H5)
    assert after.columns == columns and set(after.rows) <= set(rows) and agree(m1)


def test_T37_labels_written_for_spreadsheets_are_guarded_and_read_back_the_same(project, m1):
    plan = BodyPlan(("=part()", "+tail"))
    images = tuple(("labeled-data", "m2", name.replace("/", "_")) for name in HOSTILE)
    folder = project / "labeled-data" / "m2"
    folder.mkdir()
    labels = Annotations(plan, "=Ada", images, np.ones((len(HOSTILE), 1, 2, 2)))
    write_annotations(folder, labels, for_spreadsheets=True)
    text = (folder / "CollectedData_=Ada.csv").read_text()
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    assert not any(cell.lstrip('"').startswith(("=", "+", "@")) for cell in cells)
    assert read_annotations(folder).plan == plan and read_annotations(folder).images == images
