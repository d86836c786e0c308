import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.scenes.solids import Cones, Ellipsoids, cast

NO_OVALS = Ellipsoids(*(np.zeros(shape, np.float32) for shape in ((0, 3), (0, 3, 3), (0, 3), (0,))))
NO_CONES = Cones(*(np.zeros(shape, np.float32) for shape in ((0, 3), (0, 3), (0, 2), (0,))))
SIZE = (60, 50)


def cone(start, end, radii):
    return Cones(*(np.array([a], np.float32) for a in (start, end, radii, 1.0)))


def image(surface, values):
    picture = np.full(SIZE[0] * SIZE[1], np.nan)
    picture[surface.pixel] = values
    return picture.reshape(SIZE[1], SIZE[0])


place = st.tuples(st.floats(18, 42), st.floats(16, 34), st.floats(-8, 8))


@settings(deadline=None)
@given(place, place, st.floats(3, 12), st.floats(3, 12))
def test_a_cone_looks_like_the_spheres_it_is_swept_from(start, end, first, last):
    """The front of a cone is the front of very many spheres between its ends."""
    surface = cast(cone(start, end, (first, last)), NO_OVALS, SIZE)
    found = image(surface, surface.height_mm)
    t = np.linspace(0, 1, 400)[:, None, None]
    x, y, z = (np.array(start)[i] + t * (np.array(end) - start)[i] for i in range(3))
    py, px = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    square = (first + t * (last - first)) ** 2 - (px - x) ** 2 - (py - y) ** 2
    wanted = np.where(square > 0, z + np.sqrt(np.maximum(square, 0)), -np.inf).max(axis=0)
    well_inside = square.max(axis=0) > 6  # px squared
    assert np.isfinite(found[well_inside]).all()
    assert np.abs(found - wanted)[well_inside].max() < 0.2  # px


def test_a_sphere_is_the_same_as_cone_and_as_ellipsoid():
    ball = Ellipsoids(*(np.array([a], np.float32) for a in ((30, 25, 2), np.eye(3), (9, 9, 9), 1.0)))
    round_cone, oval = cast(cone((30, 25, 2), (30, 25, 2), (9, 9)), NO_OVALS, SIZE), cast(NO_CONES, ball, SIZE)
    for one, other in ((round_cone.height_mm, oval.height_mm), (round_cone.normal[0], oval.normal[0])):
        a, b = image(round_cone, one), image(oval, other)
        both = image(round_cone, round_cone.inside_px) > 0.5
        assert np.allclose(a[both], b[both], atol=1e-2)
    assert abs(image(oval, oval.inside_px)[25, 33] - 6) < 0.3


def test_the_nearer_solid_wins():
    two = Cones(
        np.array([[20, 25, 0], [30, 25, 30]], np.float32), np.array([[40, 25, 0], [30, 25, 30]], np.float32),
        np.array([[8, 8], [4, 4]], np.float32), np.ones(2, np.float32),
    )  # fmt: skip
    picture = image(surface := cast(two, NO_OVALS, SIZE), surface.solid)
    assert picture[25, 30] == 1 and picture[25, 22] == 0


def test_solids_off_the_image_cover_nothing():
    assert len(cast(cone((-50, -50, 0), (-40, -60, 0), (5, 5)), NO_OVALS, SIZE).pixel) == 0
    assert len(cast(NO_CONES, NO_OVALS, SIZE).pixel) == 0
