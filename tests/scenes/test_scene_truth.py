import numpy as np
import pytest

from deeplabcut.scenes import look_at, make_scene
from deeplabcut.scenes.bodies import BODYPARTS

OUTSIDE, HIDDEN, SEEN = 0, 1, 2


def triangulate(cameras, xys):
    """Linear (DLT) triangulation of points seen by several cameras."""
    rows = []
    for camera, xy in zip(cameras, xys, strict=True):
        pose = np.column_stack([camera.rotation, camera.translation])
        ideal = camera.undistort(xy)
        rows += [ideal[..., i, None] * pose[2] - pose[i] for i in (0, 1)]
    _, _, v = np.linalg.svd(np.stack(rows, axis=-2))
    return v[..., -1, :3] / v[..., -1, 3:]


def test_projecting_the_points_in_space_gives_the_points_on_the_image(filmed_from_two_sides):
    scene = filmed_from_two_sides
    for index, camera in enumerate(scene.cameras):
        assert np.array_equal(scene.truth(index).xy, camera.project(scene.xyz))


def test_two_cameras_give_the_points_in_space_back(filmed_from_two_sides):
    scene = filmed_from_two_sides
    found = triangulate(scene.cameras, [scene.truth(i).xy for i in range(2)])
    assert np.allclose(found, scene.xyz, atol=1e-6)


def test_two_cameras_with_real_lenses_give_the_points_in_space_back():
    box = (480.0, 360.0, 110.0)
    cameras = [
        look_at(name, place, (0, 0, 0), size=(320, 240), box_mm=box, distortion=(-0.2, 0.05, 0.001, 0.002, 0))
        for name, place in (("a", (700, -500, 700)), ("b", (-600, -700, 800)))
    ]
    scene = make_scene(n_animals=1, n_frames=5, cameras=cameras)
    assert np.allclose(triangulate(cameras, [scene.truth(i).xy for i in range(2)]), scene.xyz, atol=1e-4)


def test_points_off_the_image_are_marked_as_outside():
    box = (200.0, 150.0, 50.0)  # the camera looks at the middle of a larger arena
    camera = look_at("near", (0, 0, 900), (0, 0, 0), size=(320, 240), box_mm=box, up=(0, 1, 0))
    truth = make_scene(n_animals=3, n_frames=200, cameras=[camera]).truth()
    outside = ~camera.contains(truth.xy)
    assert outside.any() and not outside.all()
    assert np.array_equal(truth.visibility == OUTSIDE, outside)


def test_an_animal_below_another_is_hidden_and_the_one_above_is_seen():
    scene = make_scene(n_animals=2, n_frames=1500, sociability=1.0, seed=0)
    truth, centre = scene.truth(), BODYPARTS.index("center")
    xyz = scene.xyz[:, :, centre]
    frame = np.argmin(np.linalg.norm(xyz[:, 0, :2] - xyz[:, 1, :2], axis=-1))
    below, above = np.argsort(xyz[frame, :, 2])
    assert truth.visibility[frame, below, centre] == HIDDEN
    assert truth.visibility[frame, above, centre] == SEEN


def test_a_lonely_animal_shows_its_back_and_hides_its_feet():
    truth = make_scene(n_animals=1, n_frames=600, seed=8).truth()
    seen = {part: (truth.visibility[:, 0, i] == SEEN).mean() for i, part in enumerate(BODYPARTS)}
    assert min(seen[part] for part in ("neck", "spine1", "center", "spine2", "tail1", "tailtip", "leftear")) > 0.95
    assert seen["leftforepaw"] < 0.8


def test_what_a_wall_of_the_arena_hides_is_hidden():
    scene = make_scene(n_animals=5, n_frames=900, n_cameras=3, seed=1)
    hidden = scene.arena.meets_rim(scene.xyz, scene.cameras[0].centre - scene.xyz)
    assert hidden.any()
    assert (scene.truth(0).visibility[hidden] != SEEN).all()


def test_boxes_hold_their_keypoints(mice):
    truth = mice.truth()
    corner, extent = truth.boxes[..., None, :2], truth.boxes[..., None, 2:]
    on_image = truth.visibility > OUTSIDE
    inside = ((truth.xy >= corner - 0.5) & (truth.xy <= corner + extent + 0.5)).all(axis=-1)
    assert inside[on_image].all()


def test_points_of_the_arena_do_not_move_and_animals_can_hide_them(mice):
    truth = mice.truth()
    assert truth.unique_xy.shape == (40, 2, 2)
    assert (truth.unique_xy == truth.unique_xy[0]).all()
    x, y = truth.unique_xy[0, 0]
    assert x < 60 and y < 60  # the top left corner
    long = make_scene(n_animals=8, n_frames=1500, unique=("feeder",), seed=3).truth()
    assert set(np.unique(long.unique_visibility)) == {HIDDEN, SEEN}


def test_a_subset_of_bodyparts_is_a_subset_of_the_truth(mice):
    some = make_scene(n_animals=2, n_frames=40, size=(320, 240), seed=3, bodyparts=("tailbase", "snout")).truth()
    full = mice.truth()
    places = [full.plan.bodyparts.index(part) for part in ("tailbase", "snout")]
    assert some.plan.bodyparts == ("tailbase", "snout") and some.plan.individuals == ("mouse1", "mouse2")
    assert np.array_equal(some.xy, full.xy[:, :, places])
    assert np.array_equal(some.visibility, full.visibility[:, :, places])


@pytest.mark.parametrize("n_animals", [0, 1, 7])
def test_the_truth_has_a_row_per_animal(n_animals):
    truth = make_scene(n_animals=n_animals, n_frames=3).truth()
    assert truth.xy.shape == (3, n_animals, 15, 2) and truth.boxes.shape == (3, n_animals, 4)
    assert len(truth.plan.individuals) == n_animals
