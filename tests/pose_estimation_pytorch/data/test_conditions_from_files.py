"""Conditions come from files of predictions of images or videos, in all their forms."""

import json

import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.core.poses import BodyPlan, PoseTable
from deeplabcut.io.assemblies import Assemblies, write_assemblies
from deeplabcut.io.hdf import write_table
from deeplabcut.io.predictions import write_predictions
from deeplabcut.io.tables import IMAGES_KEY, XY_LIKELIHOOD, table_of
from deeplabcut.pose_estimation_pytorch.data import DLCLoader, PoseDatasetParameters
from deeplabcut.pose_estimation_pytorch.data.ctd import CondFromFile

PLAN = BodyPlan(("nose", "tail"), ("m1", "m2"))
SEEN, HALF, NONE = [[1, 2, 0.9], [3, 4, 0.8]], [[5, 6, 0.7], [np.nan, 7, 0.1]], [[-1, -1, -1], [np.nan] * 3]
ROWS = (("labeled-data", "cat", "a.png"), ("labeled-data", "cat", "b.png"))


@pytest.fixture
def images_h5(tmp_path):
    """A file of predictions of two images of a project."""
    (tmp_path / "labeled-data").mkdir()
    path = tmp_path / "evaluation" / "scorer.h5"
    path.parent.mkdir()
    poses = np.array([[SEEN, HALF], [NONE, SEEN]])
    write_table(path, table_of(PLAN, "me", ROWS, poses, np.empty((2, 0, 3)), XY_LIKELIHOOD, key=IMAGES_KEY))
    return path


def test_conditions_of_images_by_the_names_that_one_asks_for(images_h5, tmp_path, caplog):
    asked = [str(tmp_path / "labeled-data" / "cat" / name) for name in ("b.png", "a.png", "c.png")]
    found = CondFromFile(images_h5).load_conditions(images=asked, path_prefix=str(tmp_path))
    assert list(found) == asked and found[asked[1]].tolist() == [SEEN, [[5, 6, 0.7], [0, 0, 0]]]
    assert found[asked[0]].tolist() == [SEEN]  # nobody is seen in the place of the other one
    assert found[asked[2]].shape == (0, 2, 3) and "c.png" in caplog.text


def test_without_names_all_images_of_the_file_come(images_h5, tmp_path):
    assert set(CondFromFile(images_h5).load_conditions()) == {"labeled-data/cat/a.png", "labeled-data/cat/b.png"}
    with_folder = CondFromFile(images_h5).load_conditions(path_prefix=str(tmp_path))
    assert (tmp_path / "labeled-data/cat/a.png").as_posix() in with_folder


def test_conditions_of_the_frames_of_a_video(tmp_path):
    poses = np.array([[SEEN, HALF], [NONE, NONE]], np.float32)
    write_predictions(tmp_path / "video.h5", PoseTable(PLAN, "me", np.array([0, 2]), poses))
    found = CondFromFile(tmp_path / "video.h5").load_conditions()
    assert [one.shape for one in found] == [(2, 2, 3), (0, 2, 3), (0, 2, 3)]


def test_conditions_in_json_of_images_and_of_frames(tmp_path):
    path = tmp_path / "conditions.json"
    path.write_text(json.dumps({"cat/a.png": [SEEN], "/data/b.png": []}))
    found = CondFromFile(path).load_conditions(["/data/cat/a.png", "/data/b.png"], "/data")
    assert found["/data/cat/a.png"].tolist() == [SEEN] and len(found["/data/b.png"]) == 0
    path.write_text(json.dumps([[SEEN], [], [SEEN, SEEN]]))
    assert [len(one) for one in CondFromFile(path).load_conditions()] == [1, 0, 2]


@pytest.mark.parametrize("content", ["7", '{"a.png": [[1, 2]]}', '{"a.png": "text"}', "{"])
def test_json_that_holds_no_poses_is_refused(tmp_path, content):
    path = tmp_path / "conditions.json"
    path.write_text(content)
    with pytest.raises(DamagedFile):
        CondFromFile(path).load_conditions()


def test_conditions_in_assemblies(tmp_path):
    path = tmp_path / "cat_assemblies.pickle"
    one = np.array([[[1, 2, 0.9, -1], [np.nan, np.nan, np.nan, -1]]])
    write_assemblies(path, Assemblies({0: one, 2: np.concatenate([one, one])}, {}))
    found = CondFromFile(path).load_conditions()
    assert [len(frame) for frame in found] == [1, 0, 2] and found[0][0].tolist() == [
        [1, 2, pytest.approx(0.9)],
        [0, 0, 0],
    ]


def test_what_cannot_be_a_source_of_conditions_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="need a file"):
        CondFromFile()
    with pytest.raises(InvalidInput, match=r"poses\.txt"):
        CondFromFile(tmp_path / "poses.txt")
    with pytest.raises(TypeError, match="'shufle'"):
        CondFromFile(config="x", shufle=1)
    with pytest.raises(Missing):
        CondFromFile(tmp_path / "gone.h5").load_conditions()


def test_predictions_as_labels_of_images(images_h5, tmp_path):
    parameters = PoseDatasetParameters(["nose", "tail"], [], ["m1", "m2"])
    found = DLCLoader.load_predictions("snapshot-1.pt", images_h5, parameters)
    assert found[str(tmp_path / "labeled-data" / "cat" / "a.png")].tolist() == [
        [[1, 2, 2], [3, 4, 2]], [[5, 6, 2], [0, 0, 0]],
    ]  # fmt: skip
