"""A data set gives items: an image or a crop, and what is labelled in it, in pixels of what the network sees."""

import pickle

import numpy as np
import pytest
import torch

from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.io.images import write_png
from deeplabcut.pose_estimation_pytorch.config import GenSamplingConfig
from deeplabcut.pose_estimation_pytorch.data import PoseDataset, PoseDatasetParameters, build_transforms
from deeplabcut.pose_estimation_pytorch.data.dataset import apply_transform
from deeplabcut.pose_estimation_pytorch.data.draws import Draw
from deeplabcut.pose_estimation_pytorch.task import Task

WIDTH, HEIGHT = 64, 48
PARTS = ["snout", "back", "tail"]


def parameters(**values):
    return PoseDatasetParameters(**{"bodyparts": PARTS, "unique_bpts": [], "individuals": ["m1", "m2", "m3"], **values})


def animal(image_id, points, slot=0, box=None, **values):
    points = np.array(points, float)
    low, high = (
        points[points[:, 2] > 0, :2].min(axis=0, initial=WIDTH),
        points[points[:, 2] > 0, :2].max(axis=0, initial=0),
    )
    box = np.array([*(low - 4), *(high - low + 8)]) if box is None else np.array(box, float)
    return {
        "image_id": image_id, "category_id": 1, "individual": f"m{slot + 1}", "individual_id": slot,
        "keypoints": points, "bbox": box, "iscrowd": 0, "area": float(box[2] * box[3]), **values,
    }  # fmt: skip


POSE = [[20, 20, 2], [30, 24, 2], [0, 0, 0]]


@pytest.fixture
def images(tmp_path):
    found = []
    for i in range(3):
        picture = np.full((HEIGHT, WIDTH, 3), 40 * i, np.uint8)
        picture[18:27, 18:33] = 200
        write_png(tmp_path / f"{i}.png", picture)
        found.append({"id": 10 + i, "file_name": str(tmp_path / f"{i}.png"), "width": WIDTH, "height": HEIGHT})
    return found


def dataset(images, annotations, task=Task.BOTTOM_UP, transform=None, ctd_config=None, **values):
    return PoseDataset(images, annotations, parameters(**values), transform, task=task, ctd_config=ctd_config)


# ----- bottom-up


def test_an_item_is_an_image_with_all_its_animals_and_room_for_more(images):
    data = dataset(images, [animal(11, POSE, 1), animal(11, [[40, 20, 2]] * 3, 0)])
    item = data[1]
    assert len(data) == 3 and set(item) == {
        "image", "image_id", "path", "original_size", "offsets", "scales", "annotations", "context",
    }  # fmt: skip
    assert (
        item["image"].shape == (3, HEIGHT, WIDTH)
        and item["image"].dtype == np.uint8
        and item["image"][0, 20, 20] == 200
    )
    assert item["image_id"] == 11 and item["path"] == images[1]["file_name"] and item["context"] == {}
    assert item["original_size"].tolist() == [HEIGHT, WIDTH, 3]
    assert item["offsets"].tolist() == [0, 0] and item["scales"].tolist() == [1, 1]
    labels = item["annotations"]
    assert labels["keypoints"].dtype == np.float32 and labels["keypoints"].tolist()[0] == POSE
    assert labels["keypoints"][2].tolist() == [[0, 0, 0]] * 3
    assert labels["individual_ids"].tolist() == [1, 0, -1] and labels["labels"].tolist() == [1, 1, -1]
    assert labels["boxes"].tolist() == [[16, 16, 18, 12], [36, 16, 8, 8], [0, 0, 0, 0]]
    assert labels["area"].tolist() == [18 * 12, 64, 0] and labels["is_crowd"].tolist() == [0, 0, 0]
    assert labels["keypoints_unique"].shape == (0,) and labels["with_center_keypoints"] is False


def test_an_image_without_animals_is_an_item_of_its_own(images):
    labels = dataset(images, [])[0]["annotations"]
    assert not labels["keypoints"].any() and labels["labels"].tolist() == [-1] * 3 and not labels["boxes"].any()
    whole = dataset(images, [], transform=build_transforms({"affine": {"rotation": 30}, "normalize_images": True}))
    assert whole[2]["image"].dtype == np.float32


def test_there_may_be_no_image_at_all():
    for task in Task:
        assert len(dataset([], [], task, top_down_crop_size=(8, 8))) == 0


def test_an_animal_without_visible_points_is_left_out_and_a_detector_keeps_its_box(images):
    hidden = animal(10, [[0, 0, 0]] * 3, box=[5, 5, 10, 10])
    assert dataset(images, [hidden])[0]["annotations"]["labels"].tolist() == [-1] * 3
    boxes = dataset(images, [hidden], Task.DETECT)[0]["annotations"]["boxes"]
    assert boxes[0].tolist() == [5, 5, 10, 10]


def test_centres_are_the_last_point_of_each_animal(images):
    labels = dataset(images, [animal(10, POSE)], with_center_keypoints=True)[0]["annotations"]
    assert labels["keypoints"].shape == (3, 4, 3) and labels["with_center_keypoints"] is True
    assert labels["keypoints"][:, 3].tolist() == [[25, 22, 2], [0, 0, 0], [0, 0, 0]]


def test_points_that_exist_once_are_minus_one_where_an_image_has_none(images):
    corner = animal(10, [[7, 8, 2], [0, 0, 0]], individual="single", individual_id=-1, category_id=2)
    data = dataset(images, [corner, animal(10, POSE)], unique_bpts=["corner", "lamp"])
    assert data[0]["annotations"]["keypoints_unique"].tolist() == [[7, 8, 2], [0, 0, 0]]
    assert data[1]["annotations"]["keypoints_unique"].tolist() == [[-1, -1, -1]] * 2
    assert data[0]["annotations"]["labels"].tolist() == [1, -1, -1]


def test_points_that_leave_the_image_lose_their_flag_and_those_to_be_ignored_keep_it(images):
    def shifted(image, keypoints, bboxes, class_labels, bbox_labels):
        return {"image": image, "keypoints": np.array(keypoints) + np.array([40, 0]), "bboxes": bboxes,
                "class_labels": class_labels, "bbox_labels": bbox_labels}  # fmt: skip

    pose = [[20, 20, 2], [30, 24, 2], [5, 5, -1]]
    points = dataset(images, [animal(10, pose)], transform=shifted)[0]["annotations"]["keypoints"][0]
    assert points[:, 2].tolist() == [2, 0, -1] and points[0, 0] == 60


def test_covered_points_are_nan_with_the_flag_0(images):
    cover = build_transforms({"covering": {"p": 1.0, "max_holes": 1, "max_height": 1.0, "max_width": 1.0,
                                           "min_height": 1.0, "min_width": 1.0}})  # fmt: skip
    points = dataset(images, [animal(10, POSE)], transform=cover)[0]["annotations"]["keypoints"][0]
    assert np.isnan(points[:2, :2]).all() and points[:, 2].tolist() == [0, 0, 0] and points[2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_T19_labels_that_are_no_numbers_are_not_visible(images, value):
    points = dataset(images, [animal(10, [[20, 20, 2], [value, 24, 2], [9, 9, 2]], box=[1, 1, 9, 9])])[0]
    assert points["annotations"]["keypoints"][0].tolist() == [[20, 20, 2], [0, 0, 0], [9, 9, 2]]


def test_more_animals_than_the_model_knows_are_refused_and_the_image_is_named(images):
    crowd = [animal(12, POSE, i) for i in range(4)]
    with pytest.raises(InvalidInput, match=r"2\.png \(4\)"):
        dataset(images, crowd)


def test_wrong_numbers_of_points_and_strange_images_are_refused(images):
    with pytest.raises(InvalidInput, match="2 points instead of 3"):
        dataset(images, [animal(10, POSE[:2])])
    with pytest.raises(InvalidInput, match="not listed, such as the id 99"):
        dataset(images, [animal(99, POSE)])
    with pytest.raises(InvalidInput, match="same id"):
        dataset([images[0], images[0]], [])


def test_an_image_that_went_away_is_named(images, tmp_path):
    (tmp_path / "1.png").unlink()
    with pytest.raises(Missing, match=r"1\.png"):
        dataset(images, [])[1]


# ----- chances


AUGMENTED = {"affine": {"rotation": 30, "scaling": [0.5, 1.5], "p": 1.0}, "gaussian_noise": 12.75}


def test_the_same_draw_gives_the_same_item_and_another_one_another(images):
    data = dataset(images, [animal(10, POSE)], transform=build_transforms(AUGMENTED))
    one, same, other = data[Draw(0, (1, 0, 0))], data[Draw(0, (1, 0, 0))], data[Draw(0, (1, 1, 0))]
    np.testing.assert_array_equal(one["image"], same["image"])
    assert not np.array_equal(one["annotations"]["keypoints"], other["annotations"]["keypoints"])


def test_without_a_draw_chances_follow_torch(images):
    data = dataset(images, [animal(10, POSE)], transform=build_transforms(AUGMENTED))
    torch.manual_seed(3)
    one, other = data[0], data[0]
    torch.manual_seed(3)
    np.testing.assert_array_equal(one["image"], data[0]["image"])
    assert not np.array_equal(one["annotations"]["keypoints"], other["annotations"]["keypoints"])


def test_a_copy_for_another_process_gives_the_same_items(images):
    data = dataset(images, [animal(10, POSE)], transform=build_transforms(AUGMENTED))
    copy = pickle.loads(pickle.dumps(data))
    draw = Draw(0, (4,))
    np.testing.assert_array_equal(copy[draw]["image"], data[draw]["image"])
    assert copy[draw]["annotations"]["keypoints"].tolist() == data[draw]["annotations"]["keypoints"].tolist()


# ----- top-down


def test_each_animal_is_an_item_and_its_points_are_in_pixels_of_the_crop(images):
    annotations = [animal(10, POSE, 0), animal(12, POSE, 2)]
    data = dataset(images, annotations, Task.TOP_DOWN, top_down_crop_size=(36, 24))
    item = data[1]
    assert len(data) == 2 and item["image_id"] == 12 and item["image"].shape == (3, 24, 36)
    points = item["annotations"]["keypoints"]
    assert points.shape == (1, 3, 3) and points[0, :, 2].tolist() == [2, 2, 0]
    np.testing.assert_allclose(points[0, :2, :2] * item["scales"] + item["offsets"], np.array(POSE)[:2, :2])
    assert item["image"][0, 8, 8] == 200  # the pixel of the snout
    labels = item["annotations"]
    assert labels["individual_ids"].tolist() == [2] and labels["labels"].tolist() == [1]
    assert labels["boxes"].tolist() == [[0, 0, 35, 23]] and labels["area"].tolist() == [35 * 23]


def test_margin_and_context_of_crops(images):
    wide = dataset(images, [animal(10, POSE)], Task.TOP_DOWN, top_down_crop_size=(32, 32), top_down_crop_margin=7)[0]
    assert wide["scales"].tolist() == [1, 1] and wide["offsets"].tolist() == [9, 6]
    bare = dataset(images, [animal(10, POSE)], Task.TOP_DOWN, top_down_crop_size=(18, 18),
                   top_down_crop_with_context=False)[0]  # fmt: skip
    assert not bare["image"][:, 0].any() and bare["offsets"].tolist() == [16, 13]


def test_points_outside_of_the_crop_are_not_visible(images):
    far = animal(10, [[20, 20, 2], [60, 40, 2], [22, 22, 2]], box=[16, 16, 10, 10])
    points = dataset(images, [far], Task.TOP_DOWN, top_down_crop_size=(10, 10))[0]["annotations"]["keypoints"]
    assert points[0, :, 2].tolist() == [2, 0, 2]


def test_a_box_that_augmentation_pushed_out_gives_a_black_crop_without_points(images):
    def gone(image, keypoints, bboxes, class_labels, bbox_labels):
        return {"image": image, "keypoints": keypoints, "bboxes": [], "class_labels": class_labels, "bbox_labels": []}

    item = dataset(images, [animal(10, POSE)], Task.TOP_DOWN, gone, top_down_crop_size=(16, 16))[0]
    assert not item["image"].any() and not item["annotations"]["keypoints"][..., 2].any()


def test_padding_of_a_crop_is_mean_grey_because_it_comes_after_the_normalisation(images):
    corner = animal(10, [[2, 2, 2], [6, 6, 2], [0, 0, 0]], box=[0, 0, 8, 8])
    normal = build_transforms({"normalize_images": True})
    item = dataset(images, [corner], Task.TOP_DOWN, normal, top_down_crop_size=(16, 16), top_down_crop_margin=4)[0]
    assert item["image"].dtype == np.float32 and item["image"][0, 0, 0] == 0 and item["image"][0, 8, 8] < -2


def test_top_down_items_need_the_size_of_a_crop(images):
    with pytest.raises(InvalidInput, match="size of their crops"):
        dataset(images, [animal(10, POSE)], Task.TOP_DOWN)


# ----- top-down from conditions


PERFECT = GenSamplingConfig(jitter_prob=0, swap_prob=0, inv_prob=0, miss_prob=0, keypoint_sigmas=0)


def test_conditions_come_with_the_crop_and_in_its_pixels(images):
    data = dataset(images, [animal(10, POSE)], Task.COND_TOP_DOWN, None, PERFECT, top_down_crop_size=(20, 20),
                   ctd_bbox_margin=5)  # fmt: skip
    item = data[0]
    conditions, points = item["context"]["cond_keypoints"], item["annotations"]["keypoints"]
    assert conditions.shape == (1, 3, 3) and conditions.dtype == np.float32
    np.testing.assert_allclose(conditions, points, atol=0.01)
    assert item["offsets"].tolist() == [15, 12] and item["scales"].tolist() == [1, 1]  # 20 px around the points


def test_the_crop_follows_the_conditions_not_the_labels(images):
    missed = GenSamplingConfig(jitter_prob=0, swap_prob=0, inv_prob=0, miss_prob=1)
    data = dataset(images, [animal(10, POSE)], Task.COND_TOP_DOWN, None, missed, top_down_crop_size=(32, 32),
                   ctd_bbox_margin=2)  # fmt: skip
    found = {tuple(data[Draw(0, (seed,))]["offsets"]) for seed in range(8)}
    assert len(found) > 3
    for seed in range(8):
        item = data[Draw(0, (seed,))]
        inside = item["context"]["cond_keypoints"][0, :2]
        assert (inside[:, 2] > 0).all() and (inside[:, :2] >= 0).all() and (inside[:, :2] <= 32).all()


def test_conditions_swap_onto_animals_whose_boxes_overlap_only(images):
    swapped = GenSamplingConfig(jitter_prob=0, swap_prob=1, inv_prob=0, miss_prob=0, keypoint_sigmas=1e-3,
                                keypoints_symmetry=[])  # fmt: skip
    near, far = [[24, 20, 2], [34, 24, 2], [0, 0, 0]], [[50, 40, 2], [55, 41, 2], [0, 0, 0]]
    data = dataset(images, [animal(10, POSE), animal(10, near, 1), animal(10, far, 2)], Task.COND_TOP_DOWN, None,
                   swapped, top_down_crop_size=(32, 32), ctd_bbox_margin=5)  # fmt: skip
    for index, wanted in enumerate((near, POSE, far)):  # the far one has no neighbour: it keeps its place
        item = data[index]
        xy = item["context"]["cond_keypoints"][0, :2, :2] * item["scales"] + item["offsets"]
        np.testing.assert_allclose(xy, np.array(wanted)[:2, :2], atol=0.5)


def test_one_individual_in_all_slots_of_conditions_is_a_batch_like_any_other(images):
    data = dataset(images, [animal(10, POSE), animal(11, POSE)], Task.COND_TOP_DOWN, top_down_crop_size=(16, 16))
    batch = torch.utils.data.default_collate(data.__getitems__([0, 1]))
    assert batch["context"]["cond_keypoints"].shape == (2, 1, 3, 3) and batch["image"].shape == (2, 3, 16, 16)


# ----- what scripts call


def test_the_steps_of_an_item_can_be_called_alone(images):
    data = dataset(images, [], unique_bpts=["corner"])
    annotations = [animal(10, POSE, area=5.0), animal(10, [[9, 9, 2]], individual="single")]
    keypoints, unique, boxes, merged = data.extract_keypoints_and_bboxes(annotations, (HEIGHT, WIDTH, 3))
    assert keypoints.shape == (1, 3, 3) and unique.tolist() == [[9, 9, 2]] and boxes.tolist() == [[16, 16, 18, 12]]
    assert merged == {"area": [5.0], "category_id": [1], "iscrowd": [0], "individual_id": [0]}
    found = data.apply_transform_all_keypoints(np.zeros((HEIGHT, WIDTH, 3), np.uint8), keypoints, unique, boxes)
    assert found["keypoints"].shape == (1, 3, 3) and found["keypoints_unique"].tolist() == [[9, 9, 2]]
    part, points, offset, scale = PoseDataset.crop(
        np.zeros((HEIGHT, WIDTH, 3), np.uint8), keypoints, ((10, 30), (10, 30)), (40, 40)
    )
    assert part.shape == (40, 40, 3) and offset == (10, 10) and scale == (0.5, 0.5)
    assert points[0, 0].tolist() == [20, 20, 2]
    assert PoseDataset.add_center_keypoints(keypoints).shape == (1, 4, 3)


def test_a_transform_alone():
    image, points = np.zeros((10, 10, 3), np.uint8), np.array([[4, 5, 2], [0, 0, 0], [-1, -1, -1.0]])
    same = apply_transform(None, image, points, np.array([[1, 1, 20, 3]]), ["a", "b", "c"])
    assert same["keypoints"].tolist() == points.tolist() and same["bboxes"].tolist() == [[1, 1, 9, 3]]


def test_in_a_mirror_the_flag_of_a_point_goes_with_it_in_every_individual():
    mirror = build_transforms({"hflip": {"p": 1.0, "symmetries": [[0, 1]]}})
    points = np.array([[10.0, 20, 2], [0, 0, 0], [50, 30, 2], [0, 0, 0], [70, 40, 2], [80, 40, 2]])
    labels = [f"individual{i}_{part}" for i in range(2) for part in ("left", "right", "nose")]
    found = apply_transform(mirror, np.zeros((60, 100, 3), np.uint8), points, np.zeros((0, 4)), labels)["keypoints"]
    np.testing.assert_array_equal(found, [[0, 0, 0], [89, 20, 2], [49, 30, 2], [29, 40, 2], [0, 0, 0], [19, 40, 2]])
