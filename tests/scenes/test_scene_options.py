import json

import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.scenes import SceneOptions, make_scene, ring
from deeplabcut.scenes.coats import COATS


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n_animals": -1}, "n_animals must be a whole number from 0"),
        ({"n_animals": 2.5}, "n_animals must be a whole number"),
        ({"n_frames": 0}, "n_frames must be a whole number from 1"),
        ({"size": (640,)}, "size must be two numbers"),
        ({"size": (640, 8)}, "size must be a whole number from 32"),
        ({"fps": 0}, "fps must be a number from 1"),
        ({"sociability": 1.5}, "sociability must be a number from 0 to 1"),
        ({"background": "beding"}, "did you mean 'bedding'"),
        ({"species": "cat"}, "'cat' is not known"),
        ({"coats": ("plaid",)}, "'plaid' is not known"),
        ({"coats": "black"}, "is not a list"),
        ({"size": None}, "is not a list"),
        ({"bodyparts": ("nose",)}, "choose from: snout"),
        ({"bodyparts": ()}, "needs bodyparts"),
        ({"unique": ("door",)}, "'door' is not known"),
        ({"jpeg_quality": 0}, "jpeg_quality must be a whole number from 1 to 100"),
        ({"arena_mm": (50, 50)}, "arena_mm must be a number from 176"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_an_option_that_cannot_work_is_refused_with_its_name(wrong, says):
    with pytest.raises(InvalidInput, match=says):
        SceneOptions(**wrong)


def test_a_misspelt_option_fails_at_once():
    with pytest.raises(TypeError, match="n_animal"):
        make_scene(n_animal=3)


def test_options_can_start_from_others():
    base = SceneOptions(n_animals=1, background="dark")
    assert make_scene(base, seed=4, n_frames=2).options == SceneOptions(
        n_animals=1, background="dark", seed=4, n_frames=2
    )


def test_options_survive_json():
    cameras = ring(2, (320, 240), (480, 360, 110), distortion=(-0.1, 0, 0, 0, 0))
    options = SceneOptions(coats=COATS[:3], unique=("feeder",), arena_mm=(400, 400), cameras=cameras)
    again = SceneOptions.from_dict(json.loads(json.dumps(options.to_dict())))
    assert again.to_dict() == options.to_dict()


def test_frames_and_cameras_that_do_not_exist_are_named(mice):
    with pytest.raises(InvalidInput, match="Frame 40 does not exist"):
        mice.render(40)
    with pytest.raises(InvalidInput, match="Camera 1 does not exist"):
        mice.truth(1)
    with pytest.raises(InvalidInput, match="workers"):
        mice.frames(workers=0)


def test_two_cameras_with_one_name_are_refused():
    camera = ring(1, (320, 240), (480, 360, 110))[0]
    with pytest.raises(InvalidInput, match="same name"):
        SceneOptions(cameras=(camera, camera))
