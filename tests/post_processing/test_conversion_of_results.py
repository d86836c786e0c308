"""Results of videos as csv: the text that pandas writes, of every file that belongs to the video."""

from __future__ import annotations

import resource
import sys

import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, Missing
from deeplabcut.core.poses import BodyPlan, PoseTable
from deeplabcut.io.csv_copies import copy_as_csv
from deeplabcut.io.hdf import write_table
from deeplabcut.io.predictions import write_predictions
from deeplabcut.io.tables import Table
from deeplabcut.post_processing import analyze_videos_converth5_to_csv

SCORER = "DLC_Resnet50_reachNov20shuffle1"


def poses(n=4, individuals=(), seed=0):
    plan = BodyPlan(("snout", "tail"), individuals)
    rng = np.random.default_rng(seed)
    return PoseTable(plan, SCORER, np.arange(n), rng.uniform(0, 640, (n, plan.n_individuals, 2, 3)).astype(np.float32))


def bones(path, n=4):
    columns = tuple(("snout_tail", name) for name in ("length", "orientation", "likelihood"))
    values = np.random.default_rng(1).uniform(0, 360, (n, 3))
    values[1] = np.nan
    write_table(path, Table(values, np.arange(n), columns, (None, None)))


@pytest.fixture
def folder(tmp_path):
    """Two videos; the first one was analysed, filtered and measured."""
    for name in ("day1.avi", "day2.mp4"):
        (tmp_path / name).write_bytes(b"video")
    write_predictions(tmp_path / f"day1{SCORER}.h5", poses())
    write_predictions(tmp_path / f"day1{SCORER}_filtered.h5", poses(seed=2))
    bones(tmp_path / f"day1{SCORER}_skeleton.h5")
    write_predictions(tmp_path / "unrelated.h5", poses())
    write_predictions(tmp_path / f"other{SCORER}.h5", poses())
    return tmp_path


def csvs(folder):
    return sorted(file.name for file in folder.glob("*.csv"))


RESULTS = [f"day1{SCORER}.csv", f"day1{SCORER}_filtered.csv", f"day1{SCORER}_skeleton.csv"]


def test_every_result_of_a_video_gets_a_csv_of_its_name(folder):
    written = analyze_videos_converth5_to_csv(folder)
    assert sorted(file.name for file in written) == csvs(folder) == RESULTS


@pytest.mark.parametrize("given", [{"videotype": ".avi"}, {"video_extensions": "avi"}, {"videotype": ["mp4", ".AVI"]}])
def test_the_kind_of_video_can_be_named_in_either_spelling(folder, given):
    assert len(analyze_videos_converth5_to_csv(str(folder), **given)) == 3
    assert analyze_videos_converth5_to_csv(folder, "mp4") == []


def test_both_spellings_at_once_are_an_error(folder):
    with pytest.raises(TypeError, match="both 'videotype' and 'video_extensions'"):
        analyze_videos_converth5_to_csv(folder, videotype="avi", video_extensions="avi")
    assert csvs(folder) == []


def test_a_list_of_videos_need_not_hold_the_videos_themselves(folder):
    (folder / "day1.avi").unlink()
    written = analyze_videos_converth5_to_csv([folder / "day1.avi", str(folder / "day2.mp4")], listofvideos=True)
    assert sorted(file.name for file in written) == RESULTS


def test_a_folder_without_videos_or_results_is_no_error_and_one_that_does_not_exist_is(tmp_path):
    assert analyze_videos_converth5_to_csv(tmp_path) == []
    (tmp_path / "day1.avi").write_bytes(b"video")
    assert analyze_videos_converth5_to_csv(tmp_path) == []
    for wrong in (tmp_path / "nowhere", [tmp_path / "nowhere" / "day1.avi"]):
        with pytest.raises(Missing):
            analyze_videos_converth5_to_csv(wrong, listofvideos=isinstance(wrong, list))


def test_results_of_the_first_releases_are_found_too(tmp_path):
    (tmp_path / "day1.avi").write_bytes(b"video")
    write_predictions(tmp_path / "day1DeepCut_resnet50_reach.h5", poses())
    assert len(analyze_videos_converth5_to_csv(tmp_path)) == 1


def test_T20_a_damaged_file_is_reported_keeps_its_csv_and_the_others_follow(folder, caplog):
    analyze_videos_converth5_to_csv(folder)
    damaged = folder / f"day1{SCORER}.h5"
    damaged.write_bytes(damaged.read_bytes()[:900])
    before = damaged.with_suffix(".csv").read_bytes()
    for name in RESULTS[1:]:
        (folder / name).unlink()
    assert sorted(file.name for file in analyze_videos_converth5_to_csv(folder)) == RESULTS[1:]
    assert damaged.name in caplog.text and damaged.with_suffix(".csv").read_bytes() == before
    for name in RESULTS[1:]:
        (folder / name).with_suffix(".h5").write_bytes(b"")
    with pytest.raises(DamagedFile):
        analyze_videos_converth5_to_csv(folder)


# --- the text is that of pandas


def frames():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(5)
    numbers = rng.normal(0, 300, (6, 6)) * 10.0 ** rng.integers(-6, 3, (6, 6))
    numbers[2, 3], numbers[4] = 0, np.nan
    names = ["scorer", "bodyparts", "coords"]
    pose = pd.MultiIndex.from_product([["DLC"], ["snout", 'a "b", c'], ["x", "y", "likelihood"]], names=names)
    bone = pd.MultiIndex.from_product([["snout_tail", "tail_tip"], ["length", "orientation", "likelihood"]])
    images = pd.MultiIndex.from_tuples([("labeled-data", "cage", f"img{i}.png") for i in range(6)])
    yield "float64", pd.DataFrame(numbers, columns=pose)
    yield "float32", pd.DataFrame(numbers.astype(np.float32), columns=pose)
    yield "bones", pd.DataFrame(numbers, columns=bone)
    yield "half-named levels", pd.DataFrame(numbers, columns=bone.set_names(["bone", None]))
    yield "texts as rows", pd.DataFrame(numbers, columns=pose, index=[f"a/img{i}.png" for i in range(6)])
    yield "images", pd.DataFrame(numbers, columns=pose, index=images)
    yield "named rows", pd.DataFrame(numbers, columns=pose, index=pd.RangeIndex(6, name="frame"))
    yield "flat", pd.DataFrame(numbers, columns=list("abcdef"))
    yield "flat and named", pd.DataFrame(numbers, columns=pd.Index(list("abcdef"), name="q"),
                                         index=pd.RangeIndex(6, name="frame"))  # fmt: skip
    yield "no rows", pd.DataFrame(numbers[:0], columns=pose)


@pytest.mark.filterwarnings("ignore:.*not valid Python identifier.*", "ignore:object name is not.*")
@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_the_csv_of_any_table_is_the_text_that_pandas_writes(tmp_path, layout):
    pd = pytest.importorskip("pandas")
    for name, frame in frames():
        if layout == "table" and name in ("images", "no rows"):
            continue
        frame.to_hdf(tmp_path / f"{name}.h5", key="df_with_missing", mode="w", format=layout)
        wanted = pd.read_hdf(tmp_path / f"{name}.h5").to_csv(lineterminator="\n")
        assert copy_as_csv(tmp_path / f"{name}.h5").read_text(encoding="utf-8") == wanted, name


def test_a_long_table_passes_in_pieces_and_arrives_whole(tmp_path):
    pd = pytest.importorskip("pandas")
    n = 60_000  # 11 MB of records: several pieces
    write_predictions(tmp_path / "long.h5", poses(n, ("a", "b", "c", "d")))
    copy_as_csv(tmp_path / "long.h5", tmp_path / "copy.csv")
    lines = (tmp_path / "copy.csv").read_text().splitlines()
    assert len(lines) == n + 4 and lines[4].startswith("0,") and lines[-1].startswith(f"{n - 1},")
    tail = pd.read_hdf(tmp_path / "long.h5").iloc[-3:].to_csv(header=False, lineterminator="\n").splitlines()
    assert lines[-3:] == tail


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is measured on Linux")
def test_memory_does_not_grow_with_the_length_of_the_video(tmp_path):
    write_predictions(tmp_path / "long.h5", poses(400_000, ("a", "b", "c", "d")))  # 80 MB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    copy_as_csv(tmp_path / "long.h5")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 60
