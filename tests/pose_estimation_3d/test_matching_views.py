"""Tables of two cameras: empty ones, and who is who."""

import numpy as np
import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import BodyPlan, PoseTable
from deeplabcut.core.triangulation import fundamental_matrix, project
from deeplabcut.io.tables import from_frame, table_of_poses, to_frame
from deeplabcut.pose_estimation_3d.matching import NOTHING_IN_COMMON, create_empty_df, cross_view_match_dataframes

LENS = np.array([[480.0, 0, 320], [0, 480, 240], [0, 0, 1]])
LEFT, RIGHT = LENS @ np.eye(3, 4), LENS @ np.column_stack([np.eye(3), [-3.0, 0, 0]])
F = fundamental_matrix(LEFT, RIGHT)


def frame_of(xy, individuals=(), bodyparts=("snout", "tail"), unique=()):
    poses = np.concatenate([xy, np.full((*xy.shape[:-1], 1), 0.9)], axis=-1)
    plan = BodyPlan(tuple(bodyparts), tuple(individuals), tuple(unique))
    spare = np.full((len(xy), len(unique), 3), 0.5)
    return to_frame(table_of_poses(PoseTable(plan, "DLC", np.arange(len(xy)), poses, spare)))


@pytest.fixture
def views():
    """Pixels of two animals in two cameras: (2, n_frames, 2 animals, 2 bodyparts, 2)."""
    rng = np.random.default_rng(3)
    space = rng.uniform([-4, -3, 12], [4, 3, 20], (30, 2, 2, 3))
    space[:, 0, :, 1] += 3
    return project([LEFT, RIGHT], space)


def test_individuals_are_matched_in_the_order_of_the_columns(views):
    one = frame_of(views[0], ["zoe", "ann"])  # the alphabet would turn them round
    other = frame_of(views[1][:, ::-1], ["ann", "zoe"])
    costs, voting = cross_view_match_dataframes(one, other, F)
    assert voting == {0: 1, 1: 0}
    assert costs[0, 1] < 1e-6 and costs[1, 0] < 1e-6 and costs[0, 0] > 10 and costs[1, 1] > 10


def test_a_view_of_another_length_counts_as_far_as_it_goes(views):
    costs, voting = cross_view_match_dataframes(frame_of(views[0], "ab"), frame_of(views[1][:20], "ab"), F)
    assert voting == {0: 0, 1: 1} and np.diag(costs).max() < 1e-6


def test_bodyparts_are_matched_by_name(views):
    one = frame_of(views[0], "ab", ["snout", "tail"])
    other = frame_of(views[1][:, :, ::-1], "ab", ["tail", "snout"])
    assert np.diag(cross_view_match_dataframes(one, other, F)[0]).max() < 1e-6
    with pytest.raises(InvalidInput, match="no bodypart in common"):
        cross_view_match_dataframes(one, frame_of(views[1], "ab", ["ear", "paw"]), F)


def test_those_that_share_no_point_take_who_is_left(views):
    views[0][:, 1] = np.nan
    costs, voting = cross_view_match_dataframes(frame_of(views[0], "ab"), frame_of(views[1], "ab"), F)
    assert voting == {0: 0, 1: 1} and (costs[1] == NOTHING_IN_COMMON).all()


def test_views_of_different_numbers_of_individuals_are_matched(views):
    three = np.concatenate([views[1], views[1][:, :1] + [0, 200]], axis=1)
    one = frame_of(views[0], "ab", unique=["corner"])
    costs, voting = cross_view_match_dataframes(one, frame_of(three[:, [2, 1, 0]], "xyz"), F)
    assert costs.shape == (2, 3) and voting == {0: 2, 1: 1}


@pytest.mark.parametrize(("flag", "coords"), [("2d", ["x", "y", "likelihood"]), ("3d", ["x", "y", "z"])])
def test_an_empty_table_has_the_names_and_rows_of_the_full_one(views, flag, coords):
    full = frame_of(views[0], "ab", unique=["corner"])
    empty, scorer, bodyparts = create_empty_df(full, "DLC_3D", flag)
    table = from_frame(empty)
    assert scorer == "DLC_3D" and bodyparts == ["snout", "tail", "corner"]
    assert table.level("scorer") == ["DLC_3D"] and table.level("coords") == coords
    assert table.level("individuals") == ["a", "b", "single"] and table.level("bodyparts") == bodyparts
    assert np.isnan(table.values).all() and table.rows.tolist() == list(range(30))


def test_an_empty_table_of_one_animal_has_no_individuals(views):
    empty, _, bodyparts = create_empty_df(frame_of(views[0][:, :1]), "DLC_3D", "3d")
    assert list(empty.columns.names) == ["scorer", "bodyparts", "coords"] and bodyparts == ["snout", "tail"]
    with pytest.raises(InvalidInput, match="flag"):
        create_empty_df(empty, "DLC_3D", "4d")
