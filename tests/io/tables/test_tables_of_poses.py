"""One table, many views: arrays with names, pandas frames, and the layouts that files of the field come in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.poses import Annotations, BodyPlan, PoseTable
from deeplabcut.io.tables import (
    XY,
    XY_LIKELIHOOD,
    XYZ,
    Table,
    annotations_of,
    columns_for,
    frame_numbers,
    from_frame,
    image_keys,
    plan_of,
    points_of,
    poses_of,
    same_bits,
    table_of,
    table_of_annotations,
    table_of_poses,
    to_frame,
    without_coords,
)

names = st.lists(st.text("abcXYZ 鼠é-_0", min_size=1, max_size=6), min_size=1, max_size=4, unique=True)


@st.composite
def plans(draw):
    individuals = draw(st.one_of(st.just(()), names.filter(lambda found: "single" not in found)))
    unique = draw(names) if individuals and draw(st.booleans()) else ()
    return BodyPlan(tuple(draw(names)), tuple(individuals), tuple(unique))


def numbers(shape, seed, dtype):
    values = np.random.default_rng(seed).normal(0, 300, shape).astype(dtype)
    values[values > 350] = np.nan
    return values


@given(plans(), st.integers(0, 5), st.integers(0, 99))
def test_labels_pass_through_a_table_and_a_frame_bit_for_bit(plan, n, seed):
    images = tuple(("labeled-data", "v", f"{i}.png") for i in range(n))
    xy, unique = (
        numbers((n, plan.n_individuals, plan.n_bodyparts, 2), seed, "f8"),
        numbers((n, plan.n_unique, 2), 5, "f8"),
    )
    labels = Annotations(plan, "Bob", images, xy, unique)
    back = annotations_of(from_frame(to_frame(table_of_annotations(labels))))
    assert (back.plan, back.scorer, back.images) == (plan, "Bob", images)
    assert same_bits(back.xy, labels.xy) and same_bits(back.unique_xy, labels.unique_xy)


@given(plans(), st.integers(0, 5), st.sampled_from(["f4", "f8"]))
def test_predictions_pass_through_a_table_and_a_frame_bit_for_bit(plan, n, dtype):
    poses = numbers((n, plan.n_individuals, plan.n_bodyparts, 3), 1, dtype)
    table = PoseTable(plan, "DLC", np.arange(n) * 3, poses, numbers((n, plan.n_unique, 3), 2, dtype))
    back = poses_of(from_frame(to_frame(table_of_poses(table))))
    assert back.plan == plan and back.frames.tolist() == table.frames.tolist()
    assert same_bits(back.poses, table.poses) and same_bits(back.unique, table.unique)


def test_a_frame_has_the_level_names_and_index_types_that_scripts_expect(two_mice, tracked_mice):
    labels, tracks = to_frame(table_of_annotations(two_mice)), to_frame(table_of_poses(tracked_mice))
    assert list(labels.columns.names) == ["scorer", "individuals", "bodyparts", "coords"]
    assert labels.index.nlevels == 3 and list(labels.index.names) == [None] * 3
    assert labels.columns[-1] == ("Bob", "single", "corner", "y") and (labels.dtypes == "float64").all()
    assert tracks.index.dtype == "int64" and (tracks.dtypes == "float32").all()
    assert tracks.columns[-1] == ("DLC_net", "single", "corner", "likelihood")


def test_the_place_of_single_and_the_order_of_columns_do_not_matter(two_mice):
    table = table_of_annotations(two_mice)
    for order in (np.arange(14)[::-1], np.roll(np.arange(14), 2), np.roll(np.arange(14), 6)):
        shuffled = replace(table, values=table.values[:, order], columns=tuple(table.columns[i] for i in order))
        back = annotations_of(shuffled, two_mice.plan)
        assert same_bits(back.xy, two_mice.xy) and same_bits(back.unique_xy, two_mice.unique_xy)


def test_individuals_and_parts_that_a_file_lacks_are_missing_and_further_ones_are_left_out(two_mice):
    wanted = BodyPlan(("tail", "paw"), ("m3", "m2"), ("lamp", "corner"))
    back = annotations_of(table_of_annotations(two_mice), wanted)
    assert np.isnan(back.xy[:, 0]).all() and np.isnan(back.xy[:, :, 1]).all()
    assert same_bits(back.xy[:, 1, 0].copy(), two_mice.xy[:, 1, 2].copy())
    assert same_bits(back.unique_xy[:, 1], two_mice.unique_xy[:, 0]) and np.isnan(back.unique_xy[:, 0]).all()


def test_likelihoods_in_labels_are_left_out(tracked_mice):
    table = table_of_poses(replace(tracked_mice, frames=np.arange(7)))
    labels = replace(table, rows=tuple(("labeled-data", "v", f"{i}.png") for i in range(7)), row_names=())
    assert same_bits(annotations_of(labels).xy, tracked_mice.poses[..., :2].astype(float))
    assert "likelihood" not in without_coords(labels, "likelihood").level("coords")


def test_three_dimensional_points_are_read_by_name():
    plan = BodyPlan(("snout", "tail"), ("m1",))
    points = numbers((4, 1, 2, 3), 3, "f8")
    table = table_of(plan, "DLC_3D", np.arange(4), points, np.empty((4, 0, 3)), XYZ)
    assert same_bits(points_of(table, plan, XYZ)[0], points)
    assert same_bits(points_of(table, plan, ("z", "x"))[0], points[..., [2, 0]])


def test_an_evaluation_of_a_single_animal_names_its_individual_and_reads_with_the_plan_of_the_project():
    plan = BodyPlan(("snout",))
    points = numbers((2, 1, 1, 3), 4, "f8")
    rows = (("labeled-data", "v", "a.png"), ("labeled-data", "v", "b.png"))
    table = table_of(plan, "DLC", rows, points, np.empty((2, 0, 3)), XY_LIKELIHOOD, always_individuals=True)
    assert table.columns[0] == ("DLC", "individual_1", "snout", "x")
    assert same_bits(points_of(table, plan, XY_LIKELIHOOD)[0], points)


def test_rows_of_older_files_become_three_parts_and_frame_names_become_numbers():
    assert image_keys(("labeled-data/v/a.png", "labeled-data\\v\\b.png", r"C:\proj\labeled-data\v\c.png")) == (
        ("labeled-data", "v", "a.png"), ("labeled-data", "v", "b.png"), ("labeled-data", "v", "c.png"),
    )  # fmt: skip
    assert frame_numbers(("frame007", "12")).tolist() == [7, 12]
    with pytest.raises(DamagedFile, match="does not name an image"):
        image_keys(("a.png",))
    with pytest.raises(DamagedFile, match="no frame number"):
        frame_numbers(("img1.png",))


def test_what_does_not_fit_is_named():
    column = ("Bob", "snout", "x")
    with pytest.raises(DamagedFile, match="snout / x appears twice"):
        points_of(Table(np.zeros((1, 2)), np.arange(1), (column, column)), BodyPlan(("snout",)), XY)
    with pytest.raises(DamagedFile, match="several scorers"):
        poses_of(Table(np.zeros((1, 2)), np.arange(1), (("A", "s", "likelihood"), ("B", "s", "x"))))
    with pytest.raises(DamagedFile, match="single-animal"):
        points_of(Table(np.zeros((1, 1)), np.arange(1), (column,)), BodyPlan(("snout",), ("m1",)), XY)
    with pytest.raises(DamagedFile, match="no level"):
        plan_of(Table(np.zeros((1, 1)), np.arange(1), (("a", "length"),), (None, None)))
    with pytest.raises(DamagedFile, match="labels, not predictions"):
        poses_of(Table(np.zeros((1, 1)), np.arange(1), (column,)))
    with pytest.raises(InvalidInput, match="shape"):
        Table(np.zeros((1, 2)), np.arange(1), (column,))
    two = Table(np.zeros((1, 2)), np.arange(1), *columns_for(BodyPlan(("s",), ("a", "b")), "B", ("x",)))
    with pytest.raises(DamagedFile, match="2 individuals"):
        points_of(two, BodyPlan(("s",)), XY)
