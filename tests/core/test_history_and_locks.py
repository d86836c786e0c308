"""Earlier versions and the way back; one writer at a time."""

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deeplabcut.core import files, history, liveness, locks, scratch
from deeplabcut.core.errors import Locked, Missing, NoSpace


def save(path, text):
    files.atomic_write_bytes(path, text.encode(), keep=history.keep_version)


def test_the_last_ten_versions_are_kept_oldest_first(tmp_path):
    path = tmp_path / "config.yaml"
    for i in range(15):
        save(path, f"version {i}")
    kept = history.versions(path)
    assert [v.path.read_text() for v in kept] == [f"version {i}" for i in range(4, 14)]
    assert path.read_text() == "version 14"


def test_saving_the_same_content_again_adds_no_version(tmp_path):
    path = tmp_path / "config.yaml"
    for text in ("a", "b", "b", "b"):
        save(path, text)
    assert [v.path.read_text() for v in history.versions(path)] == ["a", "b"]


def test_restoring_goes_back_and_can_be_undone(tmp_path):
    path = tmp_path / "config.yaml"
    for text in ("first", "second", "third"):
        save(path, text)
    history.restore(path, history.versions(path)[0].number)
    assert path.read_text() == "first"
    history.restore(path)
    assert path.read_text() == "third"


def test_a_lost_file_comes_back_from_history(tmp_path):
    path = tmp_path / "config.yaml"
    save(path, "a")
    save(path, "b")
    path.unlink()
    history.restore(path)
    assert path.read_text() == "a"


def test_restoring_what_was_never_kept_names_what_there_is(tmp_path):
    path = tmp_path / "config.yaml"
    save(path, "a")
    save(path, "b")
    with pytest.raises(Missing, match="kept versions: 1"):
        history.restore(path, 77)


def test_a_program_that_writes_in_place_cannot_change_a_kept_version(tmp_path):
    path = tmp_path / "config.yaml"
    save(path, "a")
    save(path, "b")
    save(path, "c")
    with path.open("r+") as file:
        file.write("X")
    assert [v.path.read_text() for v in history.versions(path)] == ["a", "b"]


def test_T5_a_version_that_does_not_fit_on_the_disk_leaves_no_scrap(tmp_path, monkeypatch):
    save(tmp_path / "labels.h5", "one")

    def full(source, target):
        Path(target).write_text("o")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(history.shutil, "copy2", full)
    with pytest.raises(NoSpace):
        save(tmp_path / "labels.h5", "two")
    assert (tmp_path / "labels.h5").read_text() == "one"
    assert list(tmp_path.rglob("*.part")) == []


def test_T29_versions_stay_in_order_when_the_clock_is_set_back(tmp_path):
    path = tmp_path / "config.yaml"
    for i, when in enumerate([3e9, 1e9, 2e9]):
        save(path, str(i))
        os.utime(path, (when, when))
    save(path, "now")
    assert [v.path.read_text() for v in history.versions(path)] == ["0", "1", "2"]


def test_T8_a_second_writer_is_refused_with_the_owner_named(tmp_path):
    with (
        locks.hold(tmp_path, "saving labels"),
        pytest.raises(Locked, match=rf"process {os.getpid()} on .*saving labels"),
        locks.hold(tmp_path),
    ):
        pass
    with locks.hold(tmp_path):
        pass


def test_T8_a_second_writer_can_wait_for_the_first(tmp_path):
    order = []

    def second():
        with locks.hold(tmp_path, wait_s=30):
            order.append("second")

    with locks.hold(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def leave_a_lock(folder, **facts):
    owner = {"pid": 1, "host": socket.gethostname(), "since": "", "purpose": "", "token": "t", **facts}
    (folder / ".dlc").mkdir()
    lock = folder / ".dlc" / "folder.lock"
    lock.write_text(json.dumps(owner))
    return lock


def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_T8_the_lock_of_a_dead_process_is_taken_over_with_a_notice(tmp_path, caplog):
    leave_a_lock(tmp_path, pid=dead_pid())
    with locks.hold(tmp_path):
        assert locks.owner_of(tmp_path).pid == os.getpid()
    assert "Took over" in caplog.text


@pytest.mark.skipif(not liveness.birth_of(os.getpid()), reason="this system does not tell when a process began")
def test_T8_the_lock_of_an_earlier_container_is_stale_though_its_process_had_our_number(tmp_path):
    leave_a_lock(tmp_path, pid=os.getpid(), birth="1")
    with locks.hold(tmp_path) as me:
        assert locks.owner_of(tmp_path) == me


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_a_lock_that_is_a_link_to_nowhere_is_refused_instead_of_waited_for(tmp_path):
    (tmp_path / ".dlc").mkdir()
    (tmp_path / ".dlc" / "folder.lock").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Locked), locks.hold(tmp_path):
        pass


def test_T5_a_disk_too_full_for_a_lock_is_called_full_and_keeps_no_draft(tmp_path, monkeypatch):
    def full(self, *_):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(locks.Path, "write_text", full)
    with pytest.raises(NoSpace, match="free"), locks.hold(tmp_path):
        pass
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_T8_a_lock_from_another_machine_counts_while_its_heart_beats(tmp_path):
    lock = leave_a_lock(tmp_path, host="elsewhere")
    with pytest.raises(Locked, match="elsewhere"), locks.hold(tmp_path):
        pass
    os.utime(lock, (0, 0))
    with locks.hold(tmp_path):
        pass


def test_a_garbled_lock_is_stale_once_it_is_old(tmp_path):
    lock = leave_a_lock(tmp_path)
    lock.write_text("{")
    with pytest.raises(Locked), locks.hold(tmp_path):
        pass
    os.utime(lock, (0, 0))
    with locks.hold(tmp_path):
        pass


def test_two_files_of_a_folder_have_locks_of_their_own(tmp_path):
    with locks.hold(tmp_path / "a.mp4"), locks.hold(tmp_path / "b.mp4"):
        assert locks.owner_of(tmp_path / "a.mp4") is not None
    assert locks.owner_of(tmp_path / "a.mp4") is None


def test_many_processes_that_want_one_lock_have_it_one_after_another(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom deeplabcut.core import locks\n"
        "folder = Path(sys.argv[1])\n"
        "for _ in range(20):\n"
        "    with locks.hold(folder, wait_s=60):\n"
        "        counter = folder / 'counter'\n"
        "        counter.write_text(str(int(counter.read_text()) + 1))\n"
    )
    (tmp_path / "counter").write_text("0")
    children = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(4)]
    assert [child.wait() for child in children] == [0, 0, 0, 0]
    assert (tmp_path / "counter").read_text() == "80"


def test_taking_a_lock_recovers_what_a_crash_left(tmp_path):
    part = tmp_path / f".dlc-{scratch.HOST}-{dead_pid()}-1.part"
    part.write_text("new")
    (tmp_path / "labels.h5").write_text("old")
    part.with_suffix(".plan").write_text(json.dumps({"replace": [[part.name, "labels.h5"]]}))
    with locks.hold(tmp_path):
        assert (tmp_path / "labels.h5").read_text() == "new"


def test_a_lock_leaves_no_trace_and_makes_no_folders(tmp_path):
    with locks.hold(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Missing), locks.hold(tmp_path / "nowhere" / "file"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_the_living_is_not_touched_by_one_who_saw_the_dead_before(tmp_path, monkeypatch):
    lock = leave_a_lock(tmp_path, pid=dead_pid())
    dead = locks._read(lock)
    lock.unlink()
    with locks.hold(tmp_path) as living:
        monkeypatch.setattr(locks.os, "rename", lambda *_: pytest.fail("the name was free for a moment"))
        locks._remove_stale(lock, dead)
        assert locks.owner_of(tmp_path) == living
        assert [entry.name for entry in lock.parent.iterdir()] == [lock.name]


def test_processes_that_come_and_go_never_hold_a_lock_together(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom deeplabcut.core import locks\n"
        "folder = Path(sys.argv[1])\n"
        "with locks.hold(folder, wait_s=60):\n"
        "    counter = folder / 'counter'\n"
        "    counter.write_text(str(int(counter.read_text()) + 1))\n"
    )
    (tmp_path / "counter").write_text("0")
    children = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(24)]
    assert {child.wait() for child in children} == {0}
    assert (tmp_path / "counter").read_text() == "24"
