"""Finding what belongs to a video: full names only, former names too, every kind of file."""

import dbm.dumb
import pickle
import shelve
import sys

import numpy as np
import pytest

from deeplabcut.core import progress
from deeplabcut.core.poses import BodyPlan, PoseTable
from deeplabcut.io.hdf import read_table
from deeplabcut.io.predictions import form_data_containers, read_predictions, save_data, write_predictions
from deeplabcut.io.tables import table_of_poses, to_frame
from deeplabcut.project.results import (
    check_if_not_analyzed,
    check_if_not_evaluated,
    check_if_post_processing,
    find_analyzed_data,
    find_video_full_data,
    find_video_metadata,
    load_analyzed_data,
    load_detection_data,
    load_video_full_data,
    load_video_metadata,
    tables_of_video,
)

pd = pytest.importorskip("pandas")

SCORER = "DLC_Resnet50_reachNov20shuffle1_snapshot_5"
LEGACY = SCORER.replace("DLC", "DeepCut")


class Said(progress.Silent):
    def __init__(self):
        self.lines = []

    def message(self, text):
        self.lines.append(text)


@pytest.fixture
def said():
    said = Said()
    with progress.in_force(progress.Progress(said)):
        yield said.lines


@pytest.fixture
def folder(tmp_path):
    """Call it with names of files; it makes them and is the folder."""

    def make(*names):
        for name in names:
            (tmp_path / name).write_bytes(b"")
        return tmp_path

    return make


def name_of(found):
    return found[0].rpartition("/")[2].rpartition("\\")[2]


def test_a_snapshot_is_not_taken_for_one_whose_name_begins_alike(folder):
    place = folder(f"m1{SCORER}0.h5", f"m1{SCORER}0_meta.pickle", f"m10{SCORER}.h5")
    with pytest.raises(FileNotFoundError, match="no predictions of m1"):
        find_analyzed_data(place, "m1", SCORER)
    with pytest.raises(FileNotFoundError):
        find_video_metadata(place, "m1", SCORER)
    assert name_of(find_analyzed_data(place, "m1", SCORER + "0")) == f"m1{SCORER}0.h5"


def test_words_in_the_name_of_a_task_do_not_confuse(folder):
    scorer = "DLC_Resnet50_full_meta_filtered_skeletonNov20shuffle1_snapshot_5"
    place = folder(f"m1{scorer}.h5", f"m1{scorer}_full.pickle", f"m1{scorer}_meta.pickle")
    assert name_of(find_analyzed_data(place, "m1", scorer)) == f"m1{scorer}.h5"
    assert find_video_full_data(place, "m1", scorer).name == f"m1{scorer}_full.pickle"
    assert find_video_metadata(place, "m1", scorer).name == f"m1{scorer}_meta.pickle"
    with pytest.raises(FileNotFoundError):
        find_analyzed_data(place, "m1", scorer, filtered=True)


@pytest.mark.parametrize(("method", "suffix"), [("", ""), ("ellipse", "_el"), ("box", "_bx"), ("skeleton", "_sk"),
                                                ("ctd", "_ctd"), ("transformer", "_el_tr")])  # fmt: skip
@pytest.mark.parametrize("filtered", [False, True])
def test_each_tracker_and_the_filtered_form_has_its_own_file(folder, method, suffix, filtered, said):
    tails = [t + f for t in ("", "_el", "_bx", "_sk", "_ctd", "_el_tr") for f in ("", "_filtered", "_skeleton")]
    place = folder(*(f"m1{SCORER}{tail}.h5" for tail in tails), f"m1{SCORER}_filtered_skeleton.h5")
    path, scorer, ending = find_analyzed_data(place, "m1", SCORER, filtered, method)
    tail = "_filtered" if filtered else ""
    assert (path, scorer, ending) == (str(place / f"m1{SCORER}{suffix}{tail}.h5"), SCORER, tail) and said == []


@pytest.mark.parametrize(("name", "method", "filtered"), [
    (f"m1{SCORER}el.h5", "ellipse", False), (f"m1{SCORER}bx.h5", "box", False), (f"m1{SCORER}sk.h5", "skeleton", False),
    (f"m1{SCORER}tracks.h5", "", False), (f"m1{SCORER}tracks.h5", "ellipse", False),
    (f"m1{SCORER}filtered.h5", "", True), (f"m1{LEGACY}.h5", "", False),
    (f"m1{LEGACY}_el_filtered.h5", "ellipse", True),
])  # fmt: skip
def test_former_names_are_found(folder, name, method, filtered):
    path, scorer, _ = find_analyzed_data(folder(name), "m1", SCORER, filtered, method)
    assert path.endswith(name) and scorer == (LEGACY if LEGACY in name else SCORER)


def test_of_several_files_the_present_name_comes_first_and_it_is_said(folder, said):
    place = folder(f"m1{LEGACY}.h5", f"m1{SCORER}filtered.h5", f"m1{SCORER}_filtered.h5", f"m1{SCORER}.h5")
    assert name_of(find_analyzed_data(place, "m1", SCORER)) == f"m1{SCORER}.h5"
    assert name_of(find_analyzed_data(place, "m1", SCORER, filtered=True)) == f"m1{SCORER}_filtered.h5"
    assert len(said) == 2 and all("Several files fit" in line for line in said)
    assert len(tables_of_video(place, "m1", SCORER)) == 4


def test_what_is_missing_is_named_with_what_is_there_and_what_to_do(folder):
    place = folder(f"m1{SCORER}_el.h5")
    with pytest.raises(FileNotFoundError, match=f"m1{SCORER}_el.h5"):
        find_analyzed_data(place, "m1", SCORER)
    with pytest.raises(FileNotFoundError, match="filterpredictions"):
        find_analyzed_data(place, "m1", SCORER, filtered=True, track_method="ellipse")
    with pytest.raises(FileNotFoundError, match="analyze_videos"):
        find_analyzed_data(place, "m2", SCORER)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        find_analyzed_data(place / "nowhere", "m1", SCORER)
    with pytest.raises(ValueError, match="'kalman'"):
        find_analyzed_data(place, "m1", SCORER, track_method="kalman")


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system composes names itself")
def test_T21_names_are_found_whatever_system_wrote_them(folder):
    place = folder(f"mu\u0308sli{SCORER}.h5")
    assert find_analyzed_data(place, "m\u00fcsli", SCORER)[1] == SCORER


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system composes names itself")
def test_T21_what_is_done_is_not_done_again_because_a_name_is_spelled_otherwise(folder):
    place = folder(f"mu\u0308sli{SCORER}.h5")
    there = str(place / f"mu\u0308sli{SCORER}.h5")
    assert check_if_not_analyzed(place, "m\u00fcsli", SCORER, LEGACY) == (False, there, SCORER)
    todo, out, source, _ = check_if_post_processing(place, "m\u00fcsli", SCORER, LEGACY, "_filtered")
    assert (todo, out, source) == (True, there.replace(".h5", "_filtered.h5"), there)
    folder(f"mu\u0308sli{SCORER}_filtered.h5")
    assert check_if_post_processing(place, "m\u00fcsli", SCORER, LEGACY, "_filtered")[0] is False


# Files as the reference writes them


def columns(*levels):
    return pd.MultiIndex.from_product(levels, names=["scorer", "individuals", "bodyparts", "coords"][-len(levels):]
                                      if len(levels) == 4 else ["scorer", "bodyparts", "coords"])  # fmt: skip


COORDS = ["x", "y", "likelihood"]
ONE = [[SCORER], ["snout", "tail"], COORDS]
TWO = [[SCORER], ["m1", "m2"], ["snout", "tail"], COORDS]
NUMBERS = np.arange(36.0).reshape(3, 12)


@pytest.mark.parametrize(("tail", "key", "levels", "dtype", "method", "filtered"), [
    ("", "df_with_missing", ONE, "f4", "", False), ("_filtered", "df_with_missing", ONE, "f4", "", True),
    ("_el", "tracks", TWO, "f8", "ellipse", False), ("_el", "df_with_missing", TWO, "f8", "ellipse", False),
    ("_ctd", "df_with_missing", TWO, "f4", "ctd", False),
    ("_el_filtered", "df_with_missing", TWO, "f8", "ellipse", True),
])  # fmt: skip
def test_tables_of_the_reference_are_loaded(tmp_path, tail, key, levels, dtype, method, filtered):
    frame = pd.DataFrame(NUMBERS[:, : len(columns(*levels))].astype(dtype), columns=columns(*levels))
    frame.to_hdf(tmp_path / f"m1{SCORER}{tail}.h5", key=key, format="table", mode="w")
    found, path, scorer, suffix = load_analyzed_data(tmp_path, "m1", SCORER, filtered, method)
    pd.testing.assert_frame_equal(found, frame, check_freq=False, check_index_type=False)
    assert scorer == SCORER and suffix == ("_filtered" if filtered else "") and path.endswith(f"{tail}.h5")
    assert read_predictions(path).poses.shape == (3, len(levels[1]) if len(levels) == 4 else 1, 2, 3)


def test_the_csv_of_a_table_is_read_too(tmp_path):
    pd.DataFrame(NUMBERS[:, :6], columns=columns(*ONE)).to_csv(tmp_path / f"m1{SCORER}.csv")
    assert np.array_equal(read_predictions(tmp_path / f"m1{SCORER}.csv").poses.reshape(3, 6), NUMBERS[:, :6])


def test_tables_of_the_skeleton_and_of_images_are_read(tmp_path):
    bones = pd.MultiIndex.from_product([["snout_tail"], ["length", "orientation", "likelihood"]])
    pd.DataFrame(NUMBERS[:, :3], columns=bones).to_hdf(tmp_path / "s.h5", key="df_with_missing", format="table")
    assert read_table(tmp_path / "s.h5").columns[0] == ("snout_tail", "length")
    images = pd.DataFrame(NUMBERS, columns=columns(*TWO), index=["/a/0.png", "/a/1.png", "/a/2.png"])
    images.to_hdf(tmp_path / "i.h5", key="predictions")
    assert read_table(tmp_path / "i.h5").rows == ("/a/0.png", "/a/1.png", "/a/2.png")


def test_pickles_of_the_reference_are_loaded(tmp_path):
    def dump(tail, value):
        (tmp_path / f"m1{SCORER}{tail}.pickle").write_bytes(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))

    full = {"metadata": {"all_joints_names": ["a"], "nframes": 1}, "frame": None}
    header = columns(*ONE)
    dump("_meta", {"data": {"Scorer": SCORER}})
    dump("_full", full)
    dump("_el", {"header": header, np.int64(0): {"frame0": np.ones((2, 4))}})
    assert load_video_metadata(tmp_path, "m1", SCORER) == {"data": {"Scorer": SCORER}}
    assert load_video_full_data(tmp_path, "m1", SCORER) == full
    tracklets = load_detection_data(tmp_path / "m1.mp4", SCORER, "ellipse")
    assert tracklets["header"].equals(header) and tracklets[0]["frame0"].shape == (2, 4)
    with pytest.raises(FileNotFoundError, match=r"_sk\.pickle"):
        load_detection_data(tmp_path / "m1.mp4", SCORER, "skeleton")
    with pytest.raises(ValueError, match="track_method"):
        load_detection_data(tmp_path / "m1.mp4", SCORER, "")
    with pytest.raises(FileNotFoundError, match="convert_detections2tracklets"):
        load_detection_data(tmp_path / "m1.mp4", SCORER, "skeleton")


def test_pickles_under_the_former_scorer_are_found(folder):
    place = folder(f"m1{LEGACY}_meta.pickle", f"m1{LEGACY}_full.pickle")
    assert find_video_metadata(place, "m1", SCORER).name == f"m1{LEGACY}_meta.pickle"
    assert find_video_full_data(place, "m1", SCORER).name == f"m1{LEGACY}_full.pickle"


def test_detections_in_a_shelf_are_found_and_loaded(tmp_path):
    with shelve.Shelf(dbm.dumb.open(str(tmp_path / f"m1{SCORER}_full.pickle"), "n")) as shelf:
        shelf["frame0"] = {"costs": None}
    assert find_video_full_data(tmp_path, "m1", SCORER).name == f"m1{SCORER}_full.pickle"
    assert dict(load_video_full_data(tmp_path, "m1", SCORER)) == {"frame0": {"costs": None}}


# What is still to do


def test_a_video_is_analysed_once(folder, said):
    place = folder()
    assert check_if_not_analyzed(place, "m1", SCORER, LEGACY) == (True, str(place / f"m1{SCORER}.h5"), SCORER)
    assert said == []
    for name, scorer in ((f"m1{LEGACY}.h5", LEGACY), (f"m1{SCORER}_full.pickle", SCORER)):
        assert check_if_not_analyzed(folder(name), "m1", SCORER, LEGACY) == (False, str(place / name), scorer)
    assert "analysed already" in said[0]
    check_if_not_analyzed(place, "m1", SCORER, LEGACY, flag="framestack")
    assert "folder of images" in said[-1]


def test_a_snapshot_is_evaluated_once(folder):
    place = folder()
    wanted = str(place / f"{SCORER}-snapshot-5.h5")
    assert check_if_not_evaluated(place, SCORER, LEGACY, "snapshot-5") == (True, wanted, SCORER)
    folder(f"{SCORER}-snapshot-50.h5", f"{LEGACY}-snapshot-5.h5")
    assert check_if_not_evaluated(place, SCORER, LEGACY, "snapshot-5")[::2] == (False, LEGACY)
    folder(f"{SCORER}-snapshot-5.h5")
    assert check_if_not_evaluated(place, SCORER, LEGACY, "snapshot-5") == (False, wanted, SCORER)


def test_a_step_after_the_analysis_is_done_once(folder, said):
    place = folder()
    out, source = (str(place / f"m1{SCORER}{tail}.h5") for tail in ("_filtered", ""))
    assert check_if_post_processing(place, "m1", SCORER, LEGACY, "_filtered") == (False, out, source, SCORER)
    assert "not analysed" in said[0]
    folder(f"m1{LEGACY}.h5")
    assert check_if_post_processing(place, "m1", SCORER, LEGACY, "_filtered")[0::3] == (True, LEGACY)
    folder(f"m1{SCORER}.h5")
    assert check_if_post_processing(place, "m1", SCORER, LEGACY, "_filtered") == (True, out, source, SCORER)
    folder(f"m1{SCORER}_filtered.h5")
    assert check_if_post_processing(place, "m1", SCORER, LEGACY, "_filtered") == (False, out, source, SCORER)
    assert check_if_post_processing(place, "m1", SCORER, LEGACY, "_skeleton")[0] is True


def test_tracks_of_the_first_multi_animal_version_can_be_filtered(folder):
    place = folder(f"m1{SCORER}tracks.h5")
    todo, out, source, _ = check_if_post_processing(place, "m1", SCORER, LEGACY, "_filtered")
    assert todo and out.endswith(f"m1{SCORER}tracks_filtered.h5") and source.endswith("tracks.h5")


# Flat tables of scripts


@pytest.mark.parametrize("rows", [[0, 1, 2], ["a.png", "b.png", "c.png"]])
def test_a_flat_table_is_saved_with_its_facts(tmp_path, rows):
    index = columns(*TWO)
    save_data(NUMBERS, {"data": {"fps": 30}}, tmp_path / f"m1{SCORER}.h5", index, rows, save_as_csv=True)
    frame = pd.read_hdf(tmp_path / f"m1{SCORER}.h5")
    assert np.array_equal(frame.to_numpy(), NUMBERS) and list(frame.index) == rows and frame.columns.equals(index)
    assert np.array_equal(pd.read_csv(tmp_path / f"m1{SCORER}.csv", header=[0, 1, 2, 3], index_col=0), NUMBERS)
    assert load_video_metadata(tmp_path, "m1", SCORER) == {"data": {"fps": 30}}
    save_data(NUMBERS, {}, str(tmp_path / "m2.h5"), index, rows, save_as_csv=False)
    assert not (tmp_path / "m2.csv").exists()


def test_points_of_some_bodyparts_are_taken_apart():
    plan = BodyPlan(("snout", "back", "tail"))
    poses = np.arange(36.0).reshape(4, 1, 3, 3)
    frame = to_frame(table_of_poses(PoseTable(plan, "DLC", np.arange(4), poses, np.empty((4, 0, 3)))))
    x, y, likelihood = form_data_containers(frame, ["tail", "snout", "wing"])
    assert x.shape == (2, 4) and np.array_equal(x, poses[:, 0, [0, 2], 0].T)
    assert np.array_equal(y, poses[:, 0, [0, 2], 1].T) and np.array_equal(likelihood, poses[:, 0, [0, 2], 2].T)
    assert np.array_equal(form_data_containers(frame, "tail")[0], poses[:, 0, [2], 0].T)  # a name, not its letters
    with pytest.raises(ValueError, match="no bodyparts"):
        form_data_containers(frame.droplevel("bodyparts", axis=1), ["tail"])


def test_what_we_write_is_found(tmp_path):
    plan = BodyPlan(("snout", "tail"), ("m1", "m2"))
    table = PoseTable(plan, SCORER, np.arange(3), np.ones((3, 2, 2, 3), np.float32), np.empty((3, 0, 3), np.float32))
    write_predictions(tmp_path / f"m1{SCORER}_el.h5", table, key="tracks")
    frame, *_ = load_analyzed_data(tmp_path, "m1", SCORER, track_method="ellipse")
    assert frame.shape == (3, 12) and frame.columns.nlevels == 4
