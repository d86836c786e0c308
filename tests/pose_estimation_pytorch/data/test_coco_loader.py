"""Images and labels in COCO files are loaded without a project."""

import json

import numpy as np
import pytest

from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.io.images import write_png
from deeplabcut.pose_estimation_pytorch.config import make_basic_project_config, make_pytorch_pose_config
from deeplabcut.pose_estimation_pytorch.data import COCOLoader
from deeplabcut.pose_estimation_pytorch.data.base import EmptySplit
from deeplabcut.pose_estimation_pytorch.task import Task

PARTS = ["nose", "tail"]


def content(images=("a.png", "b.png"), per_image=2, category=1, **values):
    annotations = [
        {"id": 10 * i + j, "image_id": i, "category_id": category, "keypoints": [10 + j, 12, 2, 0, 0, 0],
         "bbox": [5, 5, 20, 10], "area": 200, "iscrowd": 0}
        for i in range(len(images)) for j in range(per_image)
    ]  # fmt: skip
    found = {
        "images": [{"id": i, "file_name": name} for i, name in enumerate(images)],
        "annotations": annotations,
        "categories": [{"id": category, "name": "mouse", "keypoints": PARTS}],
    }
    return {**found, **values}


@pytest.fixture
def loader(tmp_path):
    """A folder of two images and its loader, made as the guide for developers does it."""

    def make(train=None, test=None, max_individuals=2, top_down=False):
        for name in ("a.png", "b.png"):
            (tmp_path / "images").mkdir(exist_ok=True)
            write_png(tmp_path / "images" / name, np.full((30, 40, 3), 99, np.uint8))
        (tmp_path / "annotations").mkdir(exist_ok=True)
        for name, one in (("train.json", train or content()), ("test.json", test or content())):
            (tmp_path / "annotations" / name).write_text(json.dumps(one))
        project = make_basic_project_config(
            dataset_path=str(tmp_path), bodyparts=PARTS, max_individuals=max_individuals, multi_animal=True
        )
        path = tmp_path / "pytorch_config.yaml"
        config = make_pytorch_pose_config(project, str(path), net_type="resnet_50", top_down=top_down, save=True)
        return COCOLoader(project_root=tmp_path, model_config=config)

    return make


def test_a_folder_of_images_is_a_data_set(loader, tmp_path):
    found = loader()
    data = found.load_data("train")
    assert [image["file_name"] for image in data["images"]] == [
        str(tmp_path / "images" / n) for n in ("a.png", "b.png")
    ]
    assert (data["images"][0]["width"], data["images"][0]["height"]) == (40, 30)
    first, second = data["annotations"][:2]
    assert (first["individual"], second["individual"]) == ("individual0", "individual1")
    assert (first["individual_id"], second["individual_id"], second["num_keypoints"]) == (0, 1, 1)
    assert second["keypoints"].tolist() == [[11, 12, 2], [0, 0, 0]] and second["bbox"].tolist() == [5, 5, 20, 10]
    item = found.create_dataset()[0]
    assert item["annotations"]["boxes"].tolist() == [[5, 5, 20, 10]] * 2 and item["image"].shape == (3, 30, 40)
    assert len(found.create_dataset(task=Task.TOP_DOWN)) == 4 and found.model_folder == tmp_path
    truth = found.ground_truth_keypoints("test")
    assert truth[data["images"][0]["file_name"]].shape == (2, 2, 3)
    assert truth[data["images"][0]["file_name"]][1, 0].tolist() == [11, 12, 2]


def test_old_names_of_arguments_and_configurations_of_any_form(loader, tmp_path):
    config = loader().model_cfg
    with pytest.warns(DLCDeprecationWarning, match="model_config"):
        old = COCOLoader(project_root=tmp_path, model_config_path=tmp_path / "pytorch_config.yaml")
    assert old.model_config_path == tmp_path / "pytorch_config.yaml" and old.pose_task == Task.BOTTOM_UP
    assert COCOLoader(tmp_path, config.to_dict()).model_config_path == tmp_path / "pytorch_config.yaml"
    with pytest.raises(TypeError, match="both"):
        COCOLoader(tmp_path, model_config=config, model_config_path=config)
    without_file = {**config.to_dict(), "metadata": {**config.to_dict()["metadata"], "pose_config_path": None}}
    with pytest.raises(InvalidInput, match="which file"):
        COCOLoader(tmp_path, without_file)
    with pytest.raises(InvalidInput, match="model_config"):
        COCOLoader(tmp_path)


def test_parameters_of_a_project_come_from_the_files(loader, tmp_path):
    loader()
    train = COCOLoader.load_json(tmp_path, "train.json")
    assert COCOLoader.get_project_parameters(train) == (2, PARTS)
    assert COCOLoader.get_project_parameters(train, content(per_image=5)) == (5, PARTS)
    assert COCOLoader.get_project_parameters(content(annotations=[])) == (0, PARTS)


def test_category_0_and_several_categories_become_category_1(caplog):
    found = COCOLoader.validate_categories(content(category=0))
    assert [one["id"] for one in found["categories"]] == [1] and {
        one["category_id"] for one in found["annotations"]
    } == {1}
    assert "category 0" in caplog.text
    two = content(
        categories=[{"id": 3, "name": "mouse", "keypoints": PARTS}, {"id": 4, "name": "rat", "keypoints": PARTS}]
    )
    assert len(COCOLoader.validate_categories(two)["categories"]) == 1 and "mouse, rat" in caplog.text
    with pytest.raises(InvalidInput, match="no category"):
        COCOLoader.validate_categories(content(categories=[]))


def test_T18_images_that_are_not_there_are_left_out_and_named_together(loader, caplog):
    data = loader(content(("a.png", "gone.png", "lost.png"))).load_data()
    assert len(data["images"]) == 1 and len(data["annotations"]) == 2
    assert "2 images are not there" in caplog.text and "gone.png" in caplog.text and "lost.png" in caplog.text


def test_T18_no_image_at_all_is_refused_and_no_label_is_not(loader):
    with pytest.raises(EmptySplit, match="no images to train on"):
        loader(content(("gone.png",))).load_data()
    found = loader(content(annotations=[]))
    assert len(found.create_dataset()) == 2 and found.load_data()["annotations"] == []


def test_images_anywhere_by_absolute_names(loader, tmp_path):
    elsewhere = tmp_path / "elsewhere.png"
    write_png(elsewhere, np.zeros((8, 9, 3), np.uint8))
    image = loader(content((str(elsewhere),))).load_data()["images"][0]
    assert image["file_name"] == str(elsewhere) and image["width"] == 9


def test_other_keypoints_and_too_many_individuals_are_refused(loader):
    other = content(categories=[{"id": 1, "name": "mouse", "keypoints": ["tail", "nose"]}])
    with pytest.raises(InvalidInput, match="tail, nose"):
        loader(other).load_data()
    with pytest.raises(InvalidInput, match=r"b\.png \(4\)"):
        loader(content(per_image=4)).load_data()


def test_T19_strange_annotations_are_read_or_named(loader):
    strange = content(per_image=1)
    strange["annotations"][0] |= {"keypoints": [float("nan"), 3, 2, 1, 1, 1], "bbox": [0, 0, float("inf"), 4]}
    del strange["annotations"][1]["area"]
    first, second = loader(strange).load_data()["annotations"]
    assert first["keypoints"].tolist() == [[0, 0, 0], [1, 1, 1]] and second["area"] == 200
    short = content()
    short["annotations"][2]["keypoints"] = [1, 2]
    with pytest.raises(DamagedFile, match=r"annotation 10: keypoints are not 6 numbers"):
        loader(short).load_data()


@pytest.mark.parametrize("text", ["", "[]", '{"images": []}', '{"images": [{}], "annotations": [], "categories": []}'])
def test_files_that_are_no_coco_are_refused(loader, tmp_path, text):
    found = loader()
    (tmp_path / "annotations" / "train.json").write_text(text)
    with pytest.raises(DamagedFile):
        found.load_data()
    (tmp_path / "annotations" / "train.json").unlink()
    with pytest.raises(Missing):
        found.load_data()


def test_predictions_become_annotations(loader):
    found = loader()
    path = found.image_filenames("test")[1]
    pose = np.array([[[1, 2, 0.5], [3, 4, 0.7]], [[-1, -1, -1], [-1, -1, -1]]])
    boxes = {"bboxes": np.array([[1, 2, 3, 4], [0, 0, 0, 0]]), "bbox_scores": np.array([0.9, 0.1])}
    one = found.predictions_to_coco({path: {"bodyparts": pose, **boxes}}, mode="test")
    assert one == [{"image_id": 1, "category_id": 1, "keypoints": [1, 2, 2, 3, 4, 2], "score": pytest.approx(0.6),
                    "bbox": [1, 2, 3, 4], "bbox_scores": 0.9}]  # fmt: skip
    with pytest.raises(InvalidInput, match="not one to test with"):
        found.predictions_to_coco({"other.png": {"bodyparts": pose}}, mode="test")


# ----- files as programs write them


def test_a_category_without_keypoints_may_come_first(loader):
    exported = content(category=1)
    exported["categories"].insert(0, {"id": 0, "name": "animals", "supercategory": "none"})
    assert loader(exported).load_data()["categories"][0]["keypoints"] == PARTS
    assert COCOLoader.get_project_parameters(exported) == (2, PARTS)


def test_points_of_a_category_with_other_keypoints_are_not_taken_for_those_of_the_first():
    mixed = content(per_image=1)
    mixed["categories"].append({"id": 2, "name": "fly", "keypoints": ["head", "wing"]})
    assert len(COCOLoader.validate_categories(mixed)["categories"]) == 1  # nothing belongs to it
    mixed["annotations"][1]["category_id"] = 2
    with pytest.raises(InvalidInput, match="fly with head, wing"):
        COCOLoader.validate_categories(mixed)


def test_images_that_were_resized_after_labelling_are_mentioned(loader, caplog):
    resized = content()
    resized["images"][0] |= {"width": 80, "height": 60}
    resized["images"][1] |= {"width": 40, "height": 30}
    assert loader(resized).load_data()["images"][0]["width"] == 40
    assert "1 images have another size" in caplog.text and "a.png (40 x 30, not 80 x 60)" in caplog.text


def test_names_of_images_written_on_windows_are_found(loader, tmp_path):
    named = content(("day 1\\c.png",))
    (tmp_path / "images" / "day 1").mkdir(parents=True)
    write_png(tmp_path / "images" / "day 1" / "c.png", np.zeros((8, 9, 3), np.uint8))
    assert loader(named).load_data()["images"][0]["file_name"] == str(tmp_path / "images" / "day 1" / "c.png")


def test_animals_without_a_box_get_one_around_their_points(loader):
    bare = content(per_image=1)
    for one in bare["annotations"]:
        del one["bbox"], one["area"]
    found = loader(bare)
    assert found.load_data()["annotations"][0]["bbox"].tolist() == [0, 0, 30, 30]  # 20 px around (10, 12)
    assert len(found.create_dataset(task=Task.TOP_DOWN)) == 2


def test_the_truth_of_each_animal_has_its_place_whatever_the_model_calls_it(loader):
    found = loader()
    found.model_cfg.metadata.individuals = ["individual1", "individual2"]  # the file's are individual0 and individual1
    truth = next(iter(found.ground_truth_keypoints().values()))
    assert truth[:, 0].tolist() == [[10, 12, 2], [11, 12, 2]]
