import numpy as np
import pytest

from deeplabcut.scenes import make_scene
from deeplabcut.scenes.bodies import BODYPARTS, SPECIES

PART = {name: i for i, name in enumerate(BODYPARTS)}


@pytest.fixture(scope="module", params=list(SPECIES))
def animals(request):
    return make_scene(n_animals=3, n_frames=900, species=request.param, sociability=0.7, seed=11)


def nearest_mm(scene):
    """Smallest distance between the trunks of the first two animals, per frame."""
    trunk = scene.bodies.nodes[:, :, 2:8, :2]
    return np.linalg.norm(trunk[:, 0, :, None] - trunk[:, 1, None], axis=-1).min(axis=(1, 2))


def test_every_keypoint_stays_between_the_walls_and_above_the_floor(animals):
    half = np.array(animals.body.arena_mm) / 2
    assert np.isfinite(animals.xyz).all()
    assert (np.abs(animals.xyz[..., :2]) <= half + 0.03 * animals.body.length_mm).all()  # an ear may touch
    assert animals.xyz[..., 2].min() > -1e-6
    assert animals.xyz[..., 2].max() < animals.body.wall_mm


def test_bodies_keep_their_length(animals):
    length_mm = np.linalg.norm(np.diff(animals.bodies.nodes, axis=2), axis=-1)
    typical = animals.body.segment_mm
    assert np.median(np.abs(length_mm / typical - 1)) < 0.01
    assert (length_mm < 1.8 * typical).all()  # climbing stretches a little


def test_limbs_stay_attached(animals):
    paws = animals.xyz[:, :, [PART[p] for p in ("leftforepaw", "rightforepaw", "lefthindpaw", "righthindpaw")]]
    joints = animals.xyz[:, :, [PART[p] for p in ("spine1", "spine1", "spine2", "spine2")]]
    assert np.linalg.norm(paws - joints, axis=-1).max() < 0.75 * animals.body.length_mm


def test_left_stays_left(animals):
    xyz = animals.xyz
    ahead = xyz[:, :, PART["snout"], :2] - xyz[:, :, PART["neck"], :2]
    across = xyz[:, :, PART["leftear"], :2] - xyz[:, :, PART["rightear"], :2]
    assert (ahead[..., 0] * across[..., 1] - ahead[..., 1] * across[..., 0] > 0).all()


def test_animals_walk_and_rest(animals):
    step_mm = np.linalg.norm(np.diff(animals.xyz[:, :, PART["center"], :2], axis=0), axis=-1)
    speed = step_mm * animals.options.fps
    assert speed.max() < 2 * animals.body.speed_mm_s
    assert (speed > 0.3 * animals.body.speed_mm_s).mean() > 0.2
    assert (speed < 0.1 * animals.body.speed_mm_s).mean() > 0.03


def test_nobody_jumps_from_one_frame_to_the_next(animals):
    step_mm = np.linalg.norm(np.diff(animals.xyz, axis=0), axis=-1)
    assert step_mm.max() < 0.35 * animals.body.length_mm


def test_animals_rear_up():
    scene = make_scene(n_animals=1, n_frames=1800, seed=2)
    assert scene.xyz[..., PART["snout"], 2].max() > 35
    assert np.median(scene.xyz[..., PART["snout"], 2]) < 15


def test_sociable_animals_cross_and_shy_ones_keep_apart():
    close, far = (make_scene(n_animals=2, n_frames=1500, sociability=s, seed=0) for s in (1.0, 0.0))
    crossings = np.count_nonzero(np.diff((nearest_mm(close) < 10).astype(int)) == 1)
    assert crossings >= 5
    assert (nearest_mm(far) < 10).mean() < 0.5 * (nearest_mm(close) < 10).mean()


def test_where_trunks_cross_one_lies_on_the_other():
    scene = make_scene(n_animals=2, n_frames=1500, sociability=1.0, seed=0)
    trunk = scene.bodies.nodes[:, :, 3:7]
    flat = np.linalg.norm(trunk[:, 0, :, None, :2] - trunk[:, 1, None, :, :2], axis=-1)
    high = np.abs(trunk[:, 0, :, None, 2] - trunk[:, 1, None, :, 2])
    assert np.quantile(high[flat < 4], 0.05) > 10


def test_the_picture_rate_does_not_change_the_pace():
    pace = []
    for fps in (15, 120):
        scene = make_scene(n_animals=4, n_frames=int(20 * fps), fps=fps, seed=1)
        centre = scene.bodies.nodes[:, :, 4, :2]
        pace.append(np.linalg.norm(np.diff(centre, axis=0), axis=-1).sum() / 4 / 20)
    assert pace[0] == pytest.approx(pace[1], rel=0.5)
