"""What augmentation does to gray levels, and what holes and rubber sheets do to points."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deeplabcut.pose_estimation_pytorch.data.augmentation.noise import motion_kernel, normal_noise
from deeplabcut.pose_estimation_pytorch.data.transforms import (
    CoarseDropout,
    ElasticTransform,
    Equalize,
    GaussianNoise,
    Grayscale,
    MotionBlur,
    Normalize,
    RandomBBoxTransform,
    ScaleToUnitRange,
    Transform,
    build_transforms,
)


def picture(height=40, width=60, channels=3, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels)).astype(dtype)


def changed_share(step, n=400):
    chain, image = Transform([step], seed=0), picture(16, 16)
    return np.mean([not np.array_equal(chain(image=image)["image"], image) for _ in range(n)])


def test_normalised_images_have_the_statistics_of_imagenet():
    levels = np.array([[[0, 128, 255]]], np.uint8)
    expected = (levels / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    for image in (levels, levels.astype(np.float32)):
        result = Normalize()(image=image)["image"]
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, expected, atol=1e-6)


def test_gray_images_are_normalised_with_the_mean_statistics():
    result = Normalize()(image=np.full((2, 2, 1), 255, np.uint8))["image"]
    np.testing.assert_allclose(result, (1 - np.mean([0.485, 0.456, 0.406])) / 0.226, rtol=1e-5)


def test_the_unit_range_is_gray_level_over_255():
    image = picture()
    np.testing.assert_allclose(ScaleToUnitRange()(image=image)["image"], image / 255, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_noise_has_the_variance_that_is_asked_for(dtype):
    image = np.full((64, 64, 3), 128, dtype)
    chain = Transform([GaussianNoise(12.75, p=1)], seed=0)
    noise = np.array([chain(image=image)["image"].astype(float) - 128 for _ in range(200)])
    variance = noise.var(axis=(1, 2, 3))
    assert abs(noise.mean()) < 0.05
    assert variance.max() < 12.75**2 * 1.1
    assert variance.mean() == pytest.approx(12.75**2 / 2, rel=0.1)  # even between 0 and the square
    channels = noise.reshape(-1, 3)
    assert abs(np.corrcoef(channels.T)[0, 1]) < 0.02  # each channel has its own


def test_noise_is_normal_and_nowhere_the_same():
    noise = normal_noise(np.random.default_rng(0), (100, 3001), 1.0, is_whole=False).ravel()
    inside = [(np.abs(noise) < limit).mean() for limit in (1, 2, 3)]
    np.testing.assert_allclose(inside, [0.6827, 0.9545, 0.9973], atol=0.003)
    assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 0.01


def test_noise_stays_within_the_gray_levels_of_uint8():
    step = GaussianNoise(100, p=1)
    for level in (0, 255):
        image = np.full((32, 32, 3), level, np.uint8)
        noisy = step(image=image, rng=np.random.default_rng(1))["image"]
        assert noisy.dtype == np.uint8
        assert 0.4 < (noisy == level).mean() < 0.7  # half of the noise would leave the range


@pytest.mark.parametrize(("size", "dx", "dy"), [(3, 2, 0), (5, 4, -4), (7, 1, 6), (7, 6, -3), (9, 3, 3)])
def test_a_smear_is_centred_and_keeps_the_light(size, dx, dy):
    kernel = motion_kernel(size, dx, dy)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose([(kernel * x).sum(), (kernel * y).sum()], 0, atol=1e-6)
    assert (kernel * x * x).sum() >= dx**2 / 12 - 0.01


def test_blur_smears_along_lines_of_3_to_7_pixels():
    image = np.zeros((31, 31, 3), np.uint8)
    image[15, 15] = 255
    chain = Transform([MotionBlur(p=1)], seed=0)
    reaches = set()
    for _ in range(300):
        rows, columns = np.nonzero(chain(image=image)["image"][..., 0])
        reaches.add(int(max(np.abs(rows - 15).max(), np.abs(columns - 15).max())))
    assert reaches == {1, 2, 3}


@pytest.mark.parametrize("step", [Equalize(), MotionBlur(), Grayscale((0.5, 1)), GaussianNoise(), CoarseDropout()])
def test_half_of_the_images_are_changed(step):
    assert changed_share(step) == pytest.approx(0.5, abs=0.09)


@pytest.mark.parametrize(("p", "share"), [(0.0, 0), (0.2, 0.2), (1.0, 1)])
def test_a_probability_is_kept(p, share):
    assert changed_share(MotionBlur(p=p)) == pytest.approx(share, abs=0.07)


def test_chance_decides_on_every_step_by_itself():
    chain = build_transforms({"hflip": 0.5, "grayscale": {"p": 0.5, "alpha": 1}}, seed=0)
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, :4, 0] = 200
    results = [chain(image=image)["image"] for _ in range(400)]
    mirrored = np.array([not result[0, 0].any() for result in results])
    gray = np.array([result[..., 1].any() for result in results])
    assert np.mean(mirrored & gray) == pytest.approx(0.25, abs=0.07)


def test_equalized_channels_use_all_gray_levels():
    image = (picture() // 4 + 100).astype(np.uint8)
    even = Equalize(p=1)(image=image)["image"]
    np.testing.assert_array_equal(even[..., 1], cv2.equalizeHist(image[..., 1]))
    assert np.array_equal(Equalize(p=1)(image=image.astype(np.float32))["image"], even.astype(np.float32))


def test_gray_is_mixed_in_with_the_share_that_is_asked_for():
    image = np.zeros((2, 2, 3), np.uint8)
    image[..., 0] = 200  # red, whose gray is 0.299 * 200
    gray = 0.299 * 200
    np.testing.assert_allclose(Grayscale(p=1)(image=image)["image"], gray, atol=0.5)
    half = Grayscale(0.5, p=1)(image=image)["image"]
    np.testing.assert_allclose(half[0, 0], [(200 + gray) / 2, gray / 2, gray / 2], atol=0.5)
    reds = [
        Grayscale((0.5, 1.0), p=1)(image=image, rng=np.random.default_rng(i))["image"][0, 0, 0] for i in range(200)
    ]  # fmt: skip
    assert gray - 1 < min(reds) < gray + 10
    assert 120 < max(reds) <= (200 + gray) / 2 + 1


def test_holes_hide_the_points_under_them_and_leave_boxes():
    image = np.full((100, 120, 3), 255, np.uint8)
    y, x = np.mgrid[:100, :120]
    points = np.stack([x.ravel(), y.ravel()], axis=-1) + np.random.default_rng(0).uniform(-0.49, 0.49, (12000, 2))
    section = {"covering": {"p": 1}}
    result = build_transforms(section, seed=3)(image=image, keypoints=points, bboxes=[[5, 5, 90, 80]])
    hidden = np.isnan(result["keypoints"]).any(axis=1).reshape(100, 120)
    np.testing.assert_array_equal(hidden, (result["image"] == 0).all(axis=-1))
    assert hidden.any()
    np.testing.assert_array_equal(result["bboxes"], [[5, 5, 90, 80]])
    assert (image == 255).all()  # what was given stays as it was


def test_ten_holes_have_one_to_five_hundredths_of_the_sides():
    chain = build_transforms({"covering": {"p": 1, "max_holes": 1}}, seed=0)
    image = np.full((200, 400), 255, np.uint8)
    extents = []
    for _ in range(200):
        rows, columns = np.nonzero(chain(image=image)["image"] == 0)
        extents.append((np.ptp(columns) + 1, np.ptp(rows) + 1))
    width, height = np.array(extents).T
    assert (width.min(), width.max()) == (4, 19)
    assert (height.min(), height.max()) == (2, 9)
    steps = build_transforms({"covering": True}).steps
    assert (steps[0].max_holes, steps[0].min_holes, steps[0].p) == (10, None, 0.5)


@pytest.mark.parametrize("options", [{}, {"same_dxdy": False}, {"approximate": False, "alpha": 60}])
def test_points_follow_the_rubber_sheet(options):
    y, x = np.mgrid[:90, :110].astype(np.float32)
    places = np.stack([x, y, x], axis=-1)  # an image that knows where each pixel was
    points = np.random.default_rng(1).uniform(15, 75, (50, 2))
    step = ElasticTransform(**({"alpha": 40, "p": 1} | options))
    result = step(image=places, keypoints=points, bboxes=[[1, 2, 3, 4]], rng=np.random.default_rng(0))
    moved = result["keypoints"]
    assert 1 < np.linalg.norm(moved - points, axis=1).max() < 15
    columns = [column.astype(np.float32)[:, None] for column in moved.T]
    shown = cv2.remap(result["image"], *columns, cv2.INTER_LINEAR).reshape(-1, 3)
    np.testing.assert_allclose(shown[:, :2], points, atol=0.3)
    np.testing.assert_array_equal(result["bboxes"], [[1, 2, 3, 4]])
    assert result["matrix"] is None


def test_points_where_the_sheet_folds_are_given_up():
    points = np.random.default_rng(0).uniform(0, 90, (200, 2))
    result = ElasticTransform(alpha=2000, p=1)(image=np.zeros((90, 90, 3), np.uint8), keypoints=points)
    assert np.isnan(result["keypoints"]).any()


def test_a_rubber_sheet_may_be_moved_as_a_whole_first():
    step = ElasticTransform(alpha=0, alpha_affine=10, p=1)
    result = step(image=picture(), keypoints=[[20.0, 20.0]], rng=np.random.default_rng(0))
    assert 1 < np.linalg.norm(result["keypoints"][0] - 20) < 30


def test_boxes_are_shifted_and_scaled_within_their_ranges():
    section = {"random_bbox_transform": {"shift_factor": 0.16, "shift_prob": 0.3}}
    chain = build_transforms(section, seed=0)
    boxes = np.tile([100.0, 100, 40, 20], (4000, 1))
    result = chain(image=np.zeros((300, 300, 3), np.uint8), bboxes=boxes, keypoints=[[5.0, 6.0]])
    np.testing.assert_array_equal(result["keypoints"], [[5, 6]])
    scale = result["bboxes"][:, 2:] / [40, 20]
    shift = (result["bboxes"][:, :2] + result["bboxes"][:, 2:] / 2 - [120, 110]) / [40, 20]
    assert 0.75 <= scale.min() < 0.76
    assert 1.24 < scale.max() <= 1.25 + 1e-9
    assert scale.mean() == pytest.approx(0.979, abs=0.01)  # a normal cut to the range leans to its small end
    is_shifted = np.abs(shift).max(axis=1) > 1e-9
    assert is_shifted.mean() == pytest.approx(0.3, abs=0.03)
    assert 0.15 < np.abs(shift).max() <= 0.16 + 1e-9
    assert abs(np.corrcoef(scale.T)[0, 1]) < 0.05


def test_boxes_end_with_the_image():
    step = RandomBBoxTransform(scale_factor=3.0, sampling="uniform", shift_prob=0)
    result = step(image=np.zeros((50, 60, 3), np.uint8), bboxes=[[20, 20, 20, 20]])
    np.testing.assert_allclose(result["bboxes"], [[0, 0, 60, 50]])
