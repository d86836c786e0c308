"""A shuffle of a project is loaded: its labels, its split, its model, whatever happened to the project since."""

import numpy as np
import pytest

from deeplabcut.core.config import new_project_config, read_config
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.hdf import write_table
from deeplabcut.io.images import write_png
from deeplabcut.io.tables import table_of, to_frame
from deeplabcut.pose_estimation_pytorch.data import DLCLoader, PoseDatasetParameters, Snapshot
from deeplabcut.pose_estimation_pytorch.data.base import EmptySplit, MissingImages
from deeplabcut.pose_estimation_pytorch.data.ctd import CondFromFile, resolve_bu_shuffle
from deeplabcut.pose_estimation_pytorch.data.dlcloader import build_dlc_dataframe_columns
from deeplabcut.pose_estimation_pytorch.data.splits import StaleSplit
from deeplabcut.pose_estimation_pytorch.task import Task
from deeplabcut.project.labels import body_plan

WIDTH, HEIGHT = 64, 48
PARTS = ["snout", "tail"]


def label(path, video, n, xy=None, unique=None):
    folder, plan = path / "labeled-data" / video, body_plan(read_config(path))
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"img{i:02d}.png" for i in range(n)]
    for i, name in enumerate(names):
        write_png(folder / name, np.full((HEIGHT, WIDTH, 3), i, np.uint8))
    shape = (n, plan.n_individuals, plan.n_bodyparts, 2)
    points = np.random.default_rng(n).uniform(5, 40, shape) if xy is None else np.broadcast_to(xy, shape)
    once = np.full((n, plan.n_unique, 2), 30.5) if unique is None else unique
    keys = tuple(("labeled-data", video, name) for name in names)
    write_annotations(folder, Annotations(plan, "Ana", keys, points, once))


@pytest.fixture
def project(tmp_path):
    """A project with a training set of ten images, eight to train on."""

    def make(multi=False, n=10, videos=("b",), net_type="resnet_50", xy=None, unique=None, **values):
        path = tmp_path / "reach"
        sets = {str(path / "videos" / f"{video}.mp4"): {"crop": "0, 64, 0, 48"} for video in videos}
        config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, multianimal=multi)
        kind = {"multianimalbodyparts": PARTS, "individuals": ["m1", "m2"], "uniquebodyparts": ["corner"]}
        config.update(
            {"skeleton": [], "TrainingFraction": [0.8], **(kind if multi else {"bodyparts": PARTS}), **values}
        )
        (path / "videos").mkdir(parents=True)
        config.to_yaml(path / "config.yaml")
        for video in videos:
            label(path, video, n, xy, unique)
        create_training_dataset(path, Shuffles=[1], net_type=net_type, userfeedback=False)
        return path

    return make


def names(paths):
    return sorted(path.replace("\\", "/").rsplit("/", 2)[-2] + "/" + path.rsplit("/", 1)[-1] for path in paths)


# ----- what a loader knows


def test_a_loader_knows_its_project_its_model_and_its_folders(project):
    path = project()
    loader = DLCLoader(path / "config.yaml", shuffle=1)
    folder = path / "dlc-models-pytorch" / "iteration-0" / "reachNov20-trainset80shuffle1" / "train"
    assert loader.model_folder == folder and loader.model_config_path == folder / "pytorch_config.yaml"
    assert loader.project_path == path and loader.project_cfg.Task == "reach"
    assert loader.shuffle == 1 and loader.train_fraction == 0.8 and loader.pose_task == Task.BOTTOM_UP
    assert loader.evaluation_folder == path / "evaluation-results-pytorch/iteration-0/reachNov20-trainset80shuffle1"
    assert loader.image_resolutions() == {(HEIGHT, WIDTH)}
    assert len(loader.df) == 10 and len(loader.df_train) == 8 and len(loader.df_test) == 2
    split = loader.split
    assert sorted(split["train"] + split["test"]) == list(range(10))
    assert DLCLoader.load_split(path, 0, 1) == split
    frames, sizes = loader.load_ground_truth(path, 0, 1)
    assert set(frames) == {"full", "train", "test"} and sizes == {(HEIGHT, WIDTH)}


def test_snapshots_and_the_scorer_of_one(project):
    path = project()
    loader = DLCLoader(path, shuffle=1)
    for name in ("snapshot-010.pt", "snapshot-best-005.pt", "snapshot-detector-007.pt"):
        (loader.model_folder / name).write_bytes(b"")
    assert [one.uid() for one in loader.snapshots()] == ["10", "best-5"]
    assert [one.uid() for one in loader.snapshots(best_in_last=False)] == ["best-5", "10"]
    assert [one.uid() for one in loader.snapshots(detector=True)] == ["7"]
    best = loader.snapshots()[-1]
    assert isinstance(best, Snapshot)
    assert loader.scorer(best) == "DLC_Resnet50_reachNov20shuffle1_snapshot_best-5"
    assert loader.scorer("snapshot-010.pt", best) == "DLC_Resnet50_reachNov20shuffle1_detector_best-5_snapshot_10"


def test_changes_of_the_configuration_are_written_all_or_none(project):
    loader = DLCLoader(project(), shuffle=1)
    config = loader.model_cfg
    loader.update_model_cfg({"train_settings.epochs": 3, "runner.optimizer.params.lr": 0.5})
    assert config.train_settings.epochs == 3 and loader.model_cfg is config
    again = DLCLoader(loader.project_path, shuffle=1).model_cfg
    assert again.train_settings.epochs == 3 and again.runner.optimizer.params["lr"] == 0.5
    with pytest.raises(ValueError):
        loader.update_model_cfg({"train_settings.batch_size": 4, "train_settings.epochs": "many"})
    assert loader.model_cfg.train_settings.batch_size != 4
    loader.update_model_cfg({"train_settings.epochs": 9}, save_config=False)
    assert DLCLoader(loader.project_path, shuffle=1).model_cfg.train_settings.epochs == 3


def test_a_shuffle_that_does_not_exist_is_named_with_those_that_do(project):
    path = project()
    with pytest.raises(Missing, match="1"):
        DLCLoader(path, shuffle=7)
    with pytest.raises(Missing):
        DLCLoader.load_split(path, 0, 7)


# ----- labels as annotations


def test_labels_become_annotations(project):
    xy = np.array([[[10.5, 20], [30, 25]], [[np.nan, np.nan], [40, 30]]])
    path = project(multi=True, xy=xy)
    data = DLCLoader(path, shuffle=1).load_data("train")
    assert [image["id"] for image in data["images"]] == list(range(1, 9))
    first = data["images"][0]
    assert set(first) == {"id", "file_name", "width", "height"} and (first["width"], first["height"]) == (64, 48)
    own = [one for one in data["annotations"] if one["image_id"] == 1]
    assert [one["individual"] for one in own] == ["m1", "m2", "single"]
    assert [one["individual_id"] for one in own] == [0, 1, -1] and [one["category_id"] for one in own] == [1, 1, 2]
    assert own[0]["keypoints"].tolist() == [[10.5, 20, 2], [30, 25, 2]] and own[0]["num_keypoints"] == 2
    assert own[1]["keypoints"].tolist() == [[0, 0, 0], [40, 30, 2]] and own[1]["num_keypoints"] == 1
    assert own[0]["bbox"].tolist() == [0, 0, 50, 45] and own[0]["area"] == 50 * 45 and own[0]["iscrowd"] == 0
    assert len({one["id"] for one in data["annotations"]}) == 24
    assert [category["id"] for category in data["categories"]] == [1, 2]


def test_points_on_the_border_or_outside_keep_their_place_and_are_not_visible(project):
    loader = DLCLoader(project(xy=np.array([[[64, 20], [63.5, 0.5]]])), shuffle=1)
    points = loader.load_data()["annotations"][0]["keypoints"]
    assert points.tolist() == [[64, 20, 0], [63.5, 0.5, 2]]


def test_frames_become_annotations_without_a_project(project):
    path = project()
    loader = DLCLoader(path, shuffle=1)
    parameters = PoseDatasetParameters(["tail", "snout"], [], ["animal"])
    frame = loader.df
    coco = DLCLoader.to_coco(path, frame, parameters, bbox_margin=0)
    snout = frame.to_numpy()[0, :2]
    assert coco["annotations"][0]["individual"] == "animal" and len(coco["images"]) == 10
    np.testing.assert_array_equal(coco["annotations"][0]["keypoints"][1, :2], snout)


def test_T19_legacy_rows_likelihoods_reordered_columns_and_strange_values(project):
    path = project()
    frame = DLCLoader(path, shuffle=1).df
    parameters = PoseDatasetParameters(PARTS, [], ["individual_1"])
    wanted = DLCLoader.to_coco(path, frame, parameters)["annotations"]
    odd = frame[frame.columns[::-1]].copy()
    odd[("Ana", "snout", "likelihood")] = 1.0
    odd.index = ["\\".join(row) for row in odd.index]
    found = DLCLoader.to_coco(path, odd, parameters)["annotations"]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one["keypoints"], other["keypoints"])
    odd.iloc[0] = np.inf
    odd.iloc[1] = -5.0
    found = DLCLoader.to_coco(path, odd, parameters)
    assert len(found["images"]) == 10 and {one["image_id"] for one in found["annotations"]} == set(range(3, 11))


def test_individuals_that_a_table_lacks_are_absent_and_those_the_model_does_not_know_are_mentioned(project, caplog):
    path = project(multi=True)
    frame = DLCLoader(path, shuffle=1).df
    parameters = PoseDatasetParameters(PARTS, ["corner"], ["m1", "m9"])
    found = DLCLoader.to_coco(path, frame, parameters)
    assert {one["individual"] for one in found["annotations"]} == {"m1", "single"}
    assert "m2 (10 images)" in caplog.text


def test_ground_truth_has_a_place_for_each_individual(project):
    xy = np.array([[[np.nan, np.nan], [np.nan, np.nan]], [[10, 12], [40, 30]]])
    loader = DLCLoader(project(multi=True, xy=xy), shuffle=1)
    truth = loader.ground_truth_keypoints("test")
    assert list(truth) == loader.image_filenames("test") and len(truth) == 2
    points = next(iter(truth.values()))
    assert points.tolist() == [[[0, 0, 0], [0, 0, 0]], [[10, 12, 2], [40, 30, 2]]]
    once = loader.ground_truth_keypoints("test", unique_bodypart=True)
    assert next(iter(once.values())).tolist() == [[[30.5, 30.5, 2]]]
    boxes = next(iter(loader.ground_truth_bboxes("test").values()))
    assert boxes["bboxes"].tolist() == [[0, 0, 60, 48]] and (boxes["width"], boxes["height"]) == (64, 48)


def test_images_without_labels_are_trained_on_as_negatives(project):
    path = project(n=5)
    xy = np.random.default_rng(1).uniform(5, 40, (5, 1, 2, 2))
    xy[2:] = np.nan
    label(path, "b", 5, xy)
    create_training_dataset(path, Shuffles=[2], trainIndices=[[0, 1, 2, 3]], testIndices=[[4]], userfeedback=False)
    data = DLCLoader(path, shuffle=2).create_dataset(mode="train")
    n_animals = [(data[i]["annotations"]["labels"] >= 0).sum() for i in range(len(data))]
    assert sorted(n_animals) == [0, 0, 1, 1]


# ----- data sets


@pytest.mark.parametrize(
    ("net_type", "task", "n_items", "shape"),
    [
        ("resnet_50", Task.BOTTOM_UP, 8, (3, 48, 64)),
        ("top_down_resnet_50", Task.TOP_DOWN, 16, (3, 256, 256)),
        ("top_down_resnet_50", Task.DETECT, 8, (3, 48, 64)),
    ],
)
def test_the_data_set_of_each_task(project, net_type, task, n_items, shape):
    loader = DLCLoader(project(multi=True, net_type=net_type, uniquebodyparts=[]), shuffle=1)
    data = loader.create_dataset(transform=None, mode="train", task=task)
    assert len(data) == n_items and data[0]["image"].shape == shape
    assert data.parameters.individuals == ["m1", "m2"] and data.mode == "train"


def test_annotations_that_a_task_cannot_learn_from_are_left_out():
    good = {"keypoints": np.array([[3, 3, 2]]), "bbox": [0, 0, 4, 4]}
    flat = {"keypoints": np.array([[3, 3, 2]]), "bbox": [0, 0, 0, 4]}
    nowhere = {"keypoints": np.array([[0, 0, 0], [-1, -1, -1]]), "bbox": [0, 0, 4, 4]}
    everything = [good, flat, nowhere]
    assert DLCLoader.filter_annotations(everything, Task.BOTTOM_UP) == [good, flat]
    assert DLCLoader.filter_annotations(everything, Task.TOP_DOWN) == [good]
    assert DLCLoader.filter_annotations(everything, Task.DETECT) == [good, nowhere]


def test_parameters_come_from_the_model(project):
    parameters = DLCLoader(project(net_type="top_down_resnet_50"), shuffle=1).get_dataset_parameters()
    assert parameters.bodyparts == PARTS and parameters.num_joints == 2 and parameters.max_num_animals == 1
    assert parameters.top_down_crop_size == (256, 256) and parameters.top_down_crop_margin == 0
    assert parameters.top_down_crop_with_context and parameters.color_mode == "RGB"
    assert parameters.num_unique_bpts == 0 and parameters.ctd_bbox_margin == 20


# ----- projects that changed


def add_video(path, video, n):
    config = read_config(path)
    names_now = [*config["video_sets"], str(path / "videos" / f"{video}.mp4")]
    config["video_sets"] = {name: {"crop": "0, 64, 0, 48"} for name in names_now}
    config.to_yaml(path / "config.yaml")
    label(path, video, n)


SPLIT = {"trainIndices": [[0, 1, 2, 4, 5, 7, 8, 9]], "testIndices": [[3, 6]], "userfeedback": False}


def test_labels_merged_again_since_are_recognised_by_name(project, caplog):
    path = project()
    create_training_dataset(path, Shuffles=[1], **SPLIT)
    before = DLCLoader(path, shuffle=1)
    wanted = {mode: names(before.image_filenames(mode)) for mode in ("train", "test")}
    add_video(path, "a", 3)  # sorted before all others: every index moves
    create_training_dataset(path, Shuffles=[2], userfeedback=False)
    after = DLCLoader(path, shuffle=1)
    assert {mode: names(after.image_filenames(mode)) for mode in wanted} == wanted
    assert wanted["test"] == ["b/img03.png", "b/img06.png"]
    assert "recognised by their names" in caplog.text and "3 images are not part of its split" in caplog.text
    assert after.split != before.split and len(DLCLoader(path, shuffle=2).df) == 13


def test_labels_added_at_the_end_change_nothing(project, caplog):
    path = project()
    wanted = DLCLoader(path, shuffle=1).split
    add_video(path, "c", 3)
    create_training_dataset(path, Shuffles=[2], userfeedback=False)
    assert DLCLoader(path, shuffle=1).split == wanted and "recognised" not in caplog.text


def test_a_split_whose_images_to_test_with_are_not_known_any_more_is_refused(project):
    path = project()
    create_training_dataset(path, Shuffles=[1], **{**SPLIT, "trainIndices": [[*range(1, 9)]], "testIndices": [[0, 9]]})
    add_video(path, "a", 3)  # any of these, or the first one of before, may be the one to test with
    create_training_dataset(path, Shuffles=[2], userfeedback=False)
    with pytest.raises(StaleSplit, match="merged again"):
        DLCLoader(path, shuffle=1).load_data("train")


def test_T18_all_missing_images_are_named_at_once(project):
    path = project()
    for i in (2, 5, 7):
        (path / "labeled-data" / "b" / f"img{i:02d}.png").unlink()
    loader = DLCLoader(path, shuffle=1)
    frame, parameters = loader.df, loader.get_dataset_parameters()
    with pytest.raises(MissingImages) as error:
        DLCLoader.to_coco(path, frame, parameters)
    assert "3 of 10" in str(error.value) and all(f"img0{i}.png" in str(error.value) for i in (2, 5, 7))


def test_T18_a_part_without_images_is_refused_with_what_to_do(project):
    path = project(n=3, TrainingFraction=[0.95, 1.0])
    create_training_dataset(path, Shuffles=[3], trainIndices=[[0, 1, 2]], testIndices=[[]], userfeedback=False)
    loader = DLCLoader(path, trainset_index=1, shuffle=3)
    assert loader.df_test is None and len(loader.load_data("train")["images"]) == 3
    with pytest.raises(EmptySplit, match="no images to test with"):
        loader.load_data("test")
    with pytest.raises(InvalidInput, match="'valid'"):
        loader.load_data("valid")


def test_T22_a_moved_project_loads_unedited(project, tmp_path):
    path = project()
    moved = tmp_path / "elsewhere" / "moved"
    moved.parent.mkdir()
    path.rename(moved)
    loader = DLCLoader(moved / "config.yaml", shuffle=1)
    assert all(name.startswith(str(moved)) for name in loader.image_filenames())
    assert len(loader.create_dataset()) == 8 and loader.model_folder.is_relative_to(moved)


# ----- conditions of a bottom-up shuffle


def test_conditions_come_from_the_evaluation_of_a_shuffle(project):
    path = project(multi=True)
    loader = DLCLoader(path, shuffle=1)
    for name in ("snapshot-010.pt", "snapshot-best-005.pt"):
        (loader.model_folder / name).write_bytes(b"")
    found, snapshot = resolve_bu_shuffle(path / "config.yaml", 1)
    assert found.model_folder == loader.model_folder and snapshot.uid() == "best-5"
    assert resolve_bu_shuffle(path, 1, snapshot="snapshot-010")[1].uid() == "10"
    assert resolve_bu_shuffle(path, 1, snapshot_index=0)[1].uid() == "10"
    file = loader.evaluation_folder / f"{loader.scorer(snapshot)}.h5"
    with pytest.raises(Missing, match="no predictions of its images"):
        CondFromFile(config=path, shuffle=1)
    images = loader.image_filenames("test")
    rows = tuple(("labeled-data", "b", name.rsplit("/", 1)[-1]) for name in names(images))
    plan = BodyPlan(tuple(PARTS), ("m1", "m2"), ("corner",))
    poses = np.full((2, 2, 2, 3), 0.5)
    file.parent.mkdir(parents=True)
    write_table(file, table_of(plan, "me", rows, poses, np.full((2, 1, 3), 0.5), ("x", "y", "likelihood")))
    conditions = CondFromFile(config=path, shuffle=1).load_conditions(images, path_prefix=path)
    assert [conditions[image].shape for image in images] == [(2, 2, 3)] * 2


def test_a_shuffle_that_is_not_bottom_up_gives_no_conditions(project):
    with pytest.raises(InvalidInput, match="bottom-up"):
        resolve_bu_shuffle(project(multi=True, uniquebodyparts=[], net_type="top_down_resnet_50"), 1)


def test_the_items_of_a_conditional_model(project):
    path = project(multi=True, uniquebodyparts=[])
    create_training_dataset(path, Shuffles=[2], net_type="ctd_coam_w32", ctd_conditions=1, userfeedback=False)
    loader = DLCLoader(path, shuffle=2)
    item = loader.create_dataset(None, mode="train", task=loader.pose_task)[0]
    points, conditions = item["annotations"]["keypoints"][0], item["context"]["cond_keypoints"][0]
    assert loader.pose_task is Task.COND_TOP_DOWN and points.shape == conditions.shape == (2, 3)
    assert item["image"].shape == (3, 256, 256)


# ----- frames of poses


def test_columns_of_a_frame_of_poses():
    parameters = PoseDatasetParameters(["a", "b"], ["lamp"], ["m1", "m2"])
    columns = build_dlc_dataframe_columns("me", parameters, with_likelihood=True)
    assert columns.names == ["scorer", "individuals", "bodyparts", "coords"] and len(columns) == 15
    assert columns[0] == ("me", "m1", "a", "x") and columns[-1] == ("me", "single", "lamp", "likelihood")
    single = build_dlc_dataframe_columns("me", PoseDatasetParameters(["a"], [], ["animal"]), with_likelihood=False)
    assert list(single) == [("me", "animal", "a", "x"), ("me", "animal", "a", "y")]


def test_parts_of_a_split_are_frames_and_empty_ones_none(project):
    frame = to_frame(DLCLoader(project(), shuffle=1)._table)
    parts = DLCLoader.split_data(frame, {"train": [3, 1], "test": []})
    assert parts["train"].index.tolist() == [frame.index[3], frame.index[1]] and parts["test"] is None


@pytest.mark.parametrize("multi", [False, True])
def test_images_that_were_resized_since_the_training_set_was_made_are_mentioned(project, caplog, multi):
    loader = DLCLoader(project(multi=multi), shuffle=1)
    loader.create_dataset()
    assert "another size" not in caplog.text
    changed = loader.image_filenames("train")[2]
    write_png(changed, np.zeros((HEIGHT // 2, WIDTH // 2, 3), np.uint8))
    loader.create_dataset()
    assert "1 images have another size" in caplog.text and changed in caplog.text
