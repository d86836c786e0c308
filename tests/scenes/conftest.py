"""Scenes that several tests look at; making one is cheap, drawing its background takes half a second."""

import pytest

from deeplabcut.scenes import make_scene


@pytest.fixture(scope="session")
def mice():
    return make_scene(n_animals=2, n_frames=40, size=(320, 240), unique=("topleft", "feeder"), seed=3)


@pytest.fixture(scope="session")
def filmed_from_two_sides():
    return make_scene(n_animals=2, n_frames=25, size=(320, 240), n_cameras=2, seed=5)
