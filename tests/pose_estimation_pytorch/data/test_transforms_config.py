"""A section of the configuration becomes a chain; wrong settings are told when it is built."""

from __future__ import annotations

import inspect
import logging
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.pose_estimation_pytorch.data import transforms
from deeplabcut.pose_estimation_pytorch.data.transforms import as_transform, build_auto_padding, build_transforms

BOTTOM_UP = {
    "affine": {"p": 0.5, "rotation": 30, "scaling": [0.5, 1.25], "translation": 0},
    "crop_sampling": {"width": 64, "height": 48, "max_shift": 0.1, "method": "hybrid"},
    "gaussian_noise": 12.75,
    "motion_blur": True,
    "normalize_images": True,
}
EVERYTHING = {
    "scale_to_unit_range": True,
    "normalize_images": True,
    "auto_padding": {"pad_height_divisor": 32, "pad_width_divisor": 32},
    "gaussian_noise": True,
    "grayscale": True,
    "elastic_transform": True,
    "covering": True,
    "motion_blur": True,
    "hist_eq": True,
    "crop_sampling": {"width": 64, "height": 48, "max_shift": 0.1, "method": "hybrid"},
    "random_bbox_transform": {"p": 1.0},
    "affine": {"rotation": 30},
    "hflip": {"p": 0.5, "symmetries": [[0, 1]]},
    "longest_max_size": 90,
    "resize": {"height": 80, "width": 100},
}
EMPTY = dict.fromkeys(EVERYTHING) | {"top_down_crop": {"width": 256, "height": 256}, "collate": None}


def sample(seed=0, channels=3, dtype=np.uint8, n_individuals=2):
    rng = np.random.default_rng(seed)
    return {
        "image": rng.integers(0, 256, (70, 90, channels)).astype(dtype),
        "keypoints": rng.uniform(0, 70, (n_individuals * 3, 2)),
        "class_labels": [f"individual{i}_{part}" for i in range(n_individuals) for part in ("a", "b", "c")],
        "bboxes": rng.uniform(5, 30, (n_individuals, 4)),
        "bbox_labels": list(range(n_individuals)),
    }


def same(a, b):
    assert a.keys() == b.keys()
    for key, value in a.items():
        np.testing.assert_array_equal(value, b[key])


def test_steps_come_in_a_fixed_order_whatever_that_of_the_keys():
    kinds = [type(step).__name__ for step in build_transforms(EVERYTHING).steps]
    assert kinds == [
        "KeepAspectRatioResize", "PadIfNeeded", "LongestMaxSize", "HFlip", "Affine", "RandomBBoxTransform",
        "KeypointAwareCrop", "Equalize", "MotionBlur", "CoarseDropout", "ElasticTransform", "Grayscale",
        "GaussianNoise", "PadIfNeeded", "Normalize", "ScaleToUnitRange",
    ]  # fmt: skip


@pytest.mark.parametrize("section", [None, {}, EMPTY, {"hist_eq": False, "gaussian_noise": 0, "affine": {}}])
def test_a_section_that_asks_for_nothing_changes_nothing(section):
    chain, given_sample = build_transforms(section), sample()
    assert chain.steps == ()
    result = chain(**given_sample)
    np.testing.assert_array_equal(result.pop("matrix"), [[1, 0, 0], [0, 1, 0]])
    assert result.keys() == given_sample.keys()
    assert result["class_labels"] == given_sample["class_labels"]
    for key in ("image", "keypoints", "bboxes"):
        np.testing.assert_allclose(result[key], given_sample[key])


def test_a_config_stands_for_its_content():
    class Section:
        def to_dict(self):
            return {"motion_blur": True, "a key of the future": 1}

    assert [type(step).__name__ for step in build_transforms(Section()).steps] == ["MotionBlur"]


def test_only_what_was_given_comes_back():
    assert build_transforms(BOTTOM_UP)(image=sample()["image"]).keys() == {"image", "matrix"}


@pytest.mark.parametrize("key", ["hist_eq", "motion_blur", "covering", "elastic_transform", "grayscale"])
def test_true_and_settings_that_never_had_an_effect_mean_the_defaults(key, caplog):
    plain = build_transforms({key: True}).steps
    assert build_transforms({key: {"strength": 3}}).steps == plain
    assert f"{key} has no setting 'strength'" in caplog.text
    assert plain[0].p == 0.5
    assert build_transforms({key: {"p": 0.1}}).steps[0].p == 0.1


def test_true_noise_is_that_of_the_templates():
    assert build_transforms({"gaussian_noise": True}).steps == build_transforms({"gaussian_noise": 12.75}).steps
    assert build_transforms({"gaussian_noise": 1}).steps[0].std == 1


def test_defaults_are_those_of_the_manual():
    (affine,) = build_transforms({"affine": {"rotation": 10}}).steps
    assert (affine.p, affine.scaling, affine.rotation, affine.translation) == (0.9, (1, 1), (-10, 10), (0, 0))
    (boxes,) = build_transforms({"random_bbox_transform": {"p": 1.0}}).steps
    assert (boxes.shift_factor, boxes.shift_prob, boxes.scale_factor, boxes.scale_prob) == (0.1, 0.25, (0.75, 1.25), 1)
    (elastic,) = build_transforms({"elastic_transform": True}).steps
    assert (elastic.alpha, elastic.sigma, elastic.p) == (20, 5, 0.5)
    (gray,) = build_transforms({"grayscale": True}).steps
    assert gray.alpha == (0.5, 1.0)
    (crop,) = build_transforms({"crop_sampling": {"width": 9, "height": 9, "max_shift": 3}}).steps
    assert (crop.max_shift, crop.crop_sampling) == (0.4, "hybrid")


@pytest.mark.parametrize(("value", "p"), [(True, 0.5), (0.3, 0.3), ({"p": 0.2}, 0.2), ({"symmetries": [[0, 1]]}, 0.5)])
def test_mirroring_has_several_forms_and_warns_where_left_and_right_would_be_confused(value, p, caplog):
    (step,) = build_transforms({"hflip": value}).steps
    assert step.p == p
    has_pairs = isinstance(value, dict) and "symmetries" in value
    assert ("left and right ones keep their names" in caplog.text) == (not has_pairs)


@pytest.mark.parametrize(("scaling", "expected"), [([0.5, 1.25], (0.5, 1.25)), (0.8, (0.8, 0.8)), (None, (1, 1))])
def test_scaling_is_a_range_or_one_factor(scaling, expected):
    assert build_transforms({"affine": {"scaling": scaling, "p": 1}}).steps[0].scaling == expected


@pytest.mark.parametrize(
    ("section", "where", "allowed"),
    [
        ({"affine": {"scaling": [1.5, 0.5]}}, "affine.scaling", "the smaller first"),
        ({"affine": {"scaling": 0}}, "affine.scaling", "from 0.001"),
        ({"affine": {"scaling": "big"}}, "affine.scaling", "a number or two"),
        ({"affine": {"rotation": [1, 2, 3]}}, "affine.rotation", "a number or two"),
        ({"affine": {"p": 1.5}}, "affine.p", "from 0 to 1"),
        ({"affine": True}, "affine", "a dict with the keys"),
        ({"hflip": 2.0}, "hflip", "from 0 to 1"),
        ({"hflip": {"symmetries": [[0, 0]]}}, "hflip.symmetries", "no position twice"),
        ({"hflip": {"symmetries": [[0, 1, 2]]}}, "hflip.symmetries", "pairs of positions"),
        ({"resize": {"height": 100}}, "resize", "add width"),
        ({"resize": {"height": 100, "width": -1}}, "resize.width", "at least 1"),
        ({"longest_max_size": "large"}, "longest_max_size", "a whole number"),
        ({"crop_sampling": {"width": 100, "height": 0}}, "crop_sampling.height", "at least 1"),
        ({"crop_sampling": {"width": 9, "height": 9, "method": "densities"}}, "crop_sampling.method", "mean density"),
        ({"random_bbox_transform": {"sampling": "normal"}}, "random_bbox_transform.sampling", "truncnorm, uniform"),
        ({"motion_blur": "yes"}, "motion_blur", "true, false or a dict"),
        ({"motion_blur": {"blur_limit": 4}}, "motion_blur.blur_limit", "odd"),
        ({"covering": {"max_height": 1.5}}, "covering.max_height", "a part of the side"),
        ({"covering": {"min_width": 0.5}}, "covering.min_width", "at most max_width"),
        ({"covering": {"max_holes": 0}}, "covering.max_holes", "at least 1"),
        ({"elastic_transform": {"sigma": 0}}, "elastic_transform.sigma", "at least 0.1"),
        ({"grayscale": {"alpha": 2}}, "grayscale.alpha", "from 0 to 1"),
        ({"gaussian_noise": "loud"}, "gaussian_noise", "a number of at least 0"),
        ({"gaussian_noise": float("nan")}, "gaussian_noise", "a number of at least 0"),
        ({"gaussian_noise": -3}, "gaussian_noise", "a number of at least 0"),
        ({"auto_padding": {"pad_height_divisor": 0}}, "auto_padding.pad_height_divisor", "at least 1"),
        ({"auto_padding": {"min_height": 64, "pad_height_divisor": 32}}, "auto_padding.min_height", "leave out one"),
        ({"auto_padding": {"position": "middle"}}, "auto_padding.position", "center, top_left"),
        ({"auto_padding": {"border_mode": "wrap"}}, "auto_padding.border_mode", "constant, reflect_101"),
        ({"normalize_images": {"std": [0, 1, 1]}}, "normalize_images.std", "at least 1e-06"),
    ],
)
def test_a_wrong_setting_is_told_with_its_key_and_what_it_may_be(section, where, allowed):
    with pytest.raises(ValueError) as told:
        build_transforms(section)
    assert told.value.where == where
    assert allowed in told.value.fix


def test_a_section_is_a_dict():
    with pytest.raises(ValueError, match="list"):
        build_transforms([{"affine": {}}])


def test_a_key_that_nobody_knows_is_mentioned(caplog):
    with caplog.at_level(logging.WARNING):
        build_transforms({"afine": {"rotation": 30}})
    assert "Did you mean 'affine'?" in caplog.text


def test_a_setting_that_nobody_knows_is_mentioned_and_has_no_effect(caplog):
    assert build_transforms({"affine": {"rotations": 30, "p": 1}}).steps == build_transforms({"affine": {"p": 1}}).steps
    assert "affine has no setting 'rotations'; it has no effect. Did you mean 'rotation'?" in caplog.text


@pytest.mark.parametrize(
    ("key", "settings", "plain"),
    [
        ("affine", {"scaling": None, "rotation": None, "translation": None, "p": None}, {"p": 0.9}),
        ("hflip", {"symmetries": None, "p": 1}, 1.0),
        ("crop_sampling", {"width": 9, "height": 9, "method": None, "max_shift": None}, {"width": 9, "height": 9}),
        ("auto_padding", {"min_height": None, "pad_width_divisor": None, "position": None}, {"position": "random"}),
        ("motion_blur", {"p": None, "blur_limit": None}, True),
        ("longest_max_size", {"max_size": 100, "p": None}, 100),
    ],
)
def test_a_setting_that_is_null_has_its_default(key, settings, plain):
    others = {"gaussian_noise": 1}  # so that padding is that of training
    assert build_transforms({key: settings} | others).steps == build_transforms({key: plain} | others).steps


def test_a_least_size_needs_no_word_about_the_divisor():
    assert build_auto_padding(min_height=64).pad_height_divisor is None
    assert build_transforms({"auto_padding": {"min_height": 64, "pad_height_divisor": None}}).steps[0].min_height == 64


@pytest.mark.parametrize("section", [BOTTOM_UP, EVERYTHING])
def test_the_same_seed_gives_the_same_pictures(section):
    first, second = build_transforms(section, seed=5), build_transforms(section)
    second.seed(5)
    for i in range(4):
        same(first(**sample(i)), second(**sample(i)))
    first.seed(6)
    second.seed(7)
    assert any(
        first(**sample(i))["image"].shape != second(**sample(i))["image"].shape
        or not np.array_equal(first(**sample(i))["image"], second(**sample(i))["image"])
        for i in range(4)
    )


def test_a_chain_goes_on_where_it_was_when_it_was_packed():
    chain = build_transforms(EVERYTHING, seed=1)
    chain(**sample())
    copy = pickle.loads(pickle.dumps(chain))
    same(chain(**sample()), copy(**sample()))


def test_a_given_generator_is_used():
    chain = build_transforms(BOTTOM_UP)
    chain.rng = np.random.default_rng(3)
    same(chain(**sample()), build_transforms(BOTTOM_UP, seed=3)(**sample()))


def test_the_state_of_numpy_is_neither_used_nor_changed():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    build_transforms(EVERYTHING, seed=0)(**sample())
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_chain_without_chance_gives_the_same_every_time():
    chain = build_transforms({"resize": {"height": 64, "width": 64}, "normalize_images": True})
    assert not chain.is_random
    same(chain(**sample()), chain(**sample()))


def test_unseeded_chains_follow_the_seed_of_torch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    first, other = build_transforms(BOTTOM_UP), build_transforms(BOTTOM_UP)
    results = [first(**sample()), other(**sample())]
    torch.manual_seed(3)
    same(results[0], build_transforms(BOTTOM_UP)(**sample()))
    assert not np.array_equal(results[0]["image"], results[1]["image"])


class Items:
    """Nothing but the matrices that a worker draws."""

    def __init__(self, chain):
        self.chain = chain

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return self.chain(image=np.zeros((20, 20, 3), np.uint8))["matrix"]


@pytest.mark.parametrize("is_used_before", [False, True])
def test_workers_of_a_loader_do_not_repeat_each_other_and_follow_the_seed(is_used_before):
    torch = pytest.importorskip("torch")

    def drawn(seed):
        torch.manual_seed(seed)
        chain = build_transforms({"affine": {"rotation": 90, "p": 1}})
        if is_used_before:  # its generator is copied into every worker
            chain.seed(0)
        loader = torch.utils.data.DataLoader(Items(chain), batch_size=None, num_workers=2)
        return [np.concatenate([matrix.numpy() for matrix in loader]) for _ in range(2)]

    first, second = drawn(1)
    angles = np.concatenate([first, second])[::2, 0]
    assert len(np.unique(angles)) == len(angles)
    np.testing.assert_array_equal(drawn(1), [first, second])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("section", [BOTTOM_UP, EVERYTHING])
def test_images_of_one_and_three_channels_and_of_both_kinds_work(section, channels, dtype):
    given_sample = sample(channels=channels, dtype=dtype)
    before = given_sample["image"].copy()
    chain = build_transforms(section, seed=0)
    for _ in range(6):
        result = chain(**given_sample)
        assert result["image"].dtype == np.float32
        assert result["image"].ndim == 3
        assert result["image"].shape[2] == channels
        np.testing.assert_array_equal(given_sample["image"], before)
    plain = chain.__class__(
        step for step in chain.steps if type(step).__name__ not in ("Normalize", "ScaleToUnitRange")
    )
    assert plain(**given_sample)["image"].dtype == (np.uint8 if dtype == np.uint8 else np.float32)


def test_an_image_without_a_channel_axis_comes_back_without_one():
    assert build_transforms(EVERYTHING, seed=0)(image=np.zeros((30, 40), np.uint8))["image"].ndim == 2


def test_images_whose_memory_runs_backwards_work():
    image = sample()["image"]
    turned = np.ascontiguousarray(image[..., ::-1])[..., ::-1]
    for section in (BOTTOM_UP, EVERYTHING):
        same(build_transforms(section, seed=0)(image=image), build_transforms(section, seed=0)(image=turned))


@given(st.integers(0, 2**32), st.integers(0, 3), st.booleans())
def test_T18_nobody_in_the_image_and_points_without_place_are_no_trouble(seed, n_individuals, all_absent):
    given_sample = sample(seed, n_individuals=n_individuals)
    if all_absent:
        given_sample["keypoints"][:] = np.nan
    result = build_transforms(EVERYTHING, seed=seed)(**given_sample)
    assert result["keypoints"].shape == (3 * n_individuals, 2)
    assert result["bboxes"].shape == (n_individuals, 4)
    assert np.isfinite(result["bboxes"]).all()
    if all_absent:
        assert np.isnan(result["keypoints"]).all()


@pytest.mark.parametrize("nothing", [[], np.zeros((0, 2)), np.zeros((0, 5, 2)), np.zeros((2, 0, 2))])
def test_T18_empty_lists_of_points_and_boxes_are_accepted(nothing):
    result = build_transforms(EVERYTHING, seed=0)(image=sample()["image"], keypoints=nothing, bboxes=[])
    assert result["keypoints"].size == 0
    assert result["keypoints"].shape[-1] == 2
    assert result["bboxes"].shape == (0, 4)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 200, 3), (3, 2, 1)])
def test_tiny_images_pass_through_every_step(shape):
    image = np.zeros(shape, np.uint8)
    for seed in range(10):
        build_transforms(EVERYTHING, seed=seed)(image=image, keypoints=[[0.0, 0.0], [0.0, 0.0]], bboxes=[[0, 0, 1, 1]])


def test_values_beside_the_coordinates_travel_along():
    points = [(10.0, 10.0, 2.0, 7.0), (12.0, 10.0, 1.0, 8.0)]
    result = transforms.HFlip([(0, 1)], p=1)(image=np.zeros((20, 20, 3), np.uint8), keypoints=points)
    np.testing.assert_array_equal(result["keypoints"], [[7, 10, 1, 8], [9, 10, 2, 7]])


def test_individuals_may_have_an_axis_of_their_own():
    points = np.random.default_rng(0).uniform(0, 60, (4, 3, 2))
    chain = build_transforms(BOTTOM_UP, seed=1)
    result = chain(image=sample()["image"], keypoints=points)["keypoints"]
    chain.seed(1)
    flat = chain(image=sample()["image"], keypoints=points.reshape(-1, 2))["keypoints"]
    np.testing.assert_array_equal(result, flat.reshape(4, 3, 2))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"image": "picture.png"}, "image is str"),
        ({"image": np.zeros((0, 5, 3))}, "image is an array of shape"),
        ({"image": np.zeros((5, 5, 7))}, "7 channels"),
        ({"keypoints": [1.0, 2.0]}, "keypoints has the shape"),
        ({"bboxes": [[1.0, 2.0, 3.0]]}, "bboxes has the shape"),
        ({"class_labels": ["a"]}, "1 class_labels for 6 points"),
        ({"bbox_labels": ["a"]}, "1 bbox_labels for 2 boxes"),
    ],
)
def test_what_cannot_be_augmented_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        build_transforms(BOTTOM_UP, seed=0)(**(sample() | wrong))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("build_transforms", "augmentations"),
        (
            "build_auto_padding",
            "min_height min_width pad_height_divisor pad_width_divisor position border_mode border_value",
        ),
        ("build_resize_transforms", "resize_cfg"),
        ("HFlip", "symmetries"),
        ("KeypointAwareCrop", "width height max_shift crop_sampling"),
        ("KeepAspectRatioResize", "width height mode interpolation p always_apply"),
        ("Grayscale", "alpha always_apply p"),
        (
            "ElasticTransform",
            "alpha sigma alpha_affine interpolation border_mode value mask_value always_apply approximate same_dxdy p",
        ),
        (
            "CoarseDropout",
            "max_holes max_height max_width min_holes min_height min_width fill_value mask_fill_value always_apply p",
        ),
        ("RandomBBoxTransform", "shift_factor shift_prob scale_factor scale_prob sampling p"),
        ("ScaleToUnitRange", "always_apply p"),
    ],
)
def test_public_parameters_keep_their_order(name, parameters):
    found = list(inspect.signature(getattr(transforms, name)).parameters)
    assert found[: len(parameters.split())] == parameters.split()


# ----- callables of somebody else


class TupleLibrary:
    """Shifts by 10 px; takes and returns lists of tuples, and drops what leaves the image, as some libraries do."""

    def __call__(self, *, image, keypoints=(), bboxes=(), class_labels=(), bbox_labels=()):
        if not isinstance(keypoints, list) or not all(isinstance(point, tuple) for point in keypoints):
            raise TypeError("keypoints must be a list of tuples")
        kept = [((x + 10, y), label) for (x, y), label in zip(keypoints, class_labels) if x + 10 < image.shape[1]]
        boxes = [((x + 10, y, w, h), label) for (x, y, w, h), label in zip(bboxes, bbox_labels) if x + 10 < 90]
        return {
            "image": np.roll(image, 10, axis=1),
            "keypoints": [point for point, _ in kept],
            "class_labels": [label for _, label in kept],
            "bboxes": [box for box, _ in boxes],
            "bbox_labels": [label for _, label in boxes],
        }


def test_a_library_of_tuples_stands_in_the_place_of_ours():
    given_sample = sample() | {"keypoints": np.array([[5.0, 5], [85, 5], [20, 5], [1, 1], [2, 2], [88, 3]])}
    given_sample["bboxes"] = np.array([[85.0, 1, 4, 4], [10, 1, 4, 4]])
    transform = as_transform(TupleLibrary())
    for _ in range(2):
        result = transform(**given_sample)
        np.testing.assert_array_equal(result["keypoints"][[0, 2]], [[15, 5], [30, 5]])
        assert np.isnan(result["keypoints"][[1, 5]]).all()
        np.testing.assert_array_equal(result["bboxes"], [[0, 0, 0, 0], [20, 1, 4, 4]])
        assert result["bbox_labels"] == [0, 1]
        assert result["matrix"] is None
    assert transform.as_tuples


def test_a_function_of_arrays_stands_in_the_place_of_ours():
    def moved(image, keypoints):
        keypoints[:, 0] += 3
        return {"image": image + 1, "keypoints": keypoints}

    given_sample = sample()
    points = given_sample["keypoints"].copy()
    result = as_transform(moved)(**given_sample)
    np.testing.assert_allclose(result["keypoints"], points + np.array([3, 0]))
    np.testing.assert_array_equal(given_sample["keypoints"], points)
    np.testing.assert_array_equal(result["bboxes"], given_sample["bboxes"])
    assert result["class_labels"] == given_sample["class_labels"]


def test_images_alone_are_enough_for_somebody_elses_function():
    result = as_transform(lambda image: {"image": image[:5]})(image=sample()["image"])
    assert result["image"].shape == (5, 90, 3)
    assert result.keys() == {"image", "matrix"}


def test_a_function_that_loses_points_without_a_word_is_told():
    with pytest.raises(ValueError, match="5 points of 6"):
        as_transform(lambda image, keypoints: {"image": image, "keypoints": keypoints[1:]})(**sample())


def test_a_function_that_returns_no_image_is_told():
    with pytest.raises(ValueError, match="without an image"):
        as_transform(lambda image: None)(image=sample()["image"])


def test_an_error_of_somebody_elses_function_is_their_error():
    def broken(image, keypoints):
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        as_transform(broken)(**sample())


def test_no_transform_is_an_empty_chain_and_ours_stays_itself():
    chain = build_transforms(BOTTOM_UP)
    assert as_transform(chain) is chain
    assert as_transform(None).steps == ()
    with pytest.raises(ValueError, match="cannot be called"):
        as_transform({"affine": {}})
