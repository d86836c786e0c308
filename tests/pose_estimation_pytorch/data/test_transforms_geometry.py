"""An image, its points and its boxes stay together, whatever moves them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core import geometry
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample
from deeplabcut.pose_estimation_pytorch.data.augmentation.warp import placed, warp
from deeplabcut.pose_estimation_pytorch.data.transforms import (
    Affine,
    HFlip,
    KeepAspectRatioResize,
    KeypointAwareCrop,
    LongestMaxSize,
    PadIfNeeded,
    Resize,
    Transform,
    build_auto_padding,
    build_resize_transforms,
    build_transforms,
)

sizes = st.tuples(st.integers(40, 130), st.integers(40, 130))  # width, height


def dot_at(xy, size, sigma=3.0):
    """A smooth bright dot on black (height, width, 3)."""
    x, y = np.arange(size[0]), np.arange(size[1])[:, None]
    dot = 250 * np.exp(-((x - xy[0]) ** 2 + (y - xy[1]) ** 2) / (2 * sigma**2))
    return np.repeat(np.rint(dot).astype(np.uint8)[..., None], 3, axis=-1)


def centre_of_mass(image):
    light = np.asarray(image, float)[..., 0]
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    return np.array([(light * x).sum(), (light * y).sum()]) / light.sum()


@st.composite
def sections(draw):
    """Sections of a configuration with any of the steps that move things."""
    side = st.integers(40, 150)
    options = {
        "resize": st.builds(lambda h, w, k: {"height": h, "width": w, "keep_ratio": k}, side, side, st.booleans()),
        "longest_max_size": side,
        "hflip": st.sampled_from([True, 1.0]),
        "affine": st.builds(
            lambda p, s, r, t: {"p": p, "scaling": sorted(s), "rotation": r, "translation": t},
            st.sampled_from([0.5, 1.0]),
            st.lists(st.floats(0.6, 1.6), min_size=2, max_size=2),
            st.floats(0, 180),
            st.integers(0, 10),
        ),
        "crop_sampling": st.builds(
            lambda h, w, m: {"height": h, "width": w, "max_shift": 0.2, "method": m},
            side, side, st.sampled_from(["uniform", "keypoints", "density", "hybrid"]),
        ),
        "motion_blur": st.just(True),
        "auto_padding": st.builds(
            lambda d, p: {"pad_height_divisor": d, "pad_width_divisor": 32, "position": p, "border_mode": "constant"},
            st.integers(1, 40), st.sampled_from(["random", "center", "top_left", "bottom_right"]),
        ),
    }  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(sorted(options)), min_size=1))
    return {key: draw(options[key]) for key in sorted(chosen)}


def distance_of_dot_and_point(chain, size, xy, seed):
    """How far the dot's centre of mass is from the returned point; None if part of the dot was cut off."""
    dot, ground = dot_at(xy, size, sigma=2.0), np.full((*size[::-1], 3), 255, np.uint8)
    shown = []
    for image in (dot, ground):
        chain.seed(seed)
        shown.append(chain(image=image, keypoints=[xy]))
    point, (dot, ground) = shown[0]["keypoints"][0], [one["image"] for one in shown]
    if np.isnan(point).any() or (point < 0).any() or (np.rint(point) >= ground.shape[1::-1]).any():
        return None
    reach = int(2.0 * 4 * np.linalg.norm(shown[0]["matrix"][:, :2], 2)) + 4
    x, y = np.rint(point).astype(int)
    framed = cv2.copyMakeBorder(ground[..., 0], *[reach] * 4, cv2.BORDER_CONSTANT, value=0)
    is_whole = (framed[y : y + 2 * reach + 1, x : x + 2 * reach + 1] == 255).all()
    return np.linalg.norm(centre_of_mass(dot) - point) if is_whole else None


@given(sections(), sizes, st.tuples(st.floats(0.25, 0.75), st.floats(0.25, 0.75)), st.integers(0, 2**32))
@settings(max_examples=100)
def test_a_dot_stays_under_its_point(section, size, where, seed):
    distance = distance_of_dot_and_point(build_transforms(section), size, np.array(where) * size, seed)
    assert distance is None or distance < 0.25


def test_dots_stay_under_their_points_in_training():
    section = {
        "hflip": {"p": 0.5},
        "affine": {"p": 0.5, "rotation": 30, "scaling": [0.5, 1.25], "translation": 7},
        "crop_sampling": {"width": 140, "height": 130, "max_shift": 0.1, "method": "hybrid"},
        "motion_blur": True,
    }
    chain = build_transforms(section)
    rng = np.random.default_rng(0)
    distances = [
        distance_of_dot_and_point(chain, (200, 160), rng.uniform(30, 130, 2), seed) for seed in range(100)
    ]  # fmt: skip
    known = np.array([distance for distance in distances if distance is not None])
    assert len(known) > 30
    assert known.max() < 0.1


@given(sections(), sizes, st.integers(0, 2**32))
@settings(max_examples=60)
def test_the_matrix_brings_points_back(section, size, seed):
    points = np.array([[10.0, 12.0], [25.5, 30.25], [39.0, 20.0]])
    result = build_transforms(section, seed=seed)(image=np.zeros((*size[::-1], 3), np.uint8), keypoints=points)
    moved = result["keypoints"]
    seen = np.isfinite(moved).all(axis=1)
    np.testing.assert_allclose(geometry.apply(geometry.invert(result["matrix"]), moved[seen]), points[seen], atol=1e-6)


def smooth_picture(size):
    rng = np.random.default_rng(3)
    noise = cv2.GaussianBlur(rng.random((size[1], size[0], 3), dtype=np.float32), (0, 0), 5)
    return np.rint(255 * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8)


@given(sizes, sizes, st.integers(0, 2**32), st.booleans())
@settings(max_examples=60)
def test_one_warp_shows_what_successive_warps_show(size, crop, seed, mirrored):
    image = smooth_picture(size)
    steps = [
        *([HFlip(p=1.0)] if mirrored else []),
        Affine(scaling=(0.8, 1.3), rotation=40, translation=5, p=1.0),
        KeypointAwareCrop(*crop, crop_sampling="uniform"),
    ]
    at_once = Transform(steps, seed=seed)(image=image)["image"].astype(int)
    rng, one_by_one = np.random.default_rng(seed), image
    for step in steps:
        one_by_one = step(image=one_by_one, rng=rng)["image"]
    difference = np.abs(at_once - one_by_one)
    assert np.median(difference) <= 1
    assert (difference > 12).mean() < 0.05  # along the edges of the picture, where both meet black


def test_what_a_map_brought_out_of_sight_stays_out_of_sight():
    image = np.full((50, 50, 3), 200, np.uint8)
    sample = Sample(image)
    sample.move(geometry.translation(-20, 0), (50, 50), cut=True)
    sample.move(geometry.translation(30, 0), (90, 50))
    columns = sample.pixels()[25, :, 0]
    assert (columns[:30] == 0).all()
    assert (columns[30:60] == 200).all()
    assert (columns[60:] == 0).all()


def test_what_is_out_of_sight_stays_there_when_the_image_is_turned_next():
    sample = Sample(np.full((50, 50, 3), 200, np.uint8))
    sample.move(geometry.translation(-20, 0), (50, 50), cut=True)
    sample.move(geometry.rotation(180, (24.5, 24.5)), (50, 50), cut=True)
    columns = sample.pixels()[25, :, 0]
    assert (columns[:20] <= 1).all()
    assert (columns[21:] == 200).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_shifts_and_mirrors_keep_every_gray_level(dtype, channels):
    image = np.random.default_rng(0).integers(0, 256, (7, 9, channels)).astype(dtype)
    mirror = np.array([[-1.0, 0, 8], [0, 1.0, 0]])
    np.testing.assert_array_equal(warp(image, mirror, (9, 7)), image[:, ::-1])
    shifted = warp(image, geometry.translation(2, -3), (9, 7))
    np.testing.assert_array_equal(shifted[:4, 2:], image[3:, :7])
    assert not shifted[:, :2].any()
    assert not shifted[4:].any()
    assert not placed(image, 20, 0, (5, 5)).any()


@given(sizes, st.floats(-40, 40), st.floats(-40, 40), st.booleans(), st.floats(0.5, 2))
@settings(max_examples=40)
def test_straight_maps_show_what_the_general_warp_shows(size, dx, dy, mirrored, factor):
    """The short cut for straight maps and OpenCV's warp agree inside the picture."""
    image = smooth_picture(size)
    new = max(2, round(size[0] * factor)), max(2, round(size[1] * factor))
    affine = geometry.compose(
        geometry.scaling(new[0] / size[0], new[1] / size[1], about_edges=True),
        geometry.scaling(-1.0 if mirrored else 1.0, 1.0),
        geometry.translation((new[0] - 1 if mirrored else 0) + round(dx), round(dy)),
    )
    short, general = warp(image, affine, (100, 100)), cv2.warpAffine(image, affine, (100, 100))
    ground = cv2.warpAffine(np.full_like(image[..., 0], 255), affine, (100, 100))
    inside = cv2.erode(ground, np.ones((9, 9)), borderType=cv2.BORDER_CONSTANT, borderValue=0) == 255
    assert np.abs(short.astype(int) - general)[inside].max(initial=0) <= 3


def test_resizing_keeps_the_outer_edges_of_the_image():
    result = Transform([Resize(width=200, height=50)])(
        image=np.zeros((100, 100, 3), np.uint8), keypoints=[[-0.5, -0.5], [99.5, 99.5]], bboxes=[[0, 0, 100, 100]]
    )
    assert result["image"].shape == (50, 200, 3)
    np.testing.assert_allclose(result["keypoints"], [[-0.5, -0.5], [199.5, 49.5]])
    np.testing.assert_allclose(result["bboxes"], [[0, 0, 200, 50]])


def test_a_resized_image_is_that_of_opencv():
    image = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    np.testing.assert_array_equal(Resize(width=40, height=45)(image=image)["image"], cv2.resize(image, (40, 45)))


def test_keeping_the_ratio_pads_to_the_right_and_below():
    chain = Transform(build_resize_transforms({"height": 100, "width": 100}))
    result = chain(image=np.full((50, 100, 3), 9, np.uint8), bboxes=[[0, 0, 100, 50]])
    assert result["image"].shape == (100, 100, 3)
    assert (result["image"][:50] == 9).all()
    assert not result["image"][50:].any()
    np.testing.assert_allclose(result["bboxes"], [[0, 0, 100, 50]])


@pytest.mark.parametrize(("mode", "shape"), [("pad", (30, 60, 3)), ("crop", (60, 120, 3))])
def test_keeping_the_ratio_fits_into_the_size_or_covers_it(mode, shape):
    image = np.zeros((50, 100, 3), np.uint8)
    assert KeepAspectRatioResize(width=60, height=60, mode=mode)(image=image)["image"].shape == shape


def test_the_longest_side_is_that_asked_for():
    image = np.zeros((50, 100, 3), np.uint8)
    assert LongestMaxSize(40)(image=image)["image"].shape == (20, 40, 3)


def test_a_mirrored_point_counts_from_the_other_side():
    result = HFlip(p=1)(image=np.zeros((10, 100, 3), np.uint8), keypoints=[[10.0, 4.0]], bboxes=[[5, 0, 20, 10]])
    np.testing.assert_array_equal(result["keypoints"], [[89, 4]])
    np.testing.assert_allclose(result["bboxes"], [[75, 0, 20, 10]])


@pytest.mark.parametrize("form", ["individual{i}_{b}", "{b}", None])
def test_symmetric_bodyparts_change_places_in_every_individual(form):
    points = np.arange(12.0).reshape(3, 2, 2)  # three individuals with a left and a right ear
    labels = None
    if form:
        labels = [form.format(i=i, b=b) for i in range(3) for b in ("left_ear", "right_ear")]
        points = points.reshape(6, 2)
    result = HFlip([(0, 1)], p=1)(image=np.zeros((9, 9, 3), np.uint8), keypoints=points, class_labels=labels)
    mirrored = points.reshape(3, 2, 2) * [-1, 1] + [8, 0]
    np.testing.assert_array_equal(result["keypoints"].reshape(3, 2, 2), mirrored[:, ::-1])
    assert result.get("class_labels") == labels


def test_unique_bodyparts_keep_their_places_when_an_image_is_mirrored():
    labels = ["individual0_left", "individual0_right", "unique_left_corner", "unique_right_corner"]
    points = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0]])
    result = HFlip([(0, 1)], p=1)(image=np.zeros((9, 9), np.uint8), keypoints=points, class_labels=labels)
    np.testing.assert_array_equal(result["keypoints"][:, 0], [7, 8, 6, 5])


def test_symmetries_beyond_the_bodyparts_are_told():
    with pytest.raises(ValueError, match=r"bodypart 7.*2 bodyparts"):
        HFlip([(0, 7)], p=1)(image=np.zeros((9, 9, 3), np.uint8), keypoints=[[1.0, 1], [2, 2]])


def test_affine_maps_turn_about_the_middle_of_the_image():
    image = np.zeros((101, 201, 3), np.uint8)
    result = Affine(scaling=2, rotation=(90, 90), p=1)(image=image, keypoints=[[100.0, 50.0], [110.0, 50.0]])
    np.testing.assert_allclose(result["keypoints"], [[100, 50], [100, 70]], atol=1e-9)


def test_affine_maps_stay_within_their_ranges():
    chain = Transform([Affine(scaling=(0.5, 1.25), rotation=30, translation=40, p=1)], seed=0)
    image, centre = np.zeros((61, 81, 3), np.uint8), [40.0, 30.0]
    results = [chain(image=image, keypoints=[centre]) for _ in range(400)]
    linear = np.array([result["matrix"][:, :2] for result in results])
    scale, angle = np.sqrt(np.linalg.det(linear)), np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    shift = np.array([result["keypoints"][0] for result in results]) - centre
    assert 0.5 <= scale.min() < 0.55
    assert 1.2 < scale.max() <= 1.25
    assert -30 <= angle.min() < -27
    assert 27 < angle.max() <= 30
    np.testing.assert_allclose(shift, np.rint(shift), atol=1e-9)
    assert set(np.unique(np.rint(shift))) >= {-40.0, 40.0}
    assert abs(np.corrcoef(shift.T)[0, 1]) < 0.2


def test_without_a_crop_points_outside_keep_their_coordinates():
    result = Affine(translation=(30, 30), p=1)(image=np.zeros((20, 20, 3), np.uint8), keypoints=[[5.0, 5.0]])
    np.testing.assert_allclose(result["keypoints"], [[35, 35]])


def test_boxes_hold_what_they_held_and_end_with_the_image():
    image = np.zeros((100, 100, 3), np.uint8)
    turned = Affine(rotation=(45, 45), p=1)(image=image, bboxes=[[40, 40, 20, 20], [0, 0, 30, 10]])["bboxes"]
    half = 10 * np.sqrt(2)
    np.testing.assert_allclose(turned[0], [50 - half, 50 - half, 2 * half, 2 * half], atol=0.01)
    assert (turned[1, :2] >= 0).all()
    assert (turned[1, :2] + turned[1, 2:] <= 100).all()


def test_a_box_that_leaves_the_image_keeps_its_place_in_the_list_and_no_area():
    result = Affine(translation=(90, 90), p=1)(
        image=np.zeros((50, 50, 3), np.uint8), bboxes=[[1, 1, 5, 5], [0, 0, 50, 50]], bbox_labels=["a", "b"]
    )
    assert result["bbox_labels"] == ["a", "b"]
    np.testing.assert_allclose(result["bboxes"][:, 2:], 0)


@pytest.mark.parametrize(
    ("position", "corner"),
    [
        ("top_left", (0, 0)),
        ("top_right", (4, 0)),
        ("bottom_left", (0, 2)),
        ("bottom_right", (4, 2)),
        ("center", (2, 1)),
    ],
)
@pytest.mark.parametrize("border_mode", ["constant", "reflect_101"])
def test_padding_puts_the_image_where_it_is_told(position, corner, border_mode):
    image = np.random.default_rng(0).integers(1, 255, (30, 28, 3), dtype=np.uint8)
    step = build_auto_padding(
        pad_height_divisor=32, pad_width_divisor=32, position=position, border_mode=border_mode
    )  # fmt: skip
    result = step(image=image, keypoints=[[0.0, 0.0]], bboxes=[[0, 0, 28, 30]])
    assert result["image"].shape == (32, 32, 3)
    x, y = corner
    np.testing.assert_array_equal(result["image"][y : y + 30, x : x + 28], image)
    np.testing.assert_array_equal(result["keypoints"], [corner])
    np.testing.assert_array_equal(result["bboxes"], [[x, y, 28, 30]])
    np.testing.assert_array_equal(result["matrix"], geometry.translation(x, y))
    assert (border_mode == "constant") == (not result["image"][-1 if y < 2 else 0].any())


def test_padding_reaches_a_least_size_and_leaves_larger_sides():
    step = build_auto_padding(min_height=64, min_width=10, border_mode="constant", border_value=7)
    padded = step(image=np.zeros((30, 28, 3), np.uint8))["image"]
    assert padded.shape == (64, 28, 3)
    assert (padded == 7).sum() == 34 * 28 * 3


def test_padding_larger_than_the_image_mirrors_it_again_and_again():
    assert PadIfNeeded(min_height=90, min_width=90)(image=smooth_picture((20, 10)))["image"].shape == (90, 90, 3)


def test_padding_lies_anywhere_in_training_and_in_one_place_at_inference():
    padding = {"auto_padding": {"pad_height_divisor": 32, "pad_width_divisor": 32}, "normalize_images": True}
    image = smooth_picture((50, 50))
    training = build_transforms(padding | {"gaussian_noise": 5}, seed=0)
    inference = build_transforms(padding)
    corners = {tuple(training(image=image)["matrix"][:, 2]) for _ in range(30)}
    assert len(corners) > 15
    assert not inference.is_random
    assert {tuple(inference(image=image)["matrix"][:, 2]) for _ in range(5)} == {(0.0, 0.0)}
    assert build_transforms({"auto_padding": padding["auto_padding"] | {"position": "random"}}).is_random


@given(sizes, sizes, st.integers(0, 2**32), st.sampled_from(["uniform", "keypoints", "density", "hybrid"]))
@settings(max_examples=60)
def test_a_crop_has_its_size_and_knows_which_points_it_shows(size, crop, seed, method):
    image = np.zeros((*size[::-1], 3), np.uint8)
    rng = np.random.default_rng(seed)
    points = np.floor(rng.uniform(0, size, (6, 2)))
    for i, (x, y) in enumerate(points.astype(int)):
        image[y, x] = i + 1
    result = KeypointAwareCrop(*crop, crop_sampling=method)(image=image, keypoints=points, rng=rng)
    assert result["image"].shape[:2] == crop[::-1]
    for i, point in enumerate(result["keypoints"]):
        if np.isfinite(point).all():
            assert result["image"][int(point[1]), int(point[0]), 0] > 0
        else:
            assert not (result["image"] == i + 1).any() or (points[i + 1 :] == points[i]).all(axis=1).any()


def test_a_crop_around_a_crowd_is_more_frequent_than_one_around_a_loner():
    crowd = np.array([100.0, 100.0]) + np.random.default_rng(0).uniform(-3, 3, (9, 2))
    points = np.concatenate([crowd, [[300.0, 300.0]]])
    image = np.zeros((400, 400, 3), np.uint8)

    def share_of_the_loner(method):
        chain = Transform([KeypointAwareCrop(40, 40, 0.0, method)], seed=1)
        starts = np.array([-chain(image=image, keypoints=points)["matrix"][:, 2] for _ in range(400)])
        return (starts[:, 0] > 220).mean()

    assert share_of_the_loner("keypoints") == pytest.approx(1 / 10, abs=0.04)
    assert share_of_the_loner("density") == pytest.approx(1 / 82, abs=0.02)
    assert share_of_the_loner("uniform") == pytest.approx(0.39, abs=0.08)  # of 361 places, 221 to 360
    assert share_of_the_loner("hybrid") == pytest.approx((0.39 + 1 / 82) / 2, abs=0.07)


def test_the_start_of_a_crop_is_the_fraction_at_which_its_point_lies():
    step = KeypointAwareCrop(40, 20, 0.0, "keypoints")
    matrix = step(image=np.zeros((100, 200, 3), np.uint8), keypoints=[[150.0, 25.0]])["matrix"]
    np.testing.assert_array_equal(-matrix[:, 2], [int(161 * 0.75), int(81 * 0.25)])


def test_a_crop_larger_than_the_image_shows_it_in_the_middle():
    result = KeypointAwareCrop(60, 50)(image=np.full((20, 30, 3), 9, np.uint8), keypoints=[[0.0, 0.0], [40.0, 10.0]])
    assert (result["image"][15:35, 15:45] == 9).all()
    assert (result["image"] == 9).sum() == 20 * 30 * 3
    np.testing.assert_array_equal(result["keypoints"], [[15, 15], [np.nan, np.nan]])


def test_neighbours_are_the_others_within_the_radius():
    xy = np.array([[0.0, 0], [1, 0], [2, 0], [50, 0]])
    assert KeypointAwareCrop.calc_n_neighbors(xy, 1.5).tolist() == [1, 2, 1, 0]


@pytest.mark.parametrize("border_mode", ["constant", "reflect_101"])
@pytest.mark.parametrize("position", ["center", "random", "bottom_right"])
def test_a_point_that_left_the_image_does_not_come_back_in_its_padding(position, border_mode):
    away = Affine(scaling=1.0, translation=(-20, -20), p=1.0)
    padding = PadIfNeeded(pad_height_divisor=64, pad_width_divisor=64, position=position, border_mode=border_mode)
    image = np.zeros((70, 70, 3), np.uint8)
    found = Transform([away, padding], seed=0)(image=image, keypoints=[[4, 35], [40, 45]])
    assert found["image"].shape == (128, 128, 3) and np.isfinite(found["keypoints"]).tolist() == [
        [False] * 2,
        [True] * 2,
    ]
