import json

import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.scenes import make_scene, read_scene

video = pytest.importorskip("deeplabcut.io.video.reader")


@pytest.fixture(scope="module")
def written(tmp_path_factory, filmed_from_two_sides):
    folder = tmp_path_factory.mktemp("scene")
    return folder, filmed_from_two_sides.write(folder, name="pair")


def test_every_camera_gets_a_video_with_all_frames(written, filmed_from_two_sides):
    _, files = written
    assert [path.name for path in files.videos] == ["pair_camera-1.mp4", "pair_camera-2.mp4"]
    for index, path in enumerate(files.videos):
        with video.Video(path) as clip:
            assert len(clip) == 25 and (clip.width, clip.height) == (320, 240) and clip.fps == pytest.approx(30)
            difference = clip.read(10).astype(int) - filmed_from_two_sides.render(10, index)
            assert np.abs(difference).mean() < 6


def test_the_truth_comes_back_bit_for_bit(written, filmed_from_two_sides):
    folder, files = written
    stored, scene = read_scene(folder), filmed_from_two_sides
    assert stored.options == scene.options and stored.plan == scene.plan and stored.videos == files.videos
    assert stored.coats == scene.coats
    assert np.array_equal(stored.xyz, scene.xyz)
    for index, truth in enumerate(stored.truths):
        ours = scene.truth(index)
        for name in ("xy", "visibility", "unique_xy", "unique_visibility", "boxes"):
            assert np.array_equal(getattr(truth, name), getattr(ours, name), equal_nan=True)
        assert np.array_equal(stored.cameras[index].project(stored.xyz), truth.xy)


def test_the_recipe_is_plain_json_and_the_truth_needs_no_pickles(written):
    _, files = written
    recipe = json.loads(files.recipe.read_text())
    assert recipe["seed"] == 5 and len(recipe["cameras"]) == 2 and recipe["individuals"] == ["mouse1", "mouse2"]
    with np.load(files.truth, allow_pickle=False) as arrays:
        assert arrays["camera-1.xy"].dtype == np.float64


def test_a_recipe_makes_the_same_scene_again(written, filmed_from_two_sides):
    folder, _ = written
    again = make_scene(read_scene(folder).options)
    assert np.array_equal(again.render(7, 1), filmed_from_two_sides.render(7, 1))


def test_a_folder_without_a_scene_says_what_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"There is no scene\.json"):
        read_scene(tmp_path)


def test_a_damaged_truth_is_not_half_read(tmp_path):
    scene = make_scene(n_animals=1, n_frames=2, size=(64, 48))
    files = scene.write(tmp_path)
    files.truth.write_bytes(files.truth.read_bytes()[:200])
    with pytest.raises(DamagedFile, match="do not fit together"):
        read_scene(tmp_path)


def test_a_name_that_leaves_the_folder_is_refused(tmp_path, mice):
    with pytest.raises(InvalidInput, match="cannot be part of a file name"):
        mice.write(tmp_path, name="../elsewhere")
    assert not list(tmp_path.iterdir())
