"""Images are read, cropped around individuals and resized; points follow, and nothing is lost on the way."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.io.images import write_png
from deeplabcut.pose_estimation_pytorch.data.image import load_image, resize_and_random_crop, top_down_crop

IMAGE = np.random.default_rng(0).integers(1, 255, (100, 120, 3), dtype=np.uint8)


# ----- reading


def test_an_image_is_read_in_the_order_of_channels_asked_for(tmp_path):
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[..., 0], picture[..., 2] = 200, 50
    write_png(tmp_path / "a.png", picture)
    assert load_image(tmp_path / "a.png")[0, 0].tolist() == [200, 0, 50]
    assert load_image(str(tmp_path / "a.png"), "BGR")[0, 0].tolist() == [50, 0, 200]
    gray = load_image(tmp_path / "a.png", color_mode="GRAY")
    assert gray.shape == (4, 6, 3) and gray[0, 0].tolist() == [66, 66, 66]  # 0.299 * 200 + 0.114 * 50


def test_an_unknown_order_of_channels_and_a_file_that_is_no_image_are_refused(tmp_path):
    write_png(tmp_path / "a.png", IMAGE)
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(InvalidInput, match="HSV"):
        load_image(tmp_path / "a.png", "HSV")
    with pytest.raises(DamagedFile, match=r"text\.png"):
        load_image(tmp_path / "text.png")
    with pytest.raises(Missing):
        load_image(tmp_path / "none.png")


# ----- crops of individuals


@pytest.mark.parametrize(
    ("box", "size", "options", "offset", "scale"),
    [
        ((10, 20, 30, 15), (64, 64), {}, (10, 12), (0.46875, 0.46875)),
        ((10, 20, 31, 15), (64, 64), {}, (10, 12), (0.484375, 0.484375)),
        ((-5, -5, 20, 40), (64, 64), {}, (-15, -5), (0.625, 0.625)),
        ((10, 20, 30, 15), (64, 64), {"crop_with_context": False}, (10, 13), (0.46875, 0.453125)),
        ((10, 20, 30, 15), (64, 48), {"margin": 10}, (0, 9), (0.78125, 37 / 48)),
    ],
)
def test_crops_lie_where_they_always_lay(box, size, options, offset, scale):
    crop, found_offset, found_scale = top_down_crop(IMAGE, box, size, **options)
    assert crop.shape == (size[1], size[0], 3) and crop.dtype == np.uint8
    assert found_offset == offset
    np.testing.assert_allclose(found_scale, scale, atol=1e-6)


def test_a_crop_without_resizing_holds_the_very_pixels():
    crop, offset, scale = top_down_crop(IMAGE, (10, 20, 32, 32), (32, 32))
    np.testing.assert_array_equal(crop, IMAGE[20:52, 10:42])
    assert offset == (10, 20) and scale == (1, 1)


def test_what_lies_outside_of_the_image_is_black_where_it_is_missing_or_on_both_sides():
    crop, offset, _ = top_down_crop(IMAGE, (-8, 20, 32, 32), (32, 32))
    assert offset == (-8, 20) and not crop[:, :8].any() and crop[:, 8:].all()
    crop, offset, _ = top_down_crop(IMAGE, (-8, 20, 32, 32), (32, 32), center_padding=True)
    assert offset == (-4, 20) and not crop[:, :4].any() and crop[:, 4:-4].all() and not crop[:, -4:].any()


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 0), (5, 5, 0, 0), (np.nan, 0, 3, 3), (500, 500, 20, 20), (-90, 4, 20, 20), (3, 3, 0.2, 0.1)]
)
@pytest.mark.parametrize("with_context", [True, False])
def test_boxes_without_area_or_outside_of_the_image_give_a_crop_too(box, with_context):
    crop, _, scale = top_down_crop(IMAGE, box, (16, 24), crop_with_context=with_context)
    assert crop.shape == (24, 16, 3) and np.isfinite(scale).all() and min(scale) > 0


@given(
    x=st.floats(-50, 150), y=st.floats(0, 60), w=st.floats(1, 90), h=st.floats(1, 90), margin=st.integers(0, 20),
    with_context=st.booleans(), center=st.booleans(),
)  # fmt: skip
def test_offset_and_scale_say_where_the_pixels_come_from(x, y, w, h, margin, with_context, center):
    columns = np.tile(np.arange(120, dtype=np.float32)[None, :, None], (100, 1, 3)) + 1
    columns[..., 1:] = 1  # how much of a pixel comes from the image, where the rest is black
    crop, offset, scale = top_down_crop(
        columns, (x, y, w, h), (40, 40), margin, center_padding=center, crop_with_context=with_context
    )
    row, share, _ = crop[crop[..., 1].sum(axis=1).argmax()].T
    row = np.divide(row, share, out=np.zeros_like(row), where=share > 0.1)
    wanted = (np.arange(40) + 0.5) * scale[0] - 0.5 + offset[0]  # centres of pixels, as resizing takes them
    edge = 2 * int(1 / scale[0]) + 3  # black from outside of the image is mixed into this many columns
    inside = np.flatnonzero(row)[edge:-edge]
    if scale[0] <= 1:  # larger images are sampled, not averaged
        np.testing.assert_allclose(row[inside] - 1, wanted[inside], atol=1e-3)


# ----- one size for a batch


def targets(points, boxes=((10.0, 20.0, 30.0, 15.0),)):
    boxes = np.array(boxes, np.float32)
    return {
        "keypoints": np.array(points, np.float32)[None],
        "keypoints_unique": np.zeros(0, np.float32),
        "boxes": boxes,
        "area": boxes[:, 2] * boxes[:, 3],
    }


def test_a_square_takes_the_short_side_and_everything_follows():
    image = IMAGE.transpose(2, 0, 1).astype(np.float32)
    item = {
        "offsets": np.array([3, 4]),
        "scales": np.array([2.0, 2.0]),
        "annotations": targets([[60, 50, 2], [30, 40, 0]]),
    }
    part, moved = resize_and_random_crop(image, item, 50, max_shift=0, rng=np.random.default_rng(1))
    assert part.shape == (3, 50, 50) and part.dtype == torch.float32
    x, y, flag = moved["annotations"]["keypoints"][0, 0]
    full = np.array([x, y]) * moved["scales"] + moved["offsets"]
    np.testing.assert_allclose(full, np.array([60, 50]) * 2 + [3, 4], rtol=1e-5)
    assert flag == 2 and moved["annotations"]["keypoints"][0, 1].tolist() == [30, 40, 0]
    assert moved["annotations"]["boxes"][0, 3] == pytest.approx(7.5)
    assert item["annotations"]["keypoints"][0, 0].tolist() == [60, 50, 2]


def test_points_that_the_part_does_not_show_are_to_be_ignored_and_unlabelled_ones_stay_so():
    image = np.zeros((3, 100, 200), np.float32)
    points = [[2, 50, 2], [198, 50, 2], [0, 0, 0], [0, 0, -1]]
    _, moved = resize_and_random_crop(image, targets(points), 100, max_shift=0, rng=np.random.default_rng(2))
    flags = moved["keypoints"][0, :, 2]
    assert (flags[:2] == -1).any() and flags[2:].tolist() == [0, -1]
    assert (moved["keypoints"][0, flags == -1][:-1] == -1).all()


@pytest.mark.parametrize("max_shift", [None, 0, 5])
@pytest.mark.parametrize("size", [100, (100, 120), 60, (128, 256)])
def test_any_size_works_also_without_room_to_shift(size, max_shift):
    image = IMAGE.transpose(2, 0, 1)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        part, moved = resize_and_random_crop(image, targets([[60, 50, 2]]), size, 2048, max_shift, rng=rng)
        assert tuple(part.shape[1:]) == ((size, size) if isinstance(size, int) else size) and part.dtype == torch.uint8
        box = moved["boxes"][0]
        assert (box >= 0).all() and box[0] + box[2] <= part.shape[2] and box[1] + box[3] <= part.shape[1]


def test_the_longest_side_is_limited():
    part, _ = resize_and_random_crop(
        np.full((3, 100, 400), 9, np.uint8), targets([[200, 50, 2]]), 200, max_size=400, max_shift=0,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert part.shape == (3, 200, 200) and (part == 9).any(dim=2)[0].sum() == 100  # the image keeps its 100 rows


def test_chances_follow_torch_where_no_generator_is_given():
    image = np.zeros((3, 40, 90), np.float32)

    def drawn():
        torch.manual_seed(5)
        return [resize_and_random_crop(image, targets([[9, 9, 2]]), 40)[1]["boxes"][0, 0] for _ in range(6)]

    assert drawn() == drawn() and len(set(drawn())) > 1
