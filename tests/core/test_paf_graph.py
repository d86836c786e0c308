"""Graphs of limbs: made of the skeleton, checked, and thinned out at random without losing a bodypart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.paf_graph import (
    complete_graph,
    edges_beyond,
    filter_unwanted_paf_connections,
    forest_of,
    getpafgraph,
    graph2names,
    prune_paf_graph,
    validate_paf_graph,
)

CFG = {
    "multianimalbodyparts": ["snout", "back", "tail"],
    "uniquebodyparts": ["corner"],
    "skeleton": [["snout", "back"], ["tail", "back"], ["corner", "snout"]],
}


class Said(progress.Silent):
    def __init__(self):
        self.lines = []

    def message(self, text):
        self.lines.append(text)


@pytest.fixture
def said():
    said = Said()
    with progress.in_force(progress.Progress(said)):
        yield said.lines


def is_connected(edges):
    nodes = {node for edge in edges for node in edge}
    return len(forest_of(edges, range(len(edges)))) == len(nodes) - 1


def test_the_skeleton_becomes_pairs_of_numbers_unique_bodyparts_last(said):
    assert getpafgraph(CFG) == [[0, 1], [2, 1], [3, 0]]
    assert said == ["0: snout - back", "1: tail - back", "2: corner - snout"]


def test_limbs_to_unknown_bodyparts_are_left_out_and_named(said):
    assert getpafgraph({**CFG, "skeleton": [["snout", "wing"], ["snout", "tail"]]}, printnames=False) == [[0, 2]]
    assert len(said) == 1 and "'wing'" in said[0]


@pytest.mark.parametrize("skeleton", [[], None])
def test_a_project_without_a_skeleton_has_an_empty_graph(skeleton, said):
    assert getpafgraph({**CFG, "skeleton": skeleton}) == [] and said == []


def test_the_names_of_a_graph_are_told(said):
    assert graph2names(CFG, [[1, 2]]) is None
    assert said == ["0: back - tail"]


def test_edges_of_unique_bodyparts_are_unwanted():
    assert filter_unwanted_paf_connections(CFG, [[0, 1], [3, 0], [2, 1], [0, 3]]) == [1, 3]
    assert edges_beyond([[0, 4]], 5) == [] and edges_beyond([[-1, 0]], 5) == [0]


def test_a_bodypart_that_no_limb_reaches_is_named():
    validate_paf_graph(CFG, [[0, 1], [1, 2]])
    with pytest.raises(ValueError, match="No limb reaches tail"):
        validate_paf_graph(CFG, [[0, 1], [3, 0]])
    validate_paf_graph({**CFG, "multianimalbodyparts": ["snout"]}, [])  # one bodypart needs no limb


def test_the_complete_graph_has_every_pair_once():
    assert complete_graph(4) == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    assert complete_graph(1) == []


def test_a_graph_of_15_bodyparts_is_thinned_to_degree_6():
    graph = complete_graph(15)
    assert len(graph) == 105
    thin = prune_paf_graph(graph, average_degree=6)
    assert len(thin) == 45 and is_connected(thin) and {n for edge in thin for n in edge} == set(range(15))


@given(n=st.integers(2, 9), share=st.floats(0, 1), seed=st.integers(0, 5))
def test_a_thinned_graph_connects_what_it_connected_and_keeps_the_order(n, share, seed):
    graph = complete_graph(n)
    wanted = n - 1 + round(share * (len(graph) - n + 1))
    thin = prune_paf_graph(graph, desired_n_edges=wanted, rng=np.random.default_rng(seed))
    assert len(thin) == wanted and is_connected(thin)
    assert thin == [edge for edge in graph if edge in thin]
    assert thin == prune_paf_graph(graph, wanted, rng=np.random.default_rng(seed))


def test_different_draws_give_different_graphs():
    draws = {str(prune_paf_graph(complete_graph(8), 10, rng=np.random.default_rng(seed))) for seed in range(5)}
    assert len(draws) == 5


@pytest.mark.parametrize("options", [{}, {"desired_n_edges": 2}, {"desired_n_edges": 7}, {"average_degree": 9},
                                     {"desired_n_edges": 5, "average_degree": 2}])  # fmt: skip
def test_impossible_wishes_are_refused(options):
    with pytest.raises(InvalidInput):
        prune_paf_graph(complete_graph(4), **options)
