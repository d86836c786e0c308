"""The files of a calibration read as the reference wrote them, and are written so that it reads them."""

import copy
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, Missing, UnsafeFile
from deeplabcut.io.calibration import (
    Intrinsics,
    Metadata3D,
    StereoPair,
    intrinsics_file,
    load_metadata_3d,
    pair_key,
    read_intrinsics,
    read_metadata_3d,
    read_stereo,
    save_metadata_3d,
    stereo_pair,
    write_intrinsics,
    write_metadata_3d,
    write_stereo,
)

BOARDS = json.loads((Path(__file__).parents[1] / "data" / "stereo" / "bundled_boards.json").read_text())
CAMERAS = ("camera-1", "camera-2")
KEY = "camera-1-camera-2"


@pytest.fixture
def pair():
    """A pair as the reference pickles it: arrays, and a list of sizes as pairs."""
    values = {key: np.array(value) for key, value in BOARDS["stereo"].items()}
    return {
        **values,
        "roi1": tuple(BOARDS["stereo"]["roi1"]),
        "roi2": tuple(BOARDS["stereo"]["roi2"]),
        "image_shape": [tuple(size) for size in BOARDS["stereo"]["image_shape"]],
    }


@pytest.fixture
def lens():
    rng = np.random.default_rng(0)
    return {
        "mtx": np.array(BOARDS["stereo"]["cameraMatrix1"]),
        "dist": np.array(BOARDS["stereo"]["distCoeffs1"]),
        "objpoints": [rng.random((48, 3), np.float32) for _ in range(2)],
        "imgpoints": [rng.random((48, 1, 2), np.float32) for _ in range(2)],
    }


def pickled(path, content, protocol=pickle.HIGHEST_PROTOCOL):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def same(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("protocol", range(6))
def test_a_stereo_file_of_the_reference_reads_typed(tmp_path, pair, protocol):
    found = read_stereo(pickled(tmp_path / "stereo_params.pickle", {KEY: pair}, protocol))[KEY]
    np.testing.assert_array_equal(found.matrix_1, pair["cameraMatrix1"])
    np.testing.assert_array_equal(found.projections[1], pair["P2"])
    np.testing.assert_array_equal(found.translation, pair["T"][:, 0])
    assert found.distortion_2.shape == (5,) and found.image_sizes == ((640, 480), (640, 480))
    assert found.roi_1 == (0, 7, 474, 631)


def test_a_stereo_file_of_ours_is_the_one_of_the_reference(tmp_path, pair):
    write_stereo(tmp_path / "stereo_params.pickle", {KEY: StereoPair.from_dict(pair)})
    assert same(pickle.loads((tmp_path / "stereo_params.pickle").read_bytes()), {KEY: pair})
    assert stereo_pair(tmp_path / "stereo_params.pickle", *CAMERAS).same_as(StereoPair.from_dict(pair))


def test_a_pair_that_was_not_calibrated_is_missing_among_those_that_were(tmp_path, pair):
    path = pickled(tmp_path / "stereo_params.pickle", {KEY: pair})
    with pytest.raises(Missing, match=KEY):
        stereo_pair(path, "camera-1", "camera-3")
    with pytest.raises(Missing):
        read_stereo(tmp_path / "nowhere.pickle")


def test_lenses_of_the_reference_read_typed_and_go_back_the_same(tmp_path, lens):
    path = pickled(tmp_path / intrinsics_file("camera-1"), {"camera-1": lens, "camera-2": []})
    found = read_intrinsics(path)
    assert list(found) == ["camera-1"]  # the other one was not calibrated yet
    assert found["camera-1"].distortion.shape == (5,) and found["camera-1"].image_points[0].shape == (48, 2)
    write_intrinsics(path, found)
    assert same(pickle.loads(path.read_bytes()), {"camera-1": lens})


def test_corners_of_newer_opencv_have_an_axis_less(lens):
    lens["imgpoints"] = [one[:, 0] for one in lens["imgpoints"]]
    one = Intrinsics(lens["mtx"], lens["dist"], tuple(lens["objpoints"]), tuple(lens["imgpoints"]))
    assert one.as_dict()["imgpoints"][0].shape == (48, 1, 2)
    assert one.same_as(copy.deepcopy(one))


def test_corners_stacked_into_one_array_are_read(tmp_path, lens):
    stacked = {**lens, "objpoints": np.array(lens["objpoints"]), "imgpoints": np.array(lens["imgpoints"])}
    path = pickled(tmp_path / "x.pickle", {"camera-1": stacked, "camera-2": {**lens, "objpoints": None}})
    found = read_intrinsics(path)
    assert len(found["camera-1"].object_points) == len(lens["objpoints"]) and found["camera-2"].object_points == ()


def test_T31_corners_that_are_no_list_are_damage(tmp_path, lens):
    with pytest.raises(DamagedFile, match="camera-1"):
        read_intrinsics(pickled(tmp_path / "x.pickle", {"camera-1": {**lens, "objpoints": 3}}))


def test_metadata_say_whether_a_result_is_up_to_date(tmp_path, pair):
    scorers = {"camera-1": "DLC_a", "camera-2": "DLC_b"}
    old = {"stereo_matrix": {KEY: pair}, "stereo_matrix_file": "/there/stereo_params.pickle", "scorer_name": scorers}
    path = pickled(tmp_path / "x_meta.pickle", old)
    found = read_metadata_3d(path)
    assert found.scorers == scorers and found.stereo_file == "/there/stereo_params.pickle"
    write_metadata_3d(path, found)
    assert same(pickle.loads(path.read_bytes()), old)
    moved = Metadata3D(found.stereo, "/elsewhere", scorers)
    assert moved.same_as(found)
    turned = StereoPair.from_dict({**pair, "R": pair["R"].T})
    assert not Metadata3D({KEY: turned}, "", scorers).same_as(found)
    assert not Metadata3D(found.stereo, "", {**scorers, "camera-2": "DLC_c"}).same_as(found)


def test_metadata_of_a_single_pair_without_its_name_are_read(tmp_path, pair):
    content = {"stereo_matrix": pair, "scorer_name": {"camera-1": "a", "camera-2": "b"}}
    assert list(read_metadata_3d(pickled(tmp_path / "m.pickle", content)).stereo) == [pair_key(*CAMERAS)]


def test_metadata_as_plain_dicts_go_to_a_file_and_back(tmp_path, pair):
    content = {"stereo_matrix": {KEY: pair}, "scorer_name": {"camera-1": "a"}}
    save_metadata_3d(metadatafilename=tmp_path / "m.pickle", metadata=content)
    assert same(load_metadata_3d(metadatafilename=tmp_path / "m.pickle"), content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"P1": np.eye(3)}, "P1 must be"),
        ({"cameraMatrix1": np.full((3, 3), np.nan)}, "cameraMatrix1 holds NaN"),
        ({"distCoeffs2": np.zeros((1, 3))}, "distCoeffs2 holds 3 coefficients"),
        ({"R": "turned"}, "R must be"),
        ({"roi1": (0, 0, 1)}, "roi1 must be"),
        ({"image_shape": [(640, 480)]}, "size of two pictures"),
        ({"image_shape": [(640.5, 480), (1, 1)]}, "whole numbers"),
    ],
)
def test_T31_a_stereo_file_with_wrong_numbers_names_file_pair_and_key(tmp_path, pair, change, said):
    path = pickled(tmp_path / "stereo_params.pickle", {KEY: {**pair, **change}})
    with pytest.raises(DamagedFile, match=said) as caught:
        read_stereo(path)
    assert caught.value.where == str(path) and caught.value.message.startswith(f"{KEY}: ") and caught.value.fix


def test_T31_a_file_of_another_kind_is_named(tmp_path, pair):
    del pair["P1"], pair["Q"]
    for content, said in (({KEY: pair}, "lacks P1, Q"), ({KEY: 3}, "must be a dict"), ([1], "holds a list")):
        with pytest.raises(DamagedFile, match=said):
            read_stereo(pickled(tmp_path / "x.pickle", content))
    for read, content in ((read_intrinsics, {"camera-1": {"mtx": 1}}), (read_metadata_3d, {"scorer_name": {}})):
        with pytest.raises(DamagedFile):
            read(pickled(tmp_path / "x.pickle", content))


class Marker:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("read", [read_stereo, read_intrinsics, read_metadata_3d, load_metadata_3d])
def test_T31_a_calibration_that_would_run_code_is_refused(tmp_path, pair, read, protocol):
    content = {KEY: {**pair, "R": Marker(tmp_path / "marker")}, "stereo_matrix": {}, "scorer_name": {}}
    path = pickled(tmp_path / "stereo_params.pickle", content, protocol)
    with pytest.raises(UnsafeFile) as caught:
        read(path)
    assert not (tmp_path / "marker").exists()
    assert str(path) in str(caught.value) and "dlc trust" in str(caught.value)
