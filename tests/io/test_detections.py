"""`_full`, `_assemblies` and `_meta` files: what is written reads back, and so does what other versions wrote."""

import dbm.dumb
import math
import os
import pickle
import shelve

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core import faults
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing, NoSpace, UnsafeFile
from deeplabcut.io.assemblies import Assemblies, read_assemblies, write_assemblies
from deeplabcut.io.detections import (
    DetectionsInfo,
    FrameDetections,
    LoadFullMultiAnimalData,
    SaveFullMultiAnimalData,
    frame_key,
    key_width,
    read_detections,
    write_detections,
)
from deeplabcut.io.pickles import read_pickle, read_pickle_with_pandas, write_pickle
from deeplabcut.io.run_metadata import RunMetadata, read_run_metadata, write_run_metadata
from deeplabcut.io.shelves import Shelf, is_shelf, write_shelf

INFO = DetectionsInfo(("snout", "tail", "corner"), n_frames=12)


def dump(path, value, protocol=pickle.HIGHEST_PROTOCOL):
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def points(*rows, dtype=np.float32):
    return np.array(rows, dtype).reshape(-1, 3)


def one_frame(shift=0.0):
    """Two individuals, the second without a tail, and a corner of the box."""
    return FrameDetections(
        (points((1, 2, 0.9), (11 + shift, 12, 0.8)), points((3, 4, 0.7), (np.nan,) * 3), points((50, 60, 1))),
        identity=(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), np.full((1, 2), -1, np.float32)),
        boxes=np.array([[0, 0, 9, 9], [10, 10, 9, 9]], np.float32),
        box_scores=np.array([0.9, 0.5], np.float32),
    )


def same(one, other):
    assert len(one.points) == len(other.points)
    for a, b in zip((*one.points, *(one.identity or ())), (*other.points, *(other.identity or ())), strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    assert (one.costs is None) == (other.costs is None)
    for edge, parts in (one.costs or {}).items():
        assert all(np.array_equal(parts[kind], other.costs[edge][kind]) for kind in parts)
    assert (one.boxes is None and other.boxes is None) or np.array_equal(one.boxes, other.boxes)


# Detections


@pytest.mark.parametrize("shelf", [False, True], ids=["pickle", "shelf"])
def test_detections_read_back_frame_by_frame(tmp_path, shelf):
    path = tmp_path / "m1DLC_full.pickle"
    frames = {i: one_frame(i) for i in (0, 3, 11)}
    write_detections(path, INFO, frames.items(), shelf=shelf)
    with read_detections(path) as found:
        assert found.info == INFO and list(found) == [0, 3, 11]
        for i, frame in frames.items():
            same(found[i], frame)


def test_absent_points_are_stored_as_minus_one_like_those_of_the_reference(tmp_path):
    path = tmp_path / "m1DLC_full.pickle"
    write_detections(path, INFO, [(0, one_frame())])
    stored = pickle.loads(path.read_bytes())
    assert list(stored) == ["metadata", "frame00"]
    frame = stored["frame00"]
    assert isinstance(frame["coordinates"], tuple) and len(frame["coordinates"]) == 1
    assert frame["coordinates"][0][1].tolist() == [[3, 4], [-1, -1]] and frame["confidence"][1][1] == -1
    assert frame["costs"] is None and frame["bboxes"].shape == (2, 4) and frame["bbox_scores"].shape == (2,)
    assert stored["metadata"] == {
        "nms radius": None, "minimal confidence": None, "sigma": 1, "PAFgraph": None, "PAFinds": [],
        "all_joints": [[0], [1], [2]], "all_joints_names": ["snout", "tail", "corner"], "nframes": 12,
        "key_str_width": 2,
    }  # fmt: skip


def test_detections_of_the_tensorflow_engine_keep_their_costs(tmp_path):
    entry = {
        "coordinates": ([np.array([[1.0, 2], [11, 12]]), np.array([[3.0, 4]]), np.zeros((0, 2))],),
        "confidence": [np.array([[0.9], [0.8]]), np.array([[0.7]]), np.zeros((0, 1))],
        "costs": {0: {"m1": np.ones((2, 1), np.float16), "distance": np.ones((2, 1), np.float32)}},
    }
    metadata = {"nms radius": 5.0, "minimal confidence": 0.01, "PAFgraph": [[0, 1]], "all_joints": [[0], [1], [2]],
                "all_joints_names": ["snout", "tail", "corner"]}  # fmt: skip
    path = dump(tmp_path / "m1DLC_full.pickle", {"metadata": metadata, "frame0007": entry, "frame0009": None})
    found = read_detections(path)
    assert found.info.graph == ((0, 1),) and found.info.edges_kept == (0,) and found.info.nms_radius == 5
    assert found.info.n_frames == 10 and list(found) == [7, 9]
    assert [len(one) for one in found[7].points] == [2, 1, 0] and [len(one) for one in found[9].points] == [0, 0, 0]
    assert found[7].costs[0]["m1"].dtype == np.float16 and 8 not in found
    info = DetectionsInfo(("snout", "tail", "corner"), 10, ((0, 1),), (0,), nms_radius=5.0, min_confidence=0.01)
    write_detections(tmp_path / "again.pickle", info, [(7, found[7])])
    same(read_detections(tmp_path / "again.pickle")[7], found[7])


def test_a_shelf_of_the_reference_is_read(tmp_path):
    path = tmp_path / "m1DLC_full.pickle"
    with shelve.Shelf(dbm.dumb.open(str(path), "n")) as shelf:
        shelf["metadata"] = {"all_joints_names": ["snout"], "nframes": 3}
        shelf["frame0"] = {"coordinates": ([np.ones((1, 2))],), "confidence": [np.ones((1, 1))], "costs": None}
    with read_detections(path) as found:
        assert found.info.bodyparts == ("snout",) and found[0].points[0].tolist() == [[1, 1, 1]]


def test_our_shelves_are_read_by_python_itself(tmp_path):
    path = tmp_path / "m1DLC_full.pickle"
    items = {f"frame{i}": np.full(100 + i, i) for i in range(5)} | {"öhr, 'x'": "a"}
    write_shelf(path, items.items())
    with shelve.open(str(path), "r") as shelf:
        assert set(shelf) == set(items) and all(np.array_equal(shelf[key], items[key]) for key in items)
    with Shelf(path) as shelf:
        assert list(shelf) == list(items) and shelf["öhr, 'x'"] == "a" and "frame9" not in shelf
        with pytest.raises(KeyError):
            shelf["frame9"]


def test_a_shelf_is_told_from_a_pickle(tmp_path):
    path = tmp_path / "m1DLC_full.pickle"
    assert not is_shelf(path)
    with pytest.raises(Missing):
        Shelf(path)
    write_shelf(path, [("a", 1)])
    assert is_shelf(path)
    write_pickle(path, {})
    assert not is_shelf(path)  # the pickle is what every reader opens first
    with pytest.raises(InvalidInput, match="hide the shelf"):
        write_shelf(path, [("a", 1)])


def test_T5_a_shelf_that_does_not_fit_the_disk_is_absent(tmp_path):
    with faults.injected("enospc:20000"), pytest.raises(NoSpace):
        write_shelf(tmp_path / "s", ((str(i), np.zeros(500)) for i in range(20)))
    assert list(tmp_path.iterdir()) == []


def test_T31_a_shelf_with_a_hostile_index_is_damaged_or_unsafe(tmp_path):
    (tmp_path / "s.dat").write_bytes(b"\0" * 512 + b"cos\nsystem\n(S'echo'\ntR.")
    for index in ("'a', (512, 23)\n", "'a', (-5, 23)\n", "__import__('os')\n", "[" * 5000 + "\n", "'a'\n"):
        (tmp_path / "s.dir").write_text(index)
        with pytest.raises((UnsafeFile, DamagedFile)), Shelf(tmp_path / "s") as shelf:
            shelf["a"]


@pytest.mark.parametrize("content", [
    [], {}, {"metadata": None}, {"metadata": {"all_joints_names": 3}}, {"metadata": {"nframes": 3}},
    {"metadata": {"all_joints_names": ["a"], "nframes": math.inf}},
])  # fmt: skip
def test_another_pickle_is_not_taken_for_detections(tmp_path, content):
    with pytest.raises(DamagedFile):
        read_detections(dump(tmp_path / "x.pickle", content))


@pytest.mark.parametrize("entry", [
    {"coordinates": 3}, {"coordinates": ([],), "confidence": [1]}, "text", [1], np.ones(3),
    {"coordinates": ([np.ones((2, 2))],), "confidence": [np.ones((1, 1))]},
])  # fmt: skip
def test_a_damaged_frame_is_named(tmp_path, entry):
    path = dump(tmp_path / "x.pickle", {"metadata": {"all_joints_names": ["a"]}, "frame4": entry})
    with pytest.raises(DamagedFile, match="frame 4"):
        read_detections(path)[4]


@given(st.integers(1, 200_000))
def test_keys_are_as_wide_as_the_last_frame_needs(n_frames):
    assert key_width(n_frames) == math.ceil(math.log10(n_frames))


def test_keys_of_frames():
    assert frame_key(7, key_width(1000)) == "frame007" and frame_key(0, key_width(1)) == "frame0"


def test_the_historical_functions_save_and_load_both_files(tmp_path):
    data, facts = {"metadata": {"all_joints_names": ["a"]}, "frame0": None}, {"data": {"Scorer": "DLC"}}
    paths = SaveFullMultiAnimalData(data, facts, str(tmp_path / "m1.2DLC.h5"))
    assert [os.path.basename(path) for path in paths] == ["m1.2DLC_full.pickle", "m1.2DLC_meta.pickle"]
    assert LoadFullMultiAnimalData(tmp_path / "m1.2DLC.h5") == (data, facts)
    assert LoadFullMultiAnimalData(paths[0]) == (data, facts)
    os.remove(paths[0])
    write_shelf(paths[0], data.items())
    shelf, _ = LoadFullMultiAnimalData(tmp_path / "m1.2DLC.h5")
    assert dict(shelf) == data
    assert SaveFullMultiAnimalData({0: 1}, facts, tmp_path / "m1DLC.h5", "_assemblies")[0].endswith(
        "_assemblies.pickle"
    )


# Assemblies


def poses(*individuals):
    return np.array(individuals, np.float64)


def test_assemblies_read_back(tmp_path):
    path = tmp_path / "m1DLC_assemblies.pickle"
    absent = (np.nan, np.nan, np.nan, -1)
    written = Assemblies(
        {0: poses([(1, 2, 0.9, 0), absent], [(3, 4, 0.8, 1), (5, 6, 0.7, 1)]), 1: np.empty((0, 2, 4))},
        {0: np.array([[50, 60, 0.9]], np.float32)},
    )
    write_assemblies(path, written)
    stored = pickle.loads(path.read_bytes())
    assert list(stored) == ["single", 0, 1] and stored[0].dtype == np.float64 and stored[1].shape == (0, 2, 4)
    assert stored[0][0, 1].tolist() == [-1, -1, -1, -1] and stored["single"][0].dtype == np.float32
    found = read_assemblies(path)
    assert list(found.poses) == [0, 1] and np.array_equal(found.unique[0], written.unique[0])
    assert all(np.array_equal(found.poses[i], written.poses[i], equal_nan=True) for i in (0, 1))


def test_individuals_without_any_point_are_not_written(tmp_path):
    path = tmp_path / "a.pickle"
    write_assemblies(path, Assemblies({4: np.full((2, 3, 4), np.nan)}, {}))
    assert pickle.loads(path.read_bytes())[4].shape == read_assemblies(path).poses[4].shape == (0, 3, 4)


def test_assemblies_of_earlier_versions_are_read(tmp_path):
    """Lists instead of arrays, NaN or a score of 0 for absent points, no entry for empty frames, numpy keys."""
    lost = (np.nan, np.nan, 0, np.nan)
    path = dump(tmp_path / "a.pickle", {
        np.int64(7): [np.array([(1, 2, 0.9, 0), lost]), np.array([lost, (3, 4, 0.5, np.nan)])], 3: [],
    })  # fmt: skip
    found = read_assemblies(path)
    assert list(found.poses) == [3, 7] and found.unique == {} and found.poses[3].shape == (0, 2, 4)
    assert np.isnan(found.poses[7][0, 1, :3]).all() and found.poses[7][0, 1, 3] == -1
    assert found.poses[7][1, 1].tolist() == [3, 4, 0.5, -1]


def test_frames_without_anybody_may_be_none_or_empty(tmp_path):
    lone = np.array([[50, 60, 0.9]])
    path = dump(tmp_path / "a.pickle", {
        "single": {0: None, 1: np.array([]), 2: lone}, 0: None, "1": [np.arange(8.0).reshape(2, 4)],
    })  # fmt: skip
    found = read_assemblies(path)
    assert found.poses[0].shape == (0, 2, 4) and found.poses[1].shape == (1, 2, 4)
    assert found.unique.keys() == {1, 2} and found.unique[1].shape == (0, 3) and np.array_equal(found.unique[2], lone)


def test_flat_assemblies_are_unfolded(tmp_path):
    found = read_assemblies(dump(tmp_path / "a.pickle", {0: [np.arange(6.0)]}))
    assert found.poses[0].tolist() == [[[0, 1, 2, -1], [3, 4, 5, -1]]]


@pytest.mark.parametrize("content", [3, {"x": []}, {0: 5}, {0: [np.ones(5)]}, {"single": 3}, {math.inf: []}])
def test_another_pickle_is_not_taken_for_assemblies(tmp_path, content):
    with pytest.raises(DamagedFile):
        read_assemblies(dump(tmp_path / "a.pickle", content))


# The facts of a run


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("crop", [None, (10, 110, 20, 80)])
def test_the_facts_of_a_run_read_back(tmp_path, engine, crop):
    run = RunMetadata("DLC_net", 12, 30.0, (100, 60), crop, 8, 1.5, 4.0, 2, 0.8, engine=engine, model_config={"a": 1})
    write_run_metadata(tmp_path / "x_meta.pickle", run)
    assert read_run_metadata(tmp_path / "x_meta.pickle") == run
    data = read_pickle(tmp_path / "x_meta.pickle")["data"]
    assert data["frame_dimensions"] == ((60, 100) if engine is Engine.TF else (100, 60))
    assert data["run_duration"] == 2.5 and data["cropping_parameters"] == list(crop or (0, 100, 0, 60))


def test_points_of_a_cropped_run_have_an_offset():
    assert RunMetadata("s", 1, 30, (9, 9), (10, 19, 20, 29)).offset == (10, 20)
    assert RunMetadata("s", 1, 30, (9, 9)).offset == (0, 0)


def test_facts_that_older_versions_did_not_note_have_defaults(tmp_path):
    data = {"Scorer": "DeepCut_net", "DLC-model-config file": {"num_joints": 1}, "fps": np.float64(25),
            "frame_dimensions": (480, 640), "nframes": 100}  # fmt: skip
    run = read_run_metadata(dump(tmp_path / "x_meta.pickle", {"data": data}, 2))
    assert (run.engine, run.size, run.crop, run.individuals) == (Engine.TF, (640, 480), None, ())


def test_facts_may_be_arrays_and_a_frame_rate_may_be_unknown(tmp_path):
    data = {"Scorer": "DLC", "pytorch-config": {}, "fps": None, "frame_dimensions": np.array([640, 480]), "nframes": 1,
            "cropping": True, "cropping_parameters": np.array([1, 2, 3, 4]), "bodyparts": np.array(["a", "b"]),
            "individuals": None}  # fmt: skip
    run = read_run_metadata(dump(tmp_path / "x_meta.pickle", {"data": data}))
    assert (run.fps, run.crop, run.bodyparts, run.individuals) == (0, (1, 2, 3, 4), ("a", "b"), ())
    assert run.size == (640, 480)


def test_another_pickle_is_not_taken_for_facts(tmp_path):
    facts = {"Scorer": "DLC", "fps": 1, "frame_dimensions": (1, 1), "nframes": math.inf}
    for content in ({}, {"data": {}}, [1], {"data": facts}):
        with pytest.raises(DamagedFile, match="facts of a run"):
            read_run_metadata(dump(tmp_path / "x.pickle", content))


# Pickles for scripts


def test_scripts_get_and_give_the_index_of_pandas(tmp_path):
    pd = pytest.importorskip("pandas")
    header = pd.MultiIndex.from_product([["DLC"], ["a", "b"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    dump(tmp_path / "x_el.pickle", {"header": header, 0: {"frame0": np.ones((2, 4))}})
    found = read_pickle_with_pandas(tmp_path / "x_el.pickle")
    assert found["header"].equals(header) and list(found["header"].names) == list(header.names)
    write_pickle(tmp_path / "again.pickle", found)
    assert read_pickle_with_pandas(tmp_path / "again.pickle")["header"].equals(header)
    assert b"pandas" in (tmp_path / "again.pickle").read_bytes()
    assert pickle.loads((tmp_path / "again.pickle").read_bytes())["header"].equals(header)
    dump(tmp_path / "plain.pickle", {"a": 1})
    assert read_pickle_with_pandas(tmp_path / "plain.pickle") == {"a": 1}
    write_pickle(filename=str(tmp_path / "named.pickle"), data={"a": 2})  # by the names of earlier releases
    assert read_pickle_with_pandas(filename=str(tmp_path / "named.pickle")) == {"a": 2}
