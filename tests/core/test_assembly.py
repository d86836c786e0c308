"""Peaks and edge affinities become individuals."""

import gzip
import importlib.util
import json
import pickle
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core import progress
from deeplabcut.core.assembly import Assembler, AssemblyOptions, Detections, Joint, Link, assemble_frame
from deeplabcut.core.errors import InvalidInput

CASES = json.loads(gzip.decompress((Path(__file__).parents[1] / "data" / "assembly" / "cases.json.gz").read_bytes()))
INPUT = CASES["input"]
OPTIONS = {
    "default": {},
    "greedy": {"greedy": True},
    "min_n_links_1": {"min_n_links": 1},
    "add_discarded": {"add_discarded": True},
    "add_discarded_min_n_links_1": {"add_discarded": True, "min_n_links": 1},
    "pcutoff_0.65": {"pcutoff": 0.65, "min_n_links": 1},
    "identity_only": {"identity_only": True},
    "identity_present": {},
    "window_size_1": {"window_size": 1},
    "min_affinity_0.75": {"min_affinity": 0.75, "min_n_links": 1},
}


def full_file(dtype=float, identity=False, source=INPUT):
    """The input as it stands in a ``_full`` file; the identities are those of the detections of frame 0."""
    data = {"metadata": source["metadata"]}
    for name in [key for key in source if key != "metadata"]:
        frame = source[name]
        data[name] = {
            "coordinates": ([np.array(xy, dtype) for xy in frame["coordinates"]],),
            "confidence": [np.array(score, dtype) for score in frame["confidence"]],
            "costs": {int(e): {k: np.array(v, dtype) for k, v in c.items()} for e, c in frame["costs"].items()},
        }
        if identity:
            scores = CASES["identity_scores_for_identity_cases"]
            data[name]["identity"] = [np.array(s)[: len(x)] for s, x in zip(scores, frame["coordinates"], strict=True)]
    return data


def assembled(data, **options):
    options = {"max_n_individuals": 2, "n_multibodyparts": 3, **options}
    assembler = Assembler(data, **options)
    assembler.assemble()
    return assembler


def rows(values):
    return np.array([[np.nan if v is None else v for v in row] for row in values])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", CASES["cases"])
def test_known_frames_give_known_individuals(case, dtype):
    result = assembled(full_file(dtype, case.startswith("identity")), **OPTIONS[case])
    for frame, expected in CASES["cases"][case].items():
        found = result.assemblies.get(int(frame), [])
        assert (int(frame) in result.assemblies) == expected["present"]
        assert len(found) == len(expected["assemblies"])
        for one, other in zip(found, expected["assemblies"], strict=True):
            np.testing.assert_allclose(one.data, rows(other["data"]), rtol=1e-6)
            assert one.n_links == other["n_links"] == len(one._links)
            assert one.affinity == pytest.approx(other["affinity"], rel=1e-6)
            assert sum(link.affinity for link in one._links) == pytest.approx(other["sum_affinity"], rel=1e-6)
        if expected["unique"] is None:
            assert int(frame) not in result.unique
        else:
            np.testing.assert_allclose(result.unique[int(frame)], rows(expected["unique"]), rtol=1e-6)


FUSION = {
    "default": {"min_n_links": 1},
    "force_fusion": {"min_n_links": 1, "force_fusion": True},
    "add_discarded": {"min_n_links": 1, "add_discarded": True},
    "min_n_links2": {},
}


def two_animals_one_in_fragments():
    """Four bodyparts in a chain; the second animal's middle link is weak."""
    a = np.array([[10.0, 10], [20, 12], [30, 11], [40, 10]])
    m1 = [[[0.9, 0], [0, 0.8]], [[0.7, 0], [0, 0.02]], [[0.95, 0.03], [0.1, 0.85]]]
    frame = {
        "coordinates": (list(np.stack([a, a + np.array([60, 40])], axis=1)),),
        "confidence": [np.array([[0.9], [0.8]])] * 4,
        "costs": {i: {"m1": np.array(values), "distance": np.ones((2, 2))} for i, values in enumerate(m1)},
    }
    return {"metadata": {"all_joints_names": list("abcd"), "PAFgraph": [[0, 1], [1, 2], [2, 3]]}, "frame0": frame}


@pytest.mark.parametrize("case", FUSION)
def test_fragments_are_fused_or_left_alone(case):
    found = assembled(two_animals_one_in_fragments(), n_multibodyparts=4, **FUSION[case]).assemblies[0]
    expected = CASES["fusion"]["cases"][case]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.data, rows(other["data"]))
        assert one.n_links == other["n_links"]
        assert one.affinity * one.n_links == pytest.approx(other["sum_affinity"])


def test_a_fused_fragment_does_not_live_on_beside_the_animal_it_joined():
    data = two_animals_one_in_fragments()
    found = assembled(data, n_multibodyparts=4, min_n_links=1, force_fusion=True, max_overlap=0, add_discarded=True)
    assert sorted(len(one) for one in found.assemblies[0]) == [4, 4]


def frame_of(points, affinities, graph, **options):
    """Assemble points given as bodypart -> rows of x, y, score and affinities given as edge -> matrix.

    The points are moved by one pixel, because a bodypart with nothing but zeros counts as absent.
    """
    points = [np.array(rows, float).reshape(-1, 3) + np.array([1, 1, 0]) for rows in points]
    detections = Detections.gather([p[:, :2] for p in points], [p[:, 2] for p in points])
    options = {"max_n_individuals": 2, "n_bodyparts": len(points), "min_n_links": 1, **options}
    costs = {i: {"m1": np.array(values, float)} for i, values in enumerate(affinities)}
    return assemble_frame(detections, costs, AssemblyOptions(graph=graph, **options))


def test_the_best_set_of_pairs_can_differ_from_the_best_pair():
    points = [[[0, 0, 1], [0, 50, 1]], [[9, 0, 1], [9, 50, 1]]]
    together = frame_of(points, [[[0.9, 0.8], [0.8, 0.1]]], [[0, 1]], max_overlap=0)
    assert together.members.tolist() == [[0, 3], [1, 2]]
    greedy = frame_of(points, [[[0.9, 0.8], [0.8, 0.1]]], [[0, 1]], greedy=True)
    assert greedy.members.tolist() == [[0, 2], [1, 3]]


def test_only_the_most_confident_detections_are_linked_unless_greedy():
    points = [[[0, 0, 0.5], [0, 50, 0.9]], [[9, 0, 1]]]
    assert frame_of(points, [[[0.9], [0.6]]], [[0, 1]], max_n_individuals=2).members.tolist() == [[0, 2]]
    three = [[[0, 0, 0.5], [0, 50, 0.9], [0, 90, 0.8]], [[9, 0, 1]]]
    assert frame_of(three, [[[0.9], [0.6], [0.1]]], [[0, 1]]).members.tolist() == [[1, 3]]
    assert frame_of(three, [[[0.9], [0.6], [0.1]]], [[0, 1]], greedy=True).members.tolist() == [[0, 3]]


def test_a_score_and_an_affinity_of_exactly_the_cutoff_pass_in_any_float_type():
    for dtype in (np.float16, np.float32, np.float64):
        detections = Detections.gather([[[1, 1]], [[9, 1]]], [np.array([0.1], dtype)] * 2)
        costs = {0: {"m1": np.array([[0.05]], dtype)}}
        for greedy in (False, True):
            options = AssemblyOptions(2, 2, graph=[[0, 1]], min_n_links=1, greedy=greedy)
            assert len(assemble_frame(detections, costs, options)) == 1


def test_an_edge_given_from_the_second_to_the_first_bodypart_works_as_well():
    points = [[[0, 0, 1], [0, 50, 1]], [[9, 0, 1], [9, 50, 1]]]
    forward = frame_of(points, [[[0.9, 0.1], [0.1, 0.8]]], [[0, 1]])
    back = frame_of(points, [[[0.9, 0.1], [0.1, 0.8]]], [[1, 0]])
    assert forward.members.tolist() == back.members.tolist() == [[0, 2], [1, 3]]


TWICE = [[[0, 0, 1]], [[9, 0, 1]], [[20, 0, 1], [22, 5, 1]], [[30, 0, 1]]]
TWICE_AFFINITIES = [[[0.9]], [[0.3, 0.0]], [[0.0, 0.7]], [[0.2], [0.6]]]
TWICE_GRAPH = [[0, 1], [0, 2], [1, 2], [2, 3]]


def test_growth_takes_the_strongest_link_at_the_border_and_never_a_bodypart_twice():
    result = frame_of([*TWICE, [], []], TWICE_AFFINITIES, TWICE_GRAPH)
    assert result.members.tolist() == [[0, 1, 3, 4, -1, -1]]
    assert result.n_links.tolist() == [3] and result.affinity[0] == pytest.approx(0.9 + 0.7 + 0.6)


def test_in_a_group_as_large_as_an_individual_the_earlier_edge_decides():
    result = frame_of([*TWICE, []], TWICE_AFFINITIES, TWICE_GRAPH)
    assert result.members.tolist() == [[0, 1, 2, 4, -1]]


def test_a_link_that_closes_a_circle_counts():
    points = [[[0, 0, 1]], [[9, 0, 1]], [[20, 0, 1]], []]
    result = frame_of(points, [[[0.9]], [[0.3]], [[0.8]]], [[0, 1], [0, 2], [1, 2]])
    assert result.n_links.tolist() == [3] and result.affinity[0] == pytest.approx(2.0)


def test_at_most_so_many_individuals_stay_and_the_most_complete_ones():
    points = [[[0, 0, 1], [50, 0, 1], [90, 0, 1]], [[0, 9, 1], [50, 9, 1]], [[90, 9, 1], [0, 18, 1]]]
    affinities = [[[0.5, 0], [0, 0.9], [0, 0]], [[0, 0], [0, 0], [0.95, 0]], [[0, 0.4], [0, 0]]]
    graph = [[0, 1], [0, 2], [1, 2]]
    result = frame_of(points, affinities, graph, max_n_individuals=3, max_overlap=0)
    assert len(result) == 3
    assert frame_of(points, affinities, graph, max_n_individuals=3).members.tolist()[0] == [2, -1, 5]
    two = frame_of(points, affinities, graph, max_n_individuals=2, greedy=True)
    assert len(two) == 2 and two.members.tolist()[0] == [0, 3, 6]


def test_of_two_poses_in_the_same_place_the_better_linked_one_stays():
    points = [[[0, 0, 1], [1, 0, 1]], [[9, 9, 1], [8, 9, 1]]]
    affinities, graph = [[[0.9, 0.0], [0.0, 0.8]]], [[0, 1]]
    shifted = [[[0, 0, 1], [0, 0, 1]], [[9, 9, 1], [9, 9, 1]]]
    assert len(frame_of(points, affinities, graph)) == 2
    assert frame_of(shifted, affinities, graph).members.tolist() == [[0, 2]]
    assert len(frame_of(shifted, affinities, graph, max_overlap=0)) == 2
    assert len(frame_of(shifted, affinities, graph, max_overlap=1)) == 2


def test_a_double_that_lies_just_inside_is_found_too():
    points = [[[0, 0, 1], [1, 1, 1]], [[90, 90, 1], [89, 89, 1]]]
    assert frame_of(points, [[[0.9, 0.0], [0.0, 0.8]]], [[0, 1]]).members.tolist() == [[0, 2]]


def test_discarded_detections_go_to_the_closest_individual_within_reach():
    points = [[[0, 0, 1], [100, 0, 1]], [[9, 0, 1], [109, 0, 1]], [[50, 0, 0.05], [114, 0, 0.02]]]
    affinities, graph = [[[0.9, 0], [0, 0.8]]], [[0, 1]]
    assert frame_of(points, affinities, graph).members.tolist() == [[0, 2, -1], [1, 3, -1]]
    added = frame_of(points, affinities, graph, add_discarded=True)
    assert added.members.tolist() == [[0, 2, 4], [1, 3, 5]] and added.n_links.tolist() == [1, 1]
    near = frame_of(points, affinities, graph, add_discarded=True, max_discarded_distance_px=20)
    assert near.members.tolist() == [[0, 2, -1], [1, 3, 5]]


def test_one_individual_takes_the_best_detection_of_each_bodypart_without_cutoff():
    points = [[[0, 0, 0.3], [5, 5, 0.6]], [[9, 0, 0.01]]]
    result = frame_of(points, [], [[0, 1]], max_n_individuals=1)
    assert result.members.tolist() == [[1, 2]] and result.n_links.tolist() == [0]


def test_of_a_single_bodypart_every_sufficient_detection_is_an_individual():
    result = frame_of([[[0, 0, 0.3], [5, 5, 0.05], [7, 7, 0.6], [9, 9, 0.4]]], [], [], max_n_individuals=2)
    assert result.members.tolist() == [[0], [2], [3]]
    assert result.as_array(2)[:, 0, 2].tolist() == [0.6, 0.4]


def test_networks_get_rows_of_minus_one_for_missing_individuals():
    points = [[[0, 0, 0.9]], [[9, 0, 0.8]], []]
    array = frame_of(points, [[[0.5]]], [[0, 1]]).as_array(2)
    assert array.shape == (2, 3, 5) and (array[1] == -1).all()
    np.testing.assert_array_equal(array[0, 0], [1, 1, 0.9, -1, 0.5])
    np.testing.assert_array_equal(array[0, 2], [np.nan, np.nan, 0, np.nan, 0.5])


def test_bodyparts_whose_positions_are_all_0_hold_no_detections():
    options = AssemblyOptions(2, 2, graph=[[0, 1]], min_n_links=1)
    for x, n in ((1, 1), (0, 0)):
        detections = Detections.gather([[[x, 0]], [[9, 0]]], [[0.9], [0.8]])
        assert len(assemble_frame(detections, {0: {"m1": np.array([[0.9]])}}, options)) == n


def test_edges_without_a_finite_distance_are_not_used():
    detections = Detections.gather([[[1, 1]], [[9, 1]]], [[0.9], [0.8]])
    options = AssemblyOptions(2, 2, graph=[[0, 1]], min_n_links=1)
    for distance, n in ((8.0, 1), (np.inf, 0)):
        costs = {0: {"m1": np.array([[0.9]]), "distance": np.array([[distance]])}}
        assert len(assemble_frame(detections, costs, options)) == n


def test_edges_to_unique_bodyparts_are_left_out():
    points = [[[1, 1, 1]], [[9, 1, 1]], [[5, 5, 1]]]
    result = frame_of(points, [[[0.9]], [[0.9]]], [[0, 1], [0, 2]], n_bodyparts=2, n_unique=1)
    assert result.members.tolist() == [[0, 1]] and result.unique.tolist() == [[6, 6, 1]]


def test_affinities_of_the_wrong_shape_are_named():
    with pytest.raises(InvalidInput, match=r"edge 0 .*\(1, 2\).*1 detections of bodypart 0"):
        frame_of([[[1, 1, 1]], [[9, 1, 1]]], [[[0.9, 0.1]]], [[0, 1]])


def test_detections_of_other_bodyparts_are_refused():
    detections = Detections.gather([[[1, 1]], [[9, 1]]], [[0.9], [0.8]])
    with pytest.raises(InvalidInput, match="2 bodyparts, but individuals of 3 and 1 unique"):
        assemble_frame(detections, {}, AssemblyOptions(2, 3, 1))


def test_positions_and_scores_belong_together():
    with pytest.raises(InvalidInput, match="one score"):
        Detections.gather([[[1, 1]]], [[0.5, 0.6]])


@pytest.mark.parametrize("wrong", [{"max_n_individuals": 0}, {"n_bodyparts": 0}, {"n_unique": -1}, {"edges_kept": [3]}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(InvalidInput):
        AssemblyOptions(**{"max_n_individuals": 2, "n_bodyparts": 3, "graph": [[0, 1]], **wrong})


def test_the_same_frame_after_a_frame_without_links_is_compared_with_the_last_that_has_some():
    data = full_file()
    data["frame1"] = {"coordinates": ([[]] * 4,), "confidence": [[]] * 4, "costs": {}}
    data["frame2"] = full_file()["frame1"]
    one, two = (assembled(data, window_size=n).assemblies[2][0].affinity for n in (1, 2))
    assert one == pytest.approx(0.85) and two == pytest.approx(0.833169)


def test_assembling_twice_gives_the_same_and_reports_progress():
    class Counted(progress.Silent):
        total = None

        def end(self, task, error):
            self.total = (task.done, task.total)

    reporter = Counted()
    assembler = Assembler(full_file(), max_n_individuals=2, n_multibodyparts=3, window_size=1)
    with progress.in_force(progress.Progress(reporter)):
        assembler.assemble(chunk_size=0)
        first = {i: [one.data for one in found] for i, found in assembler.assemblies.items()}
        assembler.assemble(n_processes=2)
    assert reporter.total == (3, 3)
    for i, found in assembler.assemblies.items():
        np.testing.assert_array_equal([one.data for one in found], first[i])


def test_the_assembler_knows_its_file():
    assembler = Assembler(full_file(), max_n_individuals=2, n_multibodyparts=3)
    assert len(assembler) == 3 and assembler.n_keypoints == 4 and assembler.n_uniquebodyparts == 1
    assert assembler.metadata["imnames"] == ["frame0", "frame1", "frame2"]
    assert assembler.metadata["joint_names"] == ["nose", "mid", "tail", "corner"]
    assert assembler.graph == [[0, 1], [0, 2], [1, 2]] and assembler.paf_inds == [0, 1, 2]
    assert assembler[1]["confidence"][3] == 0.05


def test_edges_default_to_the_whole_graph_where_a_file_does_not_name_them():
    data = full_file()
    data["metadata"] = {key: value for key, value in data["metadata"].items() if key != "PAFinds"}
    assert Assembler(data, max_n_individuals=2, n_multibodyparts=3).paf_inds == [0, 1, 2]


def test_an_assembler_without_frames_holds_the_settings_of_a_network():
    assembler = Assembler.empty(2, 3, 1, [[0, 1], [0, 2], [1, 2]], [0, 2], min_affinity=0.5, add_discarded=True)
    assert assembler.n_keypoints == 4 and len(assembler) == 0
    assert [edge[0] for edge in assembler.options.edges] == [0, 2]
    assembler.paf_inds = [1]
    assert assembler.options.edges == ((1, 0, 2),) and assembler.options.add_discarded
    frame = full_file()["frame0"]
    detections = Detections.gather(frame["coordinates"][0], frame["confidence"])
    assert len(assemble_frame(detections, frame["costs"], assembler.options)) == 0  # one link each is too few
    assembler.min_n_links = 1
    assert len(assemble_frame(detections, frame["costs"], assembler.options)) == 2


def test_identity_only_needs_identities():
    with pytest.warns(UserWarning, match="no identities"):
        result = assembled(full_file(), identity_only=True)
    assert [len(one) for one in result.assemblies[0]] == [3, 3]


def test_detections_without_affinities_are_refused_with_advice():
    data = full_file()
    data["frame1"]["costs"] = None
    with pytest.raises(InvalidInput, match="_assemblies file"):
        assembled(data)
    assert len(assembled(data, max_n_individuals=1).assemblies) == 3


def test_links_and_individuals_are_found_step_by_step_too():
    assembler = Assembler(full_file(), max_n_individuals=2, n_multibodyparts=3)
    frame = assembler[0]
    joints, idx = {}, 0
    for label, (xy, scores) in enumerate(zip(frame["coordinates"][0], frame["confidence"], strict=True)):
        joints[label] = []
        for pos, score in zip(xy.tolist(), scores[:, 0].tolist(), strict=True):
            joints[label].append(Joint(tuple(pos), score, label, idx))
            idx += 1
    links = assembler.extract_best_links(joints, frame["costs"])
    assert [(link.idx, link.affinity) for link in links] == [
        ((0, 2), 0.9), ((1, 3), 0.8), ((0, 5), 0.7), ((1, 6), 0.6), ((2, 5), 0.95), ((3, 6), 0.85),
    ]  # fmt: skip
    found = assembler.build_assemblies(links)
    assert [(one.n_links, one.affinity) for one in found] == [(3, pytest.approx(0.85)), (3, pytest.approx(0.75))]
    assert assembler.build_assemblies([]) == []


def test_assemblies_survive_pickling_with_their_links():
    one = assembled(full_file()).assemblies[0][0]
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(again.data, one.data)
    assert [link.idx for link in again._links] == [link.idx for link in one._links] and again.affinity == one.affinity
    assert isinstance(again._links[0], Link)


@st.composite
def any_frame(draw):
    """Detections, affinities and settings without any sense in them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_parts, n_unique = draw(st.integers(1, 5)), draw(st.integers(0, 2))
    most = draw(st.sampled_from([0, 1, 3, 12, 50]))
    counts = rng.integers(0, most + 1, n_parts + n_unique)
    dtype = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    holes = draw(st.sampled_from([0.0, 0.2, 1.0]))

    def values(low, high, shape):
        array = rng.uniform(low, high, shape).round(2).astype(dtype)
        array[rng.random(shape) < holes] = rng.choice([np.nan, -1.0, np.inf])
        return array

    graph = [edge for edge in combinations(range(n_parts + n_unique), 2) if rng.random() < 0.7]
    graph = [list(edge[:: rng.choice([1, -1])]) for edge in graph]
    costs = {}
    for i, (a, b) in enumerate(graph):
        if rng.random() < 0.9:
            costs[i] = {"m1": values(0, 1, counts[[a, b]]), "distance": values(0, 100, counts[[a, b]])}
    identity = [values(0, 1, (n, draw(st.integers(0, 3)))) for n in counts] if draw(st.booleans()) else None
    detections = Detections.gather([values(0, 60, (n, 2)) for n in counts], [values(0, 1, n) for n in counts], identity)
    flags = {name: draw(st.booleans()) for name in ("greedy", "identity_only", "force_fusion", "add_discarded")}
    options = AssemblyOptions(
        draw(st.integers(1, 10)), n_parts, n_unique, graph, pcutoff=draw(st.sampled_from([0.0, 0.1, 0.6])),
        min_n_links=draw(st.sampled_from([0, 1, 2, n_parts / 2])), max_overlap=draw(st.sampled_from([0, 0.5, 0.8])),
        **flags,
    )  # fmt: skip
    return detections, costs, options


@pytest.mark.filterwarnings("error")
@settings(deadline=None)
@given(any_frame())
def test_T25_any_detections_give_individuals_that_share_none(frame):
    detections, costs, options = frame
    found = assemble_frame(detections, costs, options)
    used = found.members[found.members >= 0]
    assert len(set(used.tolist())) == len(used)
    assert options.n_bodyparts == 1 or len(found) <= options.max_n_individuals
    assert (found.members >= 0).any(axis=1).all()
    there = found.members >= 0
    assert np.isfinite(found.poses[there]).all()
    np.testing.assert_array_equal(found.poses[..., :2][there], detections.xy[used])
    np.testing.assert_array_equal(detections.bodypart[used], np.nonzero(there)[1])
    assert np.isnan(found.poses[~there][:, [0, 1, 3]]).all() and (found.poses[~there][:, 2] == 0).all()
    assert found.as_array(options.max_n_individuals).shape == (options.max_n_individuals, options.n_bodyparts, 5)
    again = assemble_frame(detections, costs, options)
    np.testing.assert_array_equal(again.members, found.members)


@pytest.fixture
def plainly(monkeypatch):
    """The benchmark's way to do the same with one object for each thing."""
    path = Path(__file__).parents[2] / "benchmarks" / "assembly.py"
    spec = importlib.util.spec_from_file_location("plain_assembly", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("n_animals", [2, 6])
@pytest.mark.parametrize("graph", ["CHAIN", "COMPLETE"])
def test_crowds_come_out_as_when_everything_is_done_one_by_one(plainly, graph, n_animals):
    data = plainly.crowd(n_animals, getattr(plainly, graph), 12, seed=n_animals, false_peaks=0.6)
    found = assembled(data, max_n_individuals=n_animals, n_multibodyparts=plainly.N_PARTS)
    for i in range(12):
        expected = plainly.plain(found[i], found.graph, n_animals)
        assert len(expected) == len(found.assemblies.get(i, []))
        for animal, one in zip(expected, found.assemblies.get(i, []), strict=True):
            xy = np.full((plainly.N_PARTS, 2), np.nan)
            for part, joint in animal.joints.items():
                xy[part] = joint.x, joint.y
            np.testing.assert_array_equal(one.xy, xy)
            assert one.n_links == len(animal.links) and one.affinity * one.n_links == pytest.approx(animal.affinity)
