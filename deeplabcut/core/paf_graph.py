"""Graphs of limbs, along which detections of bodyparts are joined into individuals.

A graph is a list of pairs of bodypart numbers; the numbers count the bodyparts of each individual first and the
unique bodyparts after them, in training sets, networks and files alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput

Edge = Sequence[int]


def complete_graph(n_bodyparts: int) -> list[list[int]]:
    """Every pair of bodyparts."""
    return [list(pair) for pair in combinations(range(n_bodyparts), 2)]


def edges_of_names(pairs: Iterable[Sequence[str]], names: Sequence[str]) -> tuple[list[list[int]], list[list[str]]]:
    """Pairs of names as pairs of numbers, and those pairs that name something unknown."""
    place = {name: number for number, name in enumerate(names)}
    known, unknown = [], []
    for a, b in pairs:
        if a in place and b in place:
            known.append([place[a], place[b]])
        else:
            unknown.append([a, b])
    return known, unknown


def edges_beyond(edges: Iterable[Edge], n_bodyparts: int) -> list[int]:
    """Positions of the edges with an end that is not among the first ``n_bodyparts``."""
    return [i for i, (a, b) in enumerate(edges) if not (0 <= a < n_bodyparts and 0 <= b < n_bodyparts)]


def forest_of(edges: Sequence[Edge], order: Iterable[int]) -> list[int]:
    """Positions of edges that connect all that the graph connects, without a circle; earlier ones in ``order`` win."""
    group = {node: node for edge in edges for node in edge}

    def root(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    kept = []
    for i in order:
        a, b = map(root, edges[i])
        if a != b:
            group[a] = b
            kept.append(i)
    return kept


def prune_paf_graph(
    list_of_edges: Sequence[Edge],
    desired_n_edges: int | None = None,
    average_degree: float | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> list[list[int]]:
    """A random part of a graph that still connects all its bodyparts; edges keep their order.

    Parameters
    ----------
    desired_n_edges : int, optional
        How many edges to keep.
    average_degree : float, optional
        Instead: how many edges a bodypart keeps on average; n bodyparts keep ``ceil(n * average_degree / 2)`` edges.
    rng : numpy.random.Generator, optional
        For a result that can be repeated.
    """
    edges = [[int(a), int(b)] for a, b in list_of_edges]
    if (desired_n_edges is None) == (average_degree is None):
        raise InvalidInput("Give either desired_n_edges or average_degree.")
    if average_degree is not None:
        n_nodes = len({node for edge in edges for node in edge})
        desired_n_edges = math.ceil(n_nodes * average_degree / 2)
    order = (rng or np.random.default_rng()).permutation(len(edges)).tolist()
    forest = forest_of(edges, order)
    if desired_n_edges is None or not len(forest) <= desired_n_edges <= len(edges):
        raise InvalidInput(
            f"{desired_n_edges} edges are impossible: {len(forest)} are needed to connect the bodyparts, "
            f"and the graph has {len(edges)}.",
            fix="change desired_n_edges or average_degree",
        )
    others = [i for i in order if i not in set(forest)]
    return [edges[i] for i in sorted(forest + others[: desired_n_edges - len(forest)])]


def getpafgraph(cfg: Mapping[str, Any] | Any, printnames: bool = True) -> list[list[int]]:
    """The skeleton of a multi-animal project as pairs of numbers; empty where the project has none."""
    edges, unknown = edges_of_names(cfg.get("skeleton") or [], _names(cfg))
    say = progress.current().message
    for a, b in unknown:
        say(f"The skeleton joins {a!r} and {b!r}, and the project has no bodypart of one of these names.")
    if printnames:
        graph2names(cfg, edges)
    return edges


def graph2names(cfg: Mapping[str, Any] | Any, partaffinityfield_graph: Iterable[Edge]) -> None:
    """Say which bodyparts each edge joins."""
    names = _names(cfg)
    for number, (a, b) in enumerate(partaffinityfield_graph):
        progress.current().message(f"{number}: {names[a]} - {names[b]}")


def filter_unwanted_paf_connections(cfg: Mapping[str, Any] | Any, paf_graph: Iterable[Edge]) -> list[int]:
    """Positions of the edges that reach a unique bodypart, which no individual has."""
    return edges_beyond(paf_graph, len(cfg.get("multianimalbodyparts") or []))


def validate_paf_graph(cfg: Mapping[str, Any] | Any, paf_graph: Iterable[Edge]) -> None:
    """Raise if a bodypart of the individuals has no edge: it could never be joined to an individual."""
    names = list(cfg.get("multianimalbodyparts") or [])
    connected = {int(node) for edge in paf_graph for node in edge}
    alone = [name for number, name in enumerate(names) if number not in connected]
    if alone and len(names) > 1:
        raise InvalidInput(
            f"No limb reaches {', '.join(alone)}, so these bodyparts could not be assigned to an individual.",
            fix="add them to the skeleton in config.yaml",
        )


def _names(cfg: Mapping[str, Any] | Any) -> list[str]:
    return [*(cfg.get("multianimalbodyparts") or []), *(cfg.get("uniquebodyparts") or [])]
