"""Whole or absent: the writer under every fault that can be injected, and under kills."""

import errno
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core import faults, files, history, liveness, recovery, scratch
from deeplabcut.core.errors import NoSpace, StorageError, UnsafeFile, VideoError

OLD, NEW = b"old" * 1000, b"new content" * 2000


def names(folder):
    return sorted(entry.name for entry in folder.iterdir() if entry.name not in (".history", ".dlc"))


def save_pair(folder, content, keep=None):
    with files.transaction(folder, keep=keep) as change:
        for name in ("labels.csv", "labels.h5"):
            with change.open(name) as file:
                file.write(content)


def test_a_write_that_succeeds_replaces_the_file_and_leaves_nothing_else(tmp_path):
    files.atomic_write_bytes(tmp_path / "a", OLD)
    files.atomic_write_bytes(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_bytes() == NEW
    assert names(tmp_path) == ["a"]


def test_a_block_that_raises_leaves_the_old_version_and_its_own_error(tmp_path):
    files.atomic_write_bytes(tmp_path / "a", OLD)
    with pytest.raises(VideoError), files.atomic_write(tmp_path / "a") as file:
        file.write(NEW)
        raise VideoError("the input broke, not the disk")
    assert (tmp_path / "a").read_bytes() == OLD
    assert names(tmp_path) == ["a"]


def test_the_check_sees_the_finished_file_and_can_refuse_it(tmp_path):
    files.atomic_write_bytes(tmp_path / "a", OLD)

    def refuse(path):
        assert path.read_bytes() == NEW
        raise ValueError("not what was meant")

    with pytest.raises(ValueError, match="not what was meant"):
        files.atomic_write_bytes(tmp_path / "a", NEW, check=refuse)
    assert (tmp_path / "a").read_bytes() == OLD
    assert names(tmp_path) == ["a"]


def test_permissions_of_the_old_file_and_links_to_it_survive(tmp_path):
    real = tmp_path / "real"
    real.write_bytes(OLD)
    real.chmod(0o640)
    (tmp_path / "link").symlink_to(real)
    files.atomic_write_bytes(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert real.read_bytes() == NEW
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_name_of_255_bytes_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)
    files.atomic_write_bytes(path, NEW)
    assert path.read_bytes() == NEW


def every_single_fault(save, folder):
    """Each fault of a counting run, one by one: ('write:1', ...)."""
    with faults.injected() as plan:
        save(folder)
    return [f"{step}:{k}" for step, n in plan.seen.items() for k in range(1, n + 1)]


@pytest.mark.parametrize("together", [False, True], ids=["one file", "two files"])
def test_T6_an_io_error_at_any_step_is_reported_and_the_old_version_stays(tmp_path, together):
    save = (
        save_pair if together else lambda folder, content=NEW: files.atomic_write_bytes(folder / "labels.h5", content)
    )
    counting = tmp_path / "count"
    counting.mkdir()
    specs = every_single_fault(lambda folder: save(folder, NEW), counting)
    assert {spec.split(":")[0] for spec in specs} == set(faults.STEPS)
    for spec in specs:
        folder = tmp_path / spec.replace(":", "-")
        folder.mkdir()
        save(folder, OLD)
        before = names(folder)
        with faults.injected(spec), pytest.raises(StorageError, match="earlier version is intact"):
            save(folder, NEW)
        assert names(folder) == before
        assert all((folder / name).read_bytes() == OLD for name in before)
    print(f"{len(specs)} faults injected, old version every time")


@pytest.mark.parametrize("together", [False, True], ids=["one file", "two files"])
def test_T6_a_first_save_that_fails_leaves_no_file_at_all(tmp_path, together):
    save = (
        save_pair if together else lambda folder, content=NEW: files.atomic_write_bytes(folder / "labels.h5", content)
    )
    for spec in every_single_fault(lambda folder: save(folder, NEW), tmp_path):
        folder = tmp_path / spec.replace(":", "-")
        folder.mkdir()
        with faults.injected(spec), pytest.raises(StorageError):
            save(folder, NEW)
        assert names(folder) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2 * len(NEW)))
def test_T5_a_disk_that_fills_up_after_n_bytes_leaves_the_old_pair(tmp_path_factory, n_bytes):
    folder = tmp_path_factory.mktemp("full")
    save_pair(folder, OLD)
    with faults.injected(f"enospc:{n_bytes}"), pytest.raises(NoSpace, match=r"[\d,]+ bytes needed, [\d,]+ free"):
        save_pair(folder, NEW)
    assert names(folder) == ["labels.csv", "labels.h5"]
    assert {(folder / name).read_bytes() for name in names(folder)} == {OLD}
    save_pair(folder, NEW)
    assert {(folder / name).read_bytes() for name in names(folder)} == {NEW}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs RLIMIT_FSIZE")
def test_T5_a_real_limit_of_the_operating_system_is_reported_like_a_full_disk(tmp_path):
    save_pair(tmp_path, OLD)
    child = (
        "import resource, sys\nfrom pathlib import Path\nfrom deeplabcut.core import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "files.atomic_write_bytes(Path(sys.argv[1]) / 'labels.h5', b'x' * 20000)\n"
    )
    result = subprocess.run([sys.executable, "-c", child, str(tmp_path)], capture_output=True, text=True)
    assert "NoSpace" in result.stderr and "earlier version is intact" in result.stderr
    assert (tmp_path / "labels.h5").read_bytes() == OLD
    assert names(tmp_path) == ["labels.csv", "labels.h5"]


def test_a_library_that_hides_a_failed_write_cannot_make_it_look_done(tmp_path):
    files.atomic_write_bytes(tmp_path / "a", OLD)
    with faults.injected("write:1"), pytest.raises(StorageError), files.atomic_write(tmp_path / "a") as file:
        try:
            file.write(NEW)
            file.flush()
        except OSError:
            pass
    assert (tmp_path / "a").read_bytes() == OLD


CHILD = """
import sys
from pathlib import Path
from deeplabcut.core import files, history
folder = Path(sys.argv[1])
with files.transaction(folder, keep=history.keep_version) as change:
    for name in ("labels.csv", "labels.h5"):
        with change.open(name) as file:
            file.write(b"new content" * 2000)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_T1_a_kill_at_any_step_leaves_the_old_pair_or_the_new_pair(tmp_path):
    outcomes = []
    for k in range(1, 1000):
        folder = tmp_path / str(k)
        folder.mkdir()
        save_pair(folder, OLD)
        environment = {**os.environ, "DLC_FAULT": f"kill:{k}"}
        code = subprocess.run([sys.executable, "-c", CHILD, str(folder)], env=environment).returncode
        recovery.recover(folder)
        recovery.sweep(folder)
        assert names(folder) == ["labels.csv", "labels.h5"]
        contents = {(folder / name).read_bytes() for name in names(folder)}
        assert contents in ({OLD}, {NEW})
        outcomes.append(contents == {NEW})
        if code == 0:
            break
        assert code == -9
    print(f"{len(outcomes) - 1} kills: {outcomes.count(False)} old, {outcomes[:-1].count(True)} new, 0 mixed")
    assert outcomes[-1] and not outcomes[0] and outcomes == sorted(outcomes)


def test_recovery_waits_for_a_writer_that_is_alive(tmp_path):
    part = scratch.scratch_name(tmp_path, "part")
    part.write_bytes(NEW)
    (tmp_path / "labels.h5").write_bytes(OLD)
    scratch.scratch_name(tmp_path, "plan").write_text(json.dumps({"replace": [[part.name, "labels.h5"]]}))
    assert recovery.recover(tmp_path) == []
    assert (tmp_path / "labels.h5").read_bytes() == OLD


@pytest.mark.parametrize(
    "pair",
    [["../x.part", "a"], [".dlc-0-1-1.part", "../a"], ["notes.txt", "a"], [".dlc-0-1-1.part", ".."], [1, 2], [], None],
)
def test_a_hostile_plan_cannot_move_files_about(tmp_path, pair):
    (tmp_path / "inner").mkdir()
    (tmp_path / "x.part").write_bytes(NEW)
    (tmp_path / "inner" / "notes.txt").write_bytes(NEW)
    (tmp_path / "inner" / ".dlc-0-1-1.plan").write_text(json.dumps({"replace": [pair]}))
    with pytest.raises(UnsafeFile):
        recovery.recover(tmp_path / "inner")
    assert not (tmp_path / "a").exists() and not (tmp_path / "inner" / "a").exists()


def test_sweeping_removes_what_the_dead_left_and_nothing_else(tmp_path):
    mine = scratch.scratch_name(tmp_path, "part")
    dead = tmp_path / f".dlc-{scratch.HOST}-{_dead_pid()}-0.part"
    for path in (mine, dead, tmp_path / "labels.h5", tmp_path / ".dlc-notes"):
        path.write_bytes(b"x")
    assert recovery.sweep(tmp_path) == [dead]
    assert mine.exists() and (tmp_path / "labels.h5").exists() and (tmp_path / ".dlc-notes").exists()


def test_two_processes_that_save_in_one_folder_each_have_a_plan_of_their_own(tmp_path):
    """Analyses of two videos write into one folder without a common lock."""
    save_pair(tmp_path, OLD)
    with files.transaction(tmp_path) as first:
        for name in ("labels.csv", "labels.h5"):
            with first.open(name) as file:
                file.write(NEW)
        first._plan = scratch.scratch_name(tmp_path, "plan")
        first._write_plan(first._plan, [(one.part, one.target) for one in first._replacements])
        with files.transaction(tmp_path) as second:
            for name in ("other.csv", "other.h5"):
                with second.open(name) as file:
                    file.write(NEW)
        assert [path.suffix for path in tmp_path.glob(".dlc-*.plan")] == [".plan"]


@pytest.mark.skipif(not liveness.birth_of(os.getpid()), reason="this system does not tell when a process began")
def test_what_an_earlier_container_left_is_no_obstacle_though_its_process_had_our_number(tmp_path):
    save_pair(tmp_path, OLD)
    part = tmp_path / f".dlc-{scratch.HOST}-{os.getpid()}-1-0.part"
    part.write_bytes(NEW)
    (tmp_path / f".dlc-{scratch.HOST}-{os.getpid()}-1-1.plan").write_text(
        json.dumps({"replace": [[part.name, "labels.h5"]]})
    )
    assert recovery.recover(tmp_path) == [tmp_path / "labels.h5"]
    part.write_bytes(NEW)
    assert recovery.sweep(tmp_path) == [part]
    assert (tmp_path / "labels.h5").read_bytes() == NEW and names(tmp_path) == ["labels.csv", "labels.h5"]


def test_old_versions_stay_on_disk_while_they_cannot_be_put_back(tmp_path, monkeypatch):
    save_pair(tmp_path, OLD)
    really = os.replace

    def fail_after_the_first(source, target):
        if str(target).endswith("labels.csv") and str(source).endswith(".old"):
            raise OSError(errno.EIO, "still no disk")
        if str(target).endswith("labels.h5"):
            raise OSError(errno.EIO, "no disk")
        really(source, target)

    monkeypatch.setattr(files.os, "replace", fail_after_the_first)
    with pytest.raises(StorageError):
        save_pair(tmp_path, NEW)
    monkeypatch.undo()
    monkeypatch.setattr(scratch, "still_runs", lambda pid, birth: False)
    recovery.recover(tmp_path)
    assert {(tmp_path / name).read_bytes() for name in ("labels.csv", "labels.h5")} == {OLD}


def test_T10_without_atomic_rename_the_file_is_copied_and_the_weaker_promise_is_said(tmp_path, monkeypatch, caplog):
    files.atomic_write_bytes(tmp_path / "a", OLD)

    def refuse(source, target):
        raise OSError(errno.ENOTSUP, "no rename here")

    monkeypatch.setattr(files.os, "replace", refuse)
    files.atomic_write_bytes(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_bytes() == NEW
    assert "cannot rename" in caplog.text and names(tmp_path) == ["a"]


def test_T10_without_hard_links_saving_still_works(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOTSUP, "no links here")

    monkeypatch.setattr(files.os, "link", refuse)
    save_pair(tmp_path, OLD)
    save_pair(tmp_path, NEW, keep=history.keep_version)
    assert {(tmp_path / name).read_bytes() for name in names(tmp_path)} == {NEW}


@pytest.mark.skipif(os.name == "nt", reason="modes of folders mean little on Windows")
def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StorageError, match="no folder"):
        files.atomic_write_bytes(tmp_path / "nowhere" / "a", NEW)
    assert list(tmp_path.iterdir()) == []


def test_T9_a_read_only_folder_is_named_and_left_as_it_was(read_only_folder):
    files.atomic_write_bytes(read_only_folder / "a", OLD)
    read_only_folder.chmod(0o500)
    with pytest.raises(StorageError, match="No permission to write a"):
        files.atomic_write_bytes(read_only_folder / "a", NEW)
    assert names(read_only_folder) == ["a"] and (read_only_folder / "a").read_bytes() == OLD


def _dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.skipif(os.name == "nt", reason="modes of folders mean little on Windows")
def test_T9_an_interrupted_save_in_a_read_only_folder_is_reported_and_left_to_its_owner(
    read_only_folder, caplog, monkeypatch
):
    monkeypatch.setattr(scratch, "still_runs", lambda pid, birth: False)
    maker = f"{scratch.HOST}-1-1"
    part = read_only_folder / f".dlc-{maker}-0.part"
    part.write_bytes(NEW)
    (read_only_folder / "labels.h5").write_bytes(OLD)
    plan = read_only_folder / f".dlc-{maker}-1.plan"
    plan.write_text(json.dumps({"replace": [[part.name, "labels.h5"]]}))
    read_only_folder.chmod(0o500)
    assert recovery.recover(read_only_folder) == [] and "only by its owner" in caplog.text
    read_only_folder.chmod(0o700)
    recovery.recover(read_only_folder)
    assert (read_only_folder / "labels.h5").read_bytes() == NEW
