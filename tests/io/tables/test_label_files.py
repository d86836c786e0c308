"""Labels on disk: two files that change together, history, and nothing lost that the program does not know."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplabcut.core import faults, locks
from deeplabcut.core.errors import DamagedFile, InvalidInput, Locked, Missing, NoSpace, StorageError, UnsafeFile
from deeplabcut.core.history import versions
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.io import annotations as labels_module
from deeplabcut.io.annotations import read_annotations, restore_labels, write_annotations
from deeplabcut.io.csv_tables import read_csv, write_csv
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import Table, annotations_of, same_bits, table_of_annotations, to_frame

H5, CSV = "CollectedData_Bob.h5", "CollectedData_Bob.csv"


def same(one, other):
    return (
        (one.plan, one.scorer, one.images) == (other.plan, other.scorer, other.images)
        and same_bits(one.xy, other.xy)
        and same_bits(one.unique_xy, other.unique_xy)
    )


def visible(folder):
    """The files a person sees; locks and kept versions lie in hidden folders."""
    return sorted(entry.name for entry in folder.iterdir() if entry.is_file())


def agree(folder):
    """Whether h5 and csv tell the same."""
    return annotations_of(read_table(folder / H5)).xy.tobytes() == annotations_of(read_csv(folder / CSV)).xy.tobytes()


@pytest.fixture
def folder(tmp_path, two_mice):
    write_annotations(tmp_path, two_mice)
    return tmp_path


def test_labels_are_stored_as_h5_and_csv_and_read_back_bit_for_bit(folder, two_mice):
    assert visible(folder) == [CSV, H5]
    assert same(read_annotations(folder), two_mice)
    assert same(read_annotations(folder / CSV), two_mice) and agree(folder)
    assert (folder / CSV).read_text().splitlines()[0].startswith("scorer,,,Bob")


@pytest.mark.filterwarnings("ignore:The .float_precision")
def test_both_files_open_in_pandas_as_scripts_expect(folder, two_mice):
    pandas = pytest.importorskip("pandas")
    h5 = pandas.read_hdf(folder / H5)
    csv = pandas.read_csv(folder / CSV, header=[0, 1, 2, 3], index_col=[0, 1, 2], float_precision="round_trip")
    assert np.array_equal(h5.to_numpy(), csv.to_numpy(), equal_nan=True) and list(h5.index) == list(two_mice.images)
    assert list(h5.columns) == list(csv.columns) and (h5.dtypes == "float64").all()


def test_T19_saving_changes_only_the_cell_that_was_edited(folder, two_mice):
    before = read_table(folder / H5)
    xy = two_mice.xy.copy()
    xy[2, 1, 0] = 1.25, 2.5
    write_annotations(folder, replace(two_mice, xy=xy))
    after = read_table(folder / H5)
    differs = before.values.view("u8") != after.values.view("u8")
    assert after.columns == before.columns and after.rows == before.rows and differs.sum() == 2
    assert agree(folder)


def test_T19_unusual_bits_order_and_duplicated_rows_survive_a_save(tmp_path, caplog):
    plan = BodyPlan(("b", "a"))
    odd = np.array([0x7FF8000000000123], "u8").view("f8")[0]
    values = np.array([[-0.0, 1e300, odd, np.inf], [1, 2, 3, -4], [5, 6, 7, 8], [9, 9, 9, 9.0]])
    rows = tuple(("labeled-data", "v", name) for name in ("z.png", "a.png", "z.png", "m.png"))
    columns = tuple(("Bob", part, coord) for part in ("a", "b") for coord in ("y", "x"))
    write_table(tmp_path / H5, Table(values, rows, columns), layout="fixed")
    labels = read_annotations(tmp_path, plan)
    assert "more than once" in caplog.text
    write_annotations(tmp_path, labels)
    after = read_table(tmp_path / H5)
    assert after.values.tobytes() == values.tobytes() and after.rows == rows and after.columns == columns


def test_columns_that_the_project_does_not_know_survive_a_save(folder, two_mice):
    before = read_table(folder / H5)
    fewer = BodyPlan(("tail", "paw"), ("m2", "m3"), ())
    labels = read_annotations(folder, fewer)
    xy = labels.xy.copy()
    xy[0, 0, 0], xy[1, 1, 1] = (7, 8), (9, 10)
    write_annotations(folder, replace(labels, xy=xy))
    after = read_table(folder / H5)
    assert set(before.columns) < set(after.columns)
    everything = read_annotations(folder, BodyPlan(("snout", "ear", "tail", "paw"), ("m1", "m2", "m3"), ("corner",)))
    assert same_bits(everything.unique_xy, two_mice.unique_xy)
    assert same_bits(everything.xy[:, 0, :3].copy(), two_mice.xy[:, 0].copy())
    assert everything.xy[0, 1, 2].tolist() == [7, 8] and everything.xy[1, 2, 3].tolist() == [9, 10]
    assert agree(folder)


def test_bodyparts_with_numbers_for_names_can_be_saved(tmp_path):
    """Older projects have numbers in the columns of their h5 files."""
    columns = tuple(("Bob", part, coord) for part in (1, 2) for coord in ("x", "y"))
    table = Table(np.arange(4.0)[None], (("labeled-data", "cage", "img0.png"),), columns)
    write_table(tmp_path / H5, table, layout="fixed")
    labels = read_annotations(tmp_path, BodyPlan(("1", "2", "tail")))
    labels.xy[0, 0, 2] = 7
    write_annotations(tmp_path, labels)
    again = read_annotations(tmp_path)
    assert again.plan.bodyparts == ("1", "2", "tail") and again.xy.ravel().tolist() == [0, 1, 2, 3, 7, 7]


def test_T21_labels_of_a_scorer_with_an_accent_are_found_in_either_form(tmp_path):
    composed, apart = (unicodedata.normalize(form, "Zoé") for form in ("NFC", "NFD"))
    labels = Annotations(BodyPlan(("tail",)), apart, (("labeled-data", "cage", "img0.png"),), np.ones((1, 1, 1, 2)))
    write_annotations(tmp_path, labels)
    assert len(read_annotations(tmp_path, scorer=composed)) == 1
    write_annotations(tmp_path, replace(labels, scorer=composed, xy=labels.xy + 1))
    assert len(visible(tmp_path)) == 2 and read_annotations(tmp_path).xy.ravel().tolist() == [2, 2]


def test_new_images_are_added_and_dropped_ones_removed(folder, two_mice):
    new = ("labeled-data", "cage", "img99.png")
    keep = [3, 0]
    changed = Annotations(
        two_mice.plan, "Bob", (two_mice.images[3], new, two_mice.images[0]),
        np.stack([two_mice.xy[3], np.full((2, 3, 2), 5.0), two_mice.xy[0]]),
        np.stack([two_mice.unique_xy[3], np.full((1, 2), np.nan), two_mice.unique_xy[0]]),
    )  # fmt: skip
    write_annotations(folder, changed)
    found = read_annotations(folder)
    assert same(found, changed) and same_bits(found.xy[[0, 2]], two_mice.xy[keep])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(1, 4), st.integers(0, 50))
def test_any_labels_read_back_bit_for_bit(tmp_path, n_animals, n_parts, n_unique, n_images, seed):
    rng = np.random.default_rng(seed)
    plan = BodyPlan(
        tuple(f"p{i}" for i in range(n_parts)),
        tuple(f"m{i}" for i in range(n_animals)),
        tuple(f"u{i}" for i in range(n_unique)),
    )
    xy = rng.normal(200, 300, (n_images, n_animals, n_parts, 2))
    xy[rng.random(xy.shape[:3]) < 0.3] = np.nan
    labels = Annotations(plan, "Bob", tuple(("labeled-data", "v", f"{i}.png") for i in range(n_images)), xy, rng.normal(size=(n_images, n_unique, 2)))  # fmt: skip  # noqa: E501
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    write_annotations(tmp_path, labels)
    assert same(read_annotations(tmp_path, plan), labels) and agree(tmp_path)
    (tmp_path / H5).unlink()
    assert same(read_annotations(tmp_path, plan), labels)


def test_older_row_labels_are_read_and_written_in_three_parts(tmp_path, pandas_files, sample_tables):
    for name in ("labels_text_rows", "labels_text_rows_table", "labels_windows_rows"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(pandas_files / f"{name}.h5", folder / H5)
        labels = read_annotations(folder)
        assert labels.images == sample_tables["labels_single"][0].rows
        write_annotations(folder, labels)
        assert read_table(folder / H5).same_as(sample_tables["labels_single"][0])


def test_likelihoods_of_refined_predictions_are_dropped_on_saving(tmp_path, pandas_files):
    shutil.copy(pandas_files / "machinelabels.h5", tmp_path / "CollectedData_DLC_net.h5")
    labels = read_annotations(tmp_path)
    write_annotations(tmp_path, labels)
    after = read_table(tmp_path / "CollectedData_DLC_net.h5")
    assert after.level("coords") == ["x", "y"] and same(annotations_of(after), labels)


def test_the_scorer_is_named_where_a_folder_has_several(folder, two_mice):
    write_annotations(folder, replace(two_mice, scorer="Eve"))
    with pytest.raises(InvalidInput, match="Bob, Eve"):
        read_annotations(folder)
    assert read_annotations(folder, scorer="Eve").scorer == "Eve"


@pytest.mark.parametrize("scorer", ["a/../../elsewhere", "a\\..\\elsewhere"])
def test_T35_no_scorer_leads_out_of_the_folder(folder, two_mice, scorer):
    (folder / "CollectedData_a").mkdir()
    with pytest.raises(InvalidInput, match="file name"):
        write_annotations(folder, replace(two_mice, scorer=scorer))
    with pytest.raises(InvalidInput, match="file name"):
        read_annotations(folder, scorer=scorer)
    assert not list(folder.parent.glob("elsewhere*"))


def test_labels_of_the_other_kind_are_refused(folder, one_mouse):
    with pytest.raises(InvalidInput, match="convert2_maDLC"):
        write_annotations(folder, one_mouse)
    with pytest.raises(Missing):
        read_annotations(folder.parent / "nowhere")
    with pytest.raises(Missing):
        write_annotations(folder.parent / "nowhere", one_mouse)


def test_the_last_ten_versions_are_kept(folder, two_mice):
    for i in range(12):
        write_annotations(folder, replace(two_mice, xy=two_mice.xy + i + 1))
    assert len(versions(folder / H5)) == len(versions(folder / CSV)) == 10
    assert same_bits(annotations_of(read_table(versions(folder / H5)[-1].path)).xy, two_mice.xy + 11)


# --- recovery


def test_T20_a_missing_empty_or_cut_h5_is_recovered_from_the_csv(folder, two_mice, caplog):
    whole, text = (folder / H5).read_bytes(), (folder / CSV).read_bytes()
    states = [None, b"", *(whole[:n] for n in np.linspace(0, len(whole) - 1, 100).astype(int))]
    for content in states:
        caplog.clear()
        if content is None:
            (folder / H5).unlink()
        else:
            (folder / H5).write_bytes(content)
        assert same(read_annotations(folder), two_mice)
        assert "the labels are those of" in caplog.text and CSV in caplog.text
        assert (folder / CSV).read_bytes() == text and (content is None or (folder / H5).read_bytes() == content)


def test_T20_a_save_after_recovery_makes_both_files_whole_and_puts_the_damaged_one_aside(folder, two_mice):
    damaged = (folder / H5).read_bytes()[:500]
    (folder / H5).write_bytes(damaged)
    labels = read_annotations(folder)
    write_annotations(folder, replace(labels, xy=labels.xy + 1))
    assert same_bits(read_annotations(folder).xy, two_mice.xy + 1) and agree(folder)
    assert (folder / ".history" / H5 / "damaged").read_bytes() == damaged
    assert all(version.path.read_bytes() != damaged for version in versions(folder / H5))


def test_T20_with_the_csv_gone_too_the_kept_versions_serve(folder, two_mice, caplog):
    write_annotations(folder, replace(two_mice, xy=two_mice.xy + 1))
    (folder / CSV).unlink()
    (folder / H5).write_bytes(b"")
    assert same(read_annotations(folder), two_mice) and ".history" in caplog.text
    (folder / H5).unlink()
    assert same(read_annotations(folder), two_mice)


@pytest.mark.parametrize("damage", ["cut in the header", "blocks that never reached the disk"])
def test_T20_a_csv_that_only_looks_like_labels_is_passed_over_for_the_kept_versions(folder, two_mice, damage):
    write_annotations(folder, replace(two_mice, xy=two_mice.xy + 1))
    (folder / H5).unlink()
    content = (folder / CSV).read_bytes()
    cut = content[: content.index(b"bodyparts")] if damage == "cut in the header" else content[:-200] + bytes(200)
    (folder / CSV).write_bytes(cut)
    assert same(read_annotations(folder), two_mice)


@pytest.mark.parametrize("scorers", [("Bob", "Ada"), ("Bob", "Bob")])
def test_columns_of_two_scorers_or_twice_the_same_are_never_merged_by_a_save(tmp_path, scorers):
    columns = tuple((scorer, "tail", coord) for scorer in scorers for coord in ("x", "y"))
    images = (("labeled-data", "cage", "img0.png"),)
    write_table(tmp_path / H5, Table(np.arange(4.0)[None], images, columns), layout="fixed")
    before = (tmp_path / H5).read_bytes()
    with pytest.raises(DamagedFile):
        write_annotations(tmp_path, Annotations(BodyPlan(("tail",)), "Bob", images, np.ones((1, 1, 1, 2))))
    assert (tmp_path / H5).read_bytes() == before


def test_T20_with_nothing_to_recover_from_the_labels_are_called_damaged_and_nothing_is_saved(tmp_path, two_mice):
    (tmp_path / H5).write_bytes(b"")
    for _ in range(2):
        with pytest.raises(DamagedFile, match="restored"):
            read_annotations(tmp_path)
    with pytest.raises(DamagedFile):
        write_annotations(tmp_path, two_mice)
    assert visible(tmp_path) == [H5] and (tmp_path / H5).read_bytes() == b""


@pytest.mark.parametrize("edit", ["number", "row", "text"])
def test_T20_a_csv_that_disagrees_is_reported_and_left_alone(folder, two_mice, caplog, edit):
    lines = (folder / CSV).read_text().splitlines()
    if edit == "number":
        lines[4] = lines[4].replace(lines[4].split(",")[3], "11.5")
    elif edit == "row":
        del lines[5]
    else:
        lines[4] += "x"
    (folder / CSV).write_text("\n".join(lines))
    assert same(read_annotations(folder), two_mice)
    expected = {
        "number": "1 cells differ, the first in row 1, column m1/snout/x",
        "row": "4 and 3 rows",
        "text": "no number",
    }
    assert expected[edit] in caplog.text and (folder / CSV).read_text() == "\n".join(lines)


def test_labels_in_single_precision_agree_with_their_csv(folder, two_mice, caplog):
    table = read_table(folder / H5)
    single = replace(table, values=table.values.astype(np.float32))
    write_table(folder / H5, single, layout="fixed")
    to_frame(single).to_csv(folder / CSV)
    assert np.allclose(read_annotations(folder).xy, two_mice.xy, atol=1e-4, equal_nan=True)
    assert "disagree" not in caplog.text


def test_T20_a_csv_that_cannot_be_opened_does_not_stop_the_labels(folder, two_mice, caplog):
    (folder / CSV).unlink()
    (folder / CSV).mkdir()
    assert same(read_annotations(folder), two_mice)
    assert "cannot be read and the h5 is used" in caplog.text
    with pytest.raises(StorageError, match="could not be saved"):
        write_annotations(folder, two_mice)


def test_T9_an_h5_that_may_not_be_read_is_not_taken_for_a_missing_one(folder, monkeypatch):
    real = Path.open

    def closed(self, *arguments, **more):
        if self.name == H5:
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(StorageError, match="cannot be read"):
        read_annotations(folder)


def test_agreeing_files_are_read_without_a_notice(folder, caplog):
    with caplog.at_level(logging.DEBUG):
        read_annotations(folder)
    assert not caplog.records


def test_T32_labels_that_would_run_code_are_refused_though_a_csv_is_there(folder):
    import h5py

    with h5py.File(folder / H5, "r+") as h5:
        del h5["df_with_missing/block0_values"]
        h5["df_with_missing/block0_values"] = h5py.ExternalLink("elsewhere.h5", "/x")
    with pytest.raises(UnsafeFile):
        read_annotations(folder)


# --- interruption


def save_in_child(folder, fault):
    """Save edited labels in a process of its own with a fault plan; its exit code."""
    script = (
        "import sys\n"
        "from dataclasses import replace\n"
        "from deeplabcut.io.annotations import read_annotations, write_annotations\n"
        "labels = read_annotations(sys.argv[1])\n"
        "write_annotations(sys.argv[1], replace(labels, xy=labels.xy + 1))\n"
    )
    environment = {**os.environ, "DLC_FAULT": fault}
    return subprocess.run([sys.executable, "-c", script, str(folder)], env=environment, capture_output=True).returncode


def kill_at_every_step(folder, labels, steps):
    """Kill a saving child at each step; how often the old and the new version came out of it."""
    outcome = {"old": 0, "new": 0}
    for k in steps:
        shutil.rmtree(folder)
        folder.mkdir()
        write_annotations(folder, labels)
        code = save_in_child(folder, f"kill:{k}")
        if code == 0:
            return outcome, k
        assert code == -signal.SIGKILL
        found = read_annotations(folder)
        version = "old" if same_bits(found.xy, labels.xy) else "new"
        assert version == "old" or same_bits(found.xy, labels.xy + 1), k
        assert agree(folder), k
        outcome[version] += 1
        write_annotations(folder, replace(found, xy=found.xy + 5))
        assert visible(folder) == [CSV, H5] and agree(folder)
    return outcome, None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_T1_a_killed_save_leaves_the_old_or_the_new_labels(folder, one_mouse):
    shutil.rmtree(folder)
    folder.mkdir()
    outcome, survived = kill_at_every_step(folder, one_mouse, range(1, 60))
    assert survived and outcome["old"] >= 5 and outcome["new"] >= 1
    assert sum(outcome.values()) == survived - 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_T1_two_hundred_killed_saves(folder, two_mice, one_mouse, capsys):
    killed = {"old": 0, "new": 0}
    rng = np.random.default_rng(8)
    while sum(killed.values()) < 200:
        n = int(rng.integers(1, 400))
        labels = Annotations(
            two_mice.plan, "Bob", tuple(("labeled-data", "cage", f"img{i:04d}.png") for i in range(n)),
            rng.normal(200, 100, (n, 2, 3, 2)), rng.normal(200, 100, (n, 1, 2)),
        )  # fmt: skip
        outcome, survived = kill_at_every_step(folder, labels, range(1, 100))
        assert survived
        killed = {version: killed[version] + outcome[version] for version in killed}
    with capsys.disabled():
        print(f"\nT1: {sum(killed.values())} killed saves: {killed['old']} old, {killed['new']} new")


def test_T1_the_next_open_says_which_version_it_completed(folder, two_mice, caplog):
    """A crash between the two replacements: the plan on disk is carried out by whoever opens the folder next."""
    with faults.injected() as plan:
        write_annotations(folder, replace(two_mice, xy=two_mice.xy + 1))
    for k in range(plan.n_steps - 2, plan.n_steps + 1):
        shutil.rmtree(folder)
        folder.mkdir()
        write_annotations(folder, two_mice)
        assert save_in_child(folder, f"kill:{k}") != 0
        if plans := list(folder.glob(".dlc-*.plan")):
            assert json.loads(plans[0].read_text())
            assert same_bits(read_annotations(folder).xy, two_mice.xy + 1)
            assert "was interrupted; completed" in caplog.text and agree(folder)
            return
    pytest.fail("no kill between the replacements")


def test_T5_a_full_disk_while_saving_leaves_labels_and_no_scraps(folder, two_mice):
    sizes = (folder / H5).stat().st_size + (folder / CSV).stat().st_size
    edited = replace(two_mice, xy=two_mice.xy + 1)
    for n_bytes in [*range(0, sizes, sizes // 12), sizes - 1]:
        with faults.injected(f"enospc:{n_bytes}"), pytest.raises(NoSpace, match="bytes needed"):
            write_annotations(folder, edited)
        assert visible(folder) == [CSV, H5]
        assert same_bits(annotations_of(read_table(folder / H5)).xy, two_mice.xy) and agree(folder)
    write_annotations(folder, edited)
    assert same_bits(read_annotations(folder).xy, edited.xy)


def test_T6_a_failing_sync_or_replacement_is_reported_and_both_files_stay(folder, two_mice):
    edited = replace(two_mice, xy=two_mice.xy + 1)
    with faults.injected() as plan:
        write_annotations(folder, two_mice)
    tried = 0
    for step, count in plan.seen.items():
        for k in range(1, count + 1):
            with faults.injected(f"{step}:{k}"), pytest.raises(StorageError):
                write_annotations(folder, edited)
            assert same(read_annotations(folder), two_mice) and agree(folder) and visible(folder) == [CSV, H5]
            tried += 1
    assert tried >= 8
    write_annotations(folder, edited)
    assert same(read_annotations(folder), edited)


def test_T8_a_second_process_is_told_who_is_saving(folder, two_mice, monkeypatch):
    monkeypatch.setattr(labels_module, "_WAIT_S", 0.0)
    with locks.hold(folder, "saving labels"), pytest.raises(Locked, match=f"process {os.getpid()}"):
        write_annotations(folder, two_mice)
    write_annotations(folder, two_mice)


def test_T29_labels_do_not_depend_on_locale_umask_or_time_zone(tmp_path, two_mice):
    write_annotations(tmp_path, two_mice)
    script = (
        "import locale, os, sys, time\n"
        "os.umask(0o077)\n"
        "for name in ('de_DE.UTF-8', 'C.UTF-8', 'C'):\n"
        "    try: locale.setlocale(locale.LC_ALL, name); break\n"
        "    except locale.Error: pass\n"
        "time.tzset()\n"
        "from deeplabcut.io.annotations import read_annotations, write_annotations\n"
        "write_annotations(sys.argv[2], read_annotations(sys.argv[1]))\n"
    )
    other = tmp_path / "other"
    other.mkdir()
    environment = {
        **os.environ,
        "LC_ALL": "de_DE.UTF-8",
        "LANG": "de_DE.UTF-8",
        "TZ": "Asia/Kathmandu",
        "PYTHONUTF8": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(other)], env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    for name in (H5, CSV):
        assert (other / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_csv_alone_is_a_set_of_labels(tmp_path, two_mice):
    write_csv(tmp_path / CSV, table_of_annotations(two_mice))
    assert same(read_annotations(tmp_path), two_mice)
    assert Path(tmp_path / CSV).exists()


def test_restoring_the_h5_or_the_csv_brings_the_pair_back_and_can_be_undone(folder, two_mice, caplog):
    files = write_annotations(folder, two_mice)
    moved = replace(two_mice, xy=two_mice.xy + 5)
    for path in (files.h5, files.csv):
        write_annotations(folder, moved)
        restore_labels(path)
        np.testing.assert_array_equal(read_annotations(folder).xy, two_mice.xy)
        restore_labels(path)
        np.testing.assert_array_equal(read_annotations(folder).xy, moved.xy)
        restore_labels(path)
    assert "disagree" not in caplog.text
