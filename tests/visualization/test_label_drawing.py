"""Markers lie where the label is, to a fraction of a pixel, and are seen on any ground."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import BodyPlan
from deeplabcut.visualization import colors, markers
from deeplabcut.visualization.labelled import LabelDrawing, shades_of

ALL = ("+", "x", "|", "_", "o", ".", "s", "D", "d", "^", "v", "<", ">", "*", "X", "P", "p", "h")
RED = np.array([[255, 0, 0]])
NOTHING = np.empty((0, 2))


def canvas(value=120, size=(60, 80)):
    return np.full((*size, 3), value, np.uint8)


def centre_of(image, ground):
    """The centre of what was drawn, weighted by how much it changed."""
    weight = np.abs(image.astype(float) - ground).sum(axis=-1)
    y, x = np.indices(weight.shape)
    return (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()


@pytest.mark.parametrize("marker", ALL)
@settings(max_examples=12)
@given(x=st.floats(20, 50), y=st.floats(20, 35))
def test_every_marker_sits_on_its_point(marker, x, y):
    image = canvas(0)
    markers.draw(image, np.array([[x, y]]), np.array([[255, 255, 255]]), markers.Style(marker, 15))
    reach = 0.12 if marker in "+x|_o.sDdXPh" else 3.0  # triangles, stars and pentagons are not their own mirror images
    assert centre_of(image, 0) == pytest.approx((x, y), abs=reach)


@pytest.mark.parametrize("marker", ALL)
def test_every_marker_is_seen_on_any_ground(marker):
    for shade in ((0, 0, 255), (255, 255, 0), (128, 0, 255), (0, 0, 0), (255, 255, 255)):
        for ground in (0, 60, 128, 200, 255):
            image = canvas(ground)
            markers.draw(image, np.array([[40.0, 30]]), np.array([shade]), markers.Style(marker, 12, alpha=0.7))
            assert np.abs(image.astype(int) - ground).max() > 40


def test_the_pixel_under_a_disk_has_its_colour_and_pixels_further_away_none():
    image = canvas(0)
    markers.draw(image, np.array([[40.0, 30]]), RED, markers.Style("o", 12))
    assert image[30, 40].tolist() == [255, 0, 0]
    image[22:39, 32:49] = 0
    assert not image.any()


def test_alpha_mixes_the_colour_with_the_ground():
    image = canvas(100)
    markers.draw(image, np.array([[40.0, 30]]), RED, markers.Style("s", 12, alpha=0.25))
    assert image[30, 40].tolist() == [139, 75, 75]


def test_what_lies_off_the_image_is_cut_off_and_what_is_missing_not_drawn(recwarn):
    image = canvas()
    points = np.array([[np.nan, 5], [np.inf, 5], [-500, 5], [5, 1e300], [40, -1e9], [5, np.nan]])
    markers.draw(image, points, np.repeat(RED, 6, axis=0), markers.Style())
    assert (image == 120).all() and not len(recwarn)
    markers.draw(image, np.array([[-1.0, 0], [80, 59]]), np.repeat(RED, 2, axis=0), markers.Style("o", 10))
    changed = np.argwhere((image != 120).any(axis=-1))
    assert changed.min() == 0 and changed[:, 0].max() == 59 and changed[:, 1].max() == 79
    markers.draw(canvas(), NOTHING, np.empty((0, 3)), markers.Style())
    markers.draw(canvas(), np.array([[5.0, 5]]), RED, markers.Style(size_px=0))


def test_an_unknown_marker_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match=r"no marker '\$a\$'(.|\n)*use one of \+ x"):
        markers.Style("$a$")


def test_colours_are_those_of_matplotlib():
    from matplotlib import colormaps

    wanted = np.round(colormaps["jet"](np.linspace(0, 1, 7))[:, :3] * 255)
    assert colors.named("jet", 7).tolist() == wanted.tolist()
    assert colors.named("viridis", 0).shape == (0, 3)
    assert colors.color("navy").tolist() == [0, 0, 128] == colors.color("#000080").tolist()


def test_an_unknown_colour_map_names_the_nearest():
    with pytest.raises(InvalidInput, match=r"'rainbw'(.|\n)*did you mean rainbow"):
        colors.named("rainbw", 3)
    with pytest.raises(InvalidInput, match="did you mean viridis"):
        shades_of(BodyPlan(("a",)), "virids", by_individual=False)


def test_an_unknown_colour_names_the_nearest_and_shows_no_control_characters():
    with pytest.raises(InvalidInput, match=r"'blak'(.|\n)*black"):
        colors.color("blak")
    with pytest.raises(InvalidInput, match=r"\\x1b"):
        colors.color("\x1b[31m")


def test_T37_outlines_are_dark_around_bright_colours_and_bright_around_dark_ones():
    bright, dark = colors.contrast([[255, 255, 0], [0, 0, 128]])
    assert bright.max() < 60 and dark.min() > 200


def test_unique_points_have_colours_of_their_own():
    plan = BodyPlan(("a", "b", "c"), ("m1", "m2"), ("corner", "door"))
    own, unique = shades_of(plan, "rainbow", by_individual=False)
    assert own.shape == (1, 3, 3) and len({tuple(c) for c in [*own[0].tolist(), *unique.tolist()]}) == 5
    own, unique = shades_of(plan, "rainbow", by_individual=True)
    assert own.shape == (2, 1, 3) and unique.shape == (1, 3)
    assert len({tuple(c) for c in [*own[:, 0].tolist(), *unique.tolist()]}) == 3


@pytest.mark.parametrize(("scale", "dpi", "size"), [(1, 100, (60, 80)), (2, 100, (120, 160)), (1, 250, (150, 200)),
                                                    (0.5, 100, (30, 40)), (1.5, 50, (45, 60))])  # fmt: skip
def test_pictures_grow_with_scale_and_dpi_and_points_go_along(scale, dpi, size):
    drawing = LabelDrawing(BodyPlan(("a",)), "o", dotsize=3, alpha=1, scale=scale, dpi=dpi)
    picture = drawing.picture(canvas(0), np.array([[[40.0, 20.0]]]), NOTHING)
    assert picture.shape == (*size, 3)
    factor = scale * dpi / 100
    assert centre_of(picture, 0) == pytest.approx(((40.5 * factor) - 0.5, (20.5 * factor) - 0.5), abs=0.3)


def test_markers_grow_with_dpi_and_not_with_scale():
    def area(**how):
        drawing = LabelDrawing(BodyPlan(("a",)), "s", dotsize=6, alpha=1, **how)
        return int(drawing.picture(canvas(0), np.array([[[40.0, 20.0]]]), NOTHING).any(axis=-1).sum())

    assert area(scale=3) == pytest.approx(area(), rel=0.2)
    assert area(dpi=300) > 5 * area()


def test_a_marker_never_hides_a_tiny_image():
    drawing = LabelDrawing(BodyPlan(("a",)), "o", dotsize=50, alpha=1)
    picture = drawing.picture(canvas(0, (16, 24)), np.array([[[12.0, 8.0]]]), NOTHING)
    assert picture.any(axis=-1).mean() < 0.15
    assert drawing.picture(canvas(0, (1, 1)), np.array([[[0.0, 0.0]]]), NOTHING).shape == (1, 1, 3)


def test_bones_are_drawn_between_labelled_ends_in_their_colour():
    plan = BodyPlan(("a", "b", "c"), skeleton=(("a", "b"), ("b", "c")))
    xy = np.array([[[10.0, 30], [70, 30], [np.nan, np.nan]]])
    drawing = LabelDrawing(plan, ".", dotsize=2, alpha=1, bone_color="lime")
    picture = drawing.picture(canvas(0), xy, NOTHING)
    assert picture[30, 40].tolist() == pytest.approx([0, 255, 0], abs=30) and not picture[:25].any()
    without = LabelDrawing(plan, ".", dotsize=2, bones=False).picture(canvas(0), xy, NOTHING)
    assert not without[:, 35:45].any()


def test_the_image_itself_is_left_as_it_is():
    image = canvas()
    LabelDrawing(BodyPlan(("a",))).picture(image, np.array([[[40.0, 20.0]]]), NOTHING)
    assert (image == 120).all()


@pytest.mark.parametrize(("wrong", "said"), [
    ({"scale": 0}, "scale"), ({"scale": float("nan")}, "scale"), ({"dpi": -1}, "dpi"), ({"alpha": 1.5}, "alphavalue"),
    ({"marker": ""}, "marker"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused_before_the_first_picture(wrong, said):
    with pytest.raises(InvalidInput, match=said):
        LabelDrawing(BodyPlan(("a",)), **wrong)


def test_pictures_of_absurd_size_are_refused():
    with pytest.raises(InvalidInput, match="too large"):
        LabelDrawing(BodyPlan(("a",)), scale=1000).picture(canvas(), np.zeros((1, 1, 2)), NOTHING)


def test_drawing_loads_no_plotting():
    script = (
        "import sys, deeplabcut.visualization.labelled; sys.exit(any(m.startswith('matplotlib') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
