import itertools

import cv2
import numpy as np
import pytest

from deeplabcut.scenes import look_at, make_scene
from deeplabcut.scenes.arenas import BACKGROUNDS
from deeplabcut.scenes.bodies import BODYPARTS

SMALL = {"size": (320, 240), "noise": 0.0, "lighting_drift": 0.0}


def empty(**options):
    return make_scene(n_animals=0, n_frames=1, **options).render(0).astype(int)


def test_a_picture_is_contiguous_rgb_in_the_size_asked_for(mice):
    image = mice.render(0)
    assert image.shape == (240, 320, 3) and image.dtype == np.uint8 and image.flags.c_contiguous


def test_the_same_options_give_the_same_pictures():
    first, again, other = (make_scene(n_animals=2, n_frames=3, size=(160, 120), seed=s) for s in (4, 4, 5))
    assert np.array_equal(first.render(2), again.render(2))
    assert not np.array_equal(first.render(2), other.render(2))
    assert np.array_equal(first.xyz, again.xyz) and not np.array_equal(first.xyz, other.xyz)


def test_the_number_of_workers_and_the_order_do_not_change_the_pictures(mice):
    alone = [mice.render(i) for i in reversed(range(12))][::-1]
    for workers in (1, 3):
        together = list(itertools.islice(mice.frames(workers=workers), 12))
        assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_all_frames_come_in_order_and_can_be_abandoned(mice):
    assert sum(1 for _ in mice.frames(workers=2)) == 40
    pictures = mice.frames(workers=2)
    next(pictures)
    pictures.close()


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_the_snout_differs_from_the_background_on_every_floor(background):
    options = {**SMALL, "background": background, "seed": 6}
    scene = make_scene(n_animals=1, n_frames=1, coats=("black",), **options)
    difference = np.abs(scene.render(0) - empty(**options)).max(axis=-1)
    x, y = scene.truth().xy[0, 0, BODYPARTS.index("snout")].round().astype(int)
    assert difference[y - 2 : y + 3, x - 2 : x + 3].max() > 12


@pytest.mark.parametrize("n_cameras", [1, 2])
def test_visible_keypoints_lie_on_the_animal_and_nothing_else_changes(n_cameras):
    options = {**SMALL, "n_cameras": n_cameras, "background": "white", "seed": 2}
    scene = make_scene(n_animals=1, n_frames=60, coats=("black",), **options)
    truth = scene.truth()
    changed = np.abs(scene.render(30) - empty(**options)).max(axis=-1) > 10
    near = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3)))
    xy = truth.xy[30, 0][truth.visibility[30, 0] == 2].round().astype(int)
    assert near[xy[:, 1], xy[:, 0]].all()
    left, top, width, height = truth.boxes[30, 0]
    ys, xs = np.nonzero(changed)
    shadow = 12  # px that the shadow reaches out
    assert xs.min() >= left - shadow and xs.max() <= left + width + shadow
    assert ys.min() >= top - shadow and ys.max() <= top + height + shadow


def test_the_snout_keypoint_is_the_front_end_of_the_silhouette():
    scene = make_scene(n_animals=1, n_frames=60, coats=("black",), background="white", size=(640, 480),
                       noise=0.0, lighting_drift=0.0, seed=2)  # fmt: skip
    mask = scene.render(30).max(axis=-1) < 110
    snout, neck = (scene.truth().xy[30, 0, BODYPARTS.index(part)] for part in ("snout", "neck"))
    ahead = (snout - neck) / np.linalg.norm(snout - neck)
    along = [bool(mask[tuple((snout + d * ahead).round().astype(int)[::-1])]) for d in (-6, -4, 4, 6)]
    assert along == [True, True, False, False]


def test_animals_wear_the_coats_they_were_given():
    scene = make_scene(n_animals=2, n_frames=1, coats=("white", "black"), background="wood", seed=1)
    image = cv2.blur(scene.render(0), (5, 5))
    x, y = scene.truth().xy[0, :, BODYPARTS.index("center")].round().astype(int).T
    light, dark = image[y, x].mean(axis=-1)
    assert light > 140 and dark < 90


def test_a_dyed_mark_is_on_the_back_of_its_animal():
    scene = make_scene(n_animals=2, n_frames=1, coats=("white+blue", "white"), background="white", seed=1)
    image = cv2.blur(scene.render(0), (5, 5)).astype(int)
    nodes = scene.cameras[0].project(scene.bodies.nodes[0, :, 5]).round().astype(int)
    blueness = image[nodes[:, 1], nodes[:, 0], 2] - image[nodes[:, 1], nodes[:, 0], 0]
    assert blueness[0] > 40 > 15 > blueness[1]


def test_noise_has_the_strength_that_was_asked_for():
    still = {"n_animals": 0, "n_frames": 2, "size": (320, 240), "lighting_drift": 0.0, "background": "white"}
    noisy = make_scene(noise=4.0, **still)
    difference = noisy.render(0).astype(float) - noisy.render(1)
    assert difference.std() == pytest.approx(4.0 * np.sqrt(2), rel=0.1)
    clean = make_scene(noise=0.0, **still)
    assert np.array_equal(clean.render(0), clean.render(1))


def test_the_light_drifts():
    scene = make_scene(n_animals=0, n_frames=600, fps=5, size=(64, 48), lighting_drift=0.1, noise=0.0)
    level = [scene.render(i).mean() for i in range(0, 600, 20)]
    assert np.std(level) / np.mean(level) > 0.02
    assert np.abs(np.diff([scene.render(i).mean() for i in (100, 101)])).max() < 0.06 * np.mean(level)


def test_animals_that_leave_the_image_do_not_disturb_it():
    camera = look_at("near", (0, 0, 500), (0, 0, 0), size=(160, 120), box_mm=(80, 60, 10), up=(0, 1, 0))
    scene = make_scene(n_animals=3, n_frames=90, cameras=[camera])
    truth = scene.truth()
    away = np.flatnonzero(np.isnan(truth.boxes).all(axis=(1, 2)))
    assert len(away) and np.isfinite(truth.boxes).any()
    for frame in (away[0], int(np.nanargmax(truth.boxes[..., 2].max(axis=1)))):
        assert scene.render(frame).shape == (120, 160, 3)


def test_compression_leaves_its_marks():
    plain, packed = (
        make_scene(n_animals=1, n_frames=1, size=(160, 120), jpeg_quality=quality).render(0).astype(int)
        for quality in (None, 30)
    )
    assert packed.shape == plain.shape
    assert 0.5 < np.abs(plain - packed).mean() < 12
