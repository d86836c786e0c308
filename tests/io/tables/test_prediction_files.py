"""Predictions of videos: whole or piece by piece, the same file."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, InvalidInput, NoSpace, StorageError
from deeplabcut.core.poses import BodyPlan, PoseTable
from deeplabcut.io.hdf import read_table
from deeplabcut.io.predictions import prediction_writer, read_predictions, without_placeholders, write_predictions
from deeplabcut.io.tables import same_bits


def same(one, other):
    return (
        (one.plan, one.scorer, one.frames.tolist()) == (other.plan, other.scorer, other.frames.tolist())
        and same_bits(one.poses, other.poses)
        and same_bits(one.unique, other.unique)
    )


@pytest.mark.parametrize("key", ["df_with_missing", "tracks"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_read_back_bit_for_bit_from_h5_and_csv(tmp_path, tracked_mice, key, dtype):
    table = replace(tracked_mice, poses=tracked_mice.poses.astype(dtype), unique=tracked_mice.unique.astype(dtype))
    write_predictions(tmp_path / "v.h5", table, key=key, save_as_csv=True)
    assert same(read_predictions(tmp_path / "v.h5"), table) and read_table(tmp_path / "v.h5").key == key
    text = read_predictions(tmp_path / "v.csv")
    assert same_bits(text.poses.astype(dtype), table.poses) and text.plan == table.plan


def test_a_single_animal_has_three_levels_of_columns(tmp_path):
    plan = BodyPlan(("snout", "tail"))
    table = PoseTable(plan, "DLC", np.arange(3), np.ones((3, 1, 2, 3), np.float32))
    write_predictions(tmp_path / "v.h5", table, save_as_csv=True)
    assert read_table(tmp_path / "v.h5").column_names == ("scorer", "bodyparts", "coords")
    assert (tmp_path / "v.csv").read_text().splitlines()[0] == "scorer" + ",DLC" * 6
    write_predictions(tmp_path / "v.h5", table, always_individuals=True)
    assert same(read_predictions(tmp_path / "v.h5", plan), table)


def test_pieces_give_the_same_bytes_as_the_whole(tmp_path, tracked_mice):
    write_predictions(tmp_path / "whole.h5", tracked_mice, save_as_csv=True)
    with prediction_writer(tmp_path / "pieces.h5", tracked_mice.plan, "DLC_net", save_as_csv=True) as writer:
        for part in (slice(0, 3), slice(3, 3), slice(3, 7)):
            writer.append(tracked_mice.frames[part], tracked_mice.poses[part], tracked_mice.unique[part])
        assert writer.n_frames == 7 and not (tmp_path / "pieces.h5").exists()
    assert same(read_predictions(tmp_path / "pieces.h5"), tracked_mice)
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_pieces_of_the_wrong_shape_are_refused_and_nothing_is_left(tmp_path, tracked_mice):
    with (
        pytest.raises(InvalidInput, match="do not match"),
        prediction_writer(tmp_path / "v.h5", tracked_mice.plan, "D") as writer,
    ):
        writer.append(np.arange(2), np.zeros((2, 1, 2, 3)))
    assert list(tmp_path.iterdir()) == []


def test_a_video_without_frames_has_a_table_without_rows(tmp_path, tracked_mice):
    with prediction_writer(tmp_path / "v.h5", tracked_mice.plan, "DLC", save_as_csv=True):
        pass
    found = read_predictions(tmp_path / "v.h5")
    assert len(found) == 0 and found.plan == tracked_mice.plan
    assert read_predictions(tmp_path / "v.csv").plan == tracked_mice.plan


def test_stored_placeholders_stay_until_a_consumer_asks(tmp_path, tracked_mice):
    write_predictions(tmp_path / "v.h5", tracked_mice)
    found = read_predictions(tmp_path / "v.h5")
    assert (found.poses[4, 0, 0] == -1).all()
    clean = without_placeholders(found)
    assert np.isnan(clean.poses[4, 0, 0]).all() and clean.poses.dtype == np.float32
    assert same_bits(clean.poses[5:], found.poses[5:])


def test_files_of_every_pandas_are_read_by_name(pandas_files, sample_tables):
    found = read_predictions(pandas_files / "tracks.h5", BodyPlan(("snout",), ("m2",)))
    values = sample_tables["tracks"][0].values
    assert same_bits(found.poses[:, 0, 0], values[:, 9:12])
    assert read_predictions(pandas_files / "zoo.h5").frames.tolist() == [0, 1, 2, 3]
    with pytest.raises(DamagedFile, match="labels, not predictions") as caught:
        read_predictions(pandas_files / "labels_multi.h5")
    assert "labels_multi.h5" in str(caught.value)


def test_more_columns_than_a_table_can_name_are_written_all_the_same(tmp_path):
    plan = BodyPlan(tuple(f"part{i}" for i in range(40)), tuple(f"animal{i}" for i in range(60)))
    table = PoseTable(plan, "DLC_resnet50", np.arange(2), np.random.default_rng(0).random((2, 60, 40, 3), np.float32))
    write_predictions(tmp_path / "v.h5", table, save_as_csv=True)
    assert same(read_predictions(tmp_path / "v.h5"), table)


def test_T5_T6_a_failed_write_leaves_both_old_files_and_no_scraps(tmp_path, tracked_mice):
    write_predictions(tmp_path / "v.h5", tracked_mice, save_as_csv=True)
    old = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = replace(tracked_mice, poses=tracked_mice.poses + 1)
    with faults.injected() as plan:
        write_predictions(tmp_path / "v.h5", tracked_mice, save_as_csv=True)
    total = sum(map(len, old.values()))
    plans = [f"enospc:{n}" for n in range(0, total, total // 20)]
    plans += [f"{step}:{k}" for step, count in plan.seen.items() for k in range(1, count + 1)]
    for fault in plans:
        with faults.injected(fault), pytest.raises(NoSpace if "enospc" in fault else StorageError):
            write_predictions(tmp_path / "v.h5", other, save_as_csv=True)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old, fault
    write_predictions(tmp_path / "v.h5", other, save_as_csv=True)
    assert same(read_predictions(tmp_path / "v.h5"), other)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is measured on Linux")
def test_T16_memory_does_not_grow_with_the_length_of_the_video(tmp_path):
    script = (
        "import sys, numpy as np\n"
        "from deeplabcut.core.poses import BodyPlan\n"
        "from deeplabcut.io.predictions import prediction_writer\n"
        "plan = BodyPlan(tuple('abcdefghijkl'), ('m1', 'm2', 'm3'))\n"
        "poses = np.random.default_rng(0).random((1000, 3, 12, 3), np.float32)\n"
        "with prediction_writer(sys.argv[1], plan, 'DLC', save_as_csv=True) as writer:\n"
        "    for start in range(0, int(sys.argv[2]), 1000):\n"
        "        writer.append(np.arange(start, start + 1000), poses)\n"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
    )
    peak_kb = [
        int(
            subprocess.run(
                [sys.executable, "-c", script, str(tmp_path / "v.h5"), n], capture_output=True, check=True
            ).stdout
        )
        for n in ("2000", "60000")
    ]
    assert peak_kb[1] - peak_kb[0] < 40_000
