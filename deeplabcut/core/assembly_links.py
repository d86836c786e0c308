"""Links between detections: which peaks of two bodyparts belong to the same animal.

A network that predicts part affinity fields scores every pair of peaks along the edges of a graph of limbs. Here
the pairs are chosen, edge by edge, so that each peak has at most one partner per edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array

Costs = Mapping[int, Mapping[str, Any]]
"""Number of an edge -> ``{"m1": affinities, "distance": lengths}``, each (n_sources, n_targets)."""

_DECAY_PER_PX = 0.01  # how fast a link of an earlier frame loses its say with distance and age


class NearestLinks(Protocol):
    """The links of an earlier frame, as a `scipy.spatial.KDTree` over their ends (n_links, 4)."""

    def query(self, x: Any) -> Any: ...


@dataclass(frozen=True)
class AssemblyOptions:
    """How detections become individuals.

    Parameters
    ----------
    max_n_individuals : the most individuals in an image.
    n_bodyparts, n_unique : points of every individual, and points that exist once per image.
    graph : pairs of bodypart numbers; ``edges_kept`` are the positions that are used, by default all.
    greedy : take the best pairs one after the other instead of the best set of pairs.
    pcutoff : the least score of a detection that is linked.
    min_affinity : the least affinity of a link.
    min_n_links : individuals held together by fewer links are given up.
    max_overlap : of two poses that share this fraction the weaker one is given up; 0 and 1 switch this off.
    identity_only : group detections by the identity that the network gives them, without links.
    force_fusion : join the fragments beyond ``max_n_individuals`` with what lies closest.
    add_discarded : give detections without an individual to the closest one that lacks the bodypart.
    max_discarded_distance_px : how far away that individual may be.
    method : the key of the affinities among the costs.
    """

    max_n_individuals: int
    n_bodyparts: int
    n_unique: int = 0
    graph: Sequence[Sequence[int]] = ()
    edges_kept: Sequence[int] | None = None
    greedy: bool = False
    pcutoff: float = 0.1
    min_affinity: float = 0.05
    min_n_links: float = 2
    max_overlap: float = 0.8
    identity_only: bool = False
    force_fusion: bool = False
    add_discarded: bool = False
    max_discarded_distance_px: float = math.inf
    method: str = "m1"

    def __post_init__(self) -> None:
        if self.max_n_individuals < 1 or self.n_bodyparts < 1 or self.n_unique < 0:
            raise InvalidInput(
                f"{self.max_n_individuals} individuals of {self.n_bodyparts} bodyparts and {self.n_unique} unique "
                "bodyparts cannot be assembled: at least one individual of one bodypart is needed."
            )
        if wrong := [i for i in self._kept if not 0 <= i < len(self.graph)]:
            raise InvalidInput(
                f"The graph has {len(self.graph)} edges; there is no edge {wrong[0]} that could be used."
            )

    @property
    def _kept(self) -> Sequence[int]:
        return range(len(self.graph)) if self.edges_kept is None else self.edges_kept

    @cached_property
    def edges(self) -> tuple[tuple[int, int, int], ...]:
        """The edges in use as (number, source, target), without those that reach a unique bodypart."""
        edges = [(int(i), int(self.graph[i][0]), int(self.graph[i][1])) for i in self._kept]
        return tuple(edge for edge in edges if max(edge[1:]) < self.n_bodyparts and edge[1] != edge[2])


@dataclass(frozen=True)
class Detections:
    """The peaks of all bodyparts in one image, bodypart after bodypart; unique bodyparts are the last.

    Parameters
    ----------
    xy : (n, 2) pixels.
    score : (n,) in the float type of the network.
    bodypart : (n,) rising numbers.
    group : (n,) the most likely identity, -1 where the network gives none.
    counts : (n_bodyparts,) peaks of each bodypart.
    """

    xy: Array
    score: Array
    bodypart: Array
    group: Array
    counts: Array

    @classmethod
    def gather(
        cls,
        coordinates: Sequence[npt.ArrayLike],
        scores: Sequence[npt.ArrayLike],
        identity: Sequence[npt.ArrayLike] | None = None,
    ) -> Detections:
        """From one array per bodypart: positions (n, 2), scores (n,) or (n, 1), identities (n, n_individuals)."""
        points = [np.asarray(xy, float).reshape(-1, 2) for xy in coordinates]
        flat = [np.asarray(score).reshape(-1) for score in scores]
        counts = np.array([len(xy) for xy in points], int)
        if [len(score) for score in flat] != counts.tolist():
            raise InvalidInput("Each detection needs one score: the numbers of positions and scores differ.")
        bodypart = np.repeat(np.arange(len(points)), counts)
        some = [score for score in flat if len(score)]
        if not some:
            return cls(np.empty((0, 2)), np.empty(0), bodypart, np.empty(0, int), counts)
        group = np.full(len(bodypart), -1)
        if identity is not None:
            groups = [_most_likely(one, n) for one, n in zip(identity, counts.tolist(), strict=True)]
            group = np.concatenate(groups)
        return cls(np.concatenate(points), np.concatenate(some), bodypart, group, counts)

    def __len__(self) -> int:
        return len(self.bodypart)

    def rounded(self, threshold: float) -> float:
        """A threshold rounded as the scores are, so that a score of exactly this value passes."""
        return _rounded(threshold, self.score.dtype)

    @cached_property
    def first(self) -> Array:
        """The position of the first peak of each bodypart."""
        return np.asarray(np.cumsum(self.counts) - self.counts)

    @cached_property
    def usable(self) -> Array:
        """Which peaks are real (n,): files fill gaps with NaN, -1, or bodyparts whose positions are all 0."""
        with np.errstate(invalid="ignore"):
            real = np.isfinite(self.xy).all(axis=1) & np.isfinite(self.score) & (self.score >= 0)
        placed = np.bincount(self.bodypart, self.xy.any(axis=1), minlength=len(self.counts)) > 0
        return np.asarray(real & placed[self.bodypart])


def _rounded(threshold: float, dtype: np.dtype[Any]) -> float:
    return float(dtype.type(threshold)) if dtype.kind == "f" else threshold


def _most_likely(scores: npt.ArrayLike, n: int) -> Array:
    """The identity with the highest score for each of ``n`` peaks; -1 if there are none to choose from."""
    scores = np.asarray(scores, float).reshape(n, -1) if n else np.empty((0, 0))
    return scores.argmax(axis=1) if scores.shape[1] else np.full(n, -1)


@dataclass(frozen=True)
class Links:
    """Pairs of detections: ``ends`` (n, 2) are their positions among all, ``affinity`` (n,) how well they fit."""

    ends: Array
    affinity: Array

    def vectors(self, xy: Array) -> Array:
        """The two ends of each link (n, 4) as x, y, x, y."""
        return np.asarray(xy[self.ends].reshape(-1, 4))


NO_LINKS = Links(np.empty((0, 2), int), np.empty(0))


def link_detections(
    detections: Detections, costs: Costs, options: AssemblyOptions, earlier: Sequence[NearestLinks] = ()
) -> Links:
    """The links along all edges in use, in the order of the edges.

    Parameters
    ----------
    earlier : links of earlier frames, the nearest frame first; pairs far from all of them lose affinity.
    """
    usable, score = detections.usable, detections.score
    able = usable if options.greedy else usable & (score >= detections.rounded(options.pcutoff))
    table = _candidates(detections, able, None if options.greedy else options.max_n_individuals)
    sizes = (table >= 0).sum(axis=1)
    affinities, edges = _affinities(detections, costs, options, sizes.tolist())
    if not len(edges):
        return NO_LINKS
    sources, targets = table[edges[:, 0]], table[edges[:, 1]]
    pairs = (sources >= 0)[:, :, None] & (targets >= 0)[:, None, :]
    weight = _squares(affinities, detections, edges, sources, targets, pairs)
    least = _rounded(options.min_affinity, affinities.dtype)
    if earlier:
        weight[pairs] *= _say_of_earlier(detections.xy, sources, targets, pairs, earlier)
    good = pairs & (weight >= least)
    if options.greedy:
        sure = np.where(usable, score, 0).astype(float)
        good &= sure[sources][:, :, None] * sure[targets][:, None, :] >= detections.rounded(options.pcutoff) ** 2
        good = _strongest_pairs(np.where(good, weight, -np.inf), options.max_n_individuals)
    else:
        good &= _best_pairs(weight, pairs, sizes[edges])
    edge, row, column = np.nonzero(good)
    ends = np.stack([sources[edge, row], targets[edge, column]], axis=1)
    return Links(ends, weight[edge, row, column])


def _candidates(detections: Detections, able: Array, most: int | None) -> Array:
    """The peaks of each bodypart that may be linked (n_bodyparts, n), filled up with -1; ``most`` of each, the best."""
    chosen = np.flatnonzero(able)
    n_parts = len(detections.counts)
    part = detections.bodypart[chosen]
    if most is not None and np.bincount(part, minlength=1).max() > most:
        chosen = chosen[np.lexsort((-detections.score[chosen], part))]
        chosen = np.sort(chosen[_rank(detections.bodypart[chosen], n_parts) < most])
        part = detections.bodypart[chosen]
    table = np.full((n_parts, int(np.bincount(part, minlength=1).max())), -1)
    table[part, _rank(part, n_parts)] = chosen
    return table


def _rank(part: Array, n_parts: int) -> Array:
    """Position of each element among those of the same ``part``, which come in a row."""
    counts = np.bincount(part, minlength=n_parts)
    return np.asarray(np.arange(len(part)) - (np.cumsum(counts) - counts)[part])


def _affinities(
    detections: Detections, costs: Costs, options: AssemblyOptions, sizes: list[int]
) -> tuple[Array, Array]:
    """All affinities of the edges with candidates at both ends, in a row, and these edges (n, 2)."""
    counts = detections.counts.tolist()
    flat, edges = [], []
    for number, source, target in options.edges:
        cost = costs.get(number)
        if cost is None or not (sizes[source] and sizes[target]):
            continue
        affinity = np.asarray(cost[options.method])
        if affinity.shape != (counts[source], counts[target]):
            raise InvalidInput(
                f"The affinities of edge {number} have the shape {affinity.shape}, but there are {counts[source]} "
                f"detections of bodypart {source} and {counts[target]} of bodypart {target}."
            )
        distance = cost.get("distance")
        if distance is not None and np.asarray(distance).item(0) == math.inf and np.isinf(distance).all():
            continue
        flat.append(affinity.ravel())
        edges.append((source, target))
    if not edges:
        return np.empty(0), np.empty((0, 2), int)
    affinities = np.concatenate(flat)
    affinities[~np.isfinite(affinities)] = 0
    return affinities, np.array(edges)


def _squares(
    affinities: Array, detections: Detections, edges: Array, sources: Array, targets: Array, pairs: Array
) -> Array:
    """The affinities of candidates as float64 (n_edges, n, n), minus infinity where there is no pair."""
    n_source, n_target = detections.counts[edges].T
    start = np.cumsum(n_source * n_target) - n_source * n_target
    row, column = sources - detections.first[edges[:, :1]], targets - detections.first[edges[:, 1:]]
    place = (start[:, None] + row * n_target[:, None])[:, :, None] + column[:, None, :]
    return np.asarray(np.where(pairs, affinities[np.where(pairs, place, 0)].astype(float), -np.inf))


def _best_pairs(weight: Array, pairs: Array, sizes: Array) -> Array:
    """For each edge the pairs (n_edges, n, n) with the largest total weight.

    Where the best partners of the shorter side are all different and undisputed they are the solution, and no
    search is needed.
    """
    wide = (sizes[:, 0] <= sizes[:, 1])[:, None, None]
    best_of_row = weight == weight.max(axis=2, keepdims=True)
    best_of_column = weight == weight.max(axis=1, keepdims=True)
    matched = np.where(wide, best_of_row, best_of_column) & pairs
    disputed = (matched.sum(axis=1) > 1).any(axis=1) | (matched.sum(axis=2) > 1).any(axis=1)
    numbers = np.flatnonzero(disputed).tolist()
    if numbers:
        from scipy.optimize import linear_sum_assignment

        matched[disputed] = False
        for i, (n_rows, n_columns) in zip(numbers, sizes[disputed].tolist(), strict=True):
            rows, columns = linear_sum_assignment(weight[i, :n_rows, :n_columns], maximize=True)
            matched[i, rows, columns] = True
    return np.asarray(matched)


def _strongest_pairs(weight: Array, most: int) -> Array:
    """For each edge the strongest pair, then the strongest of what is left, up to ``most``: (n_edges, n, n)."""
    left, edges = weight.copy(), np.arange(len(weight))
    matched = np.zeros(weight.shape, bool)
    for _ in range(min(most, weight.shape[1])):
        row, column = divmod(left.reshape(len(left), -1).argmax(axis=1), weight.shape[2])
        some = left[edges, row, column] > -np.inf
        if not some.any():
            break
        edge, row, column = edges[some], row[some], column[some]
        matched[edge, row, column] = True
        left[edge, row] = -np.inf
        left[edge, :, column] = -np.inf
    return matched


def _say_of_earlier(xy: Array, sources: Array, targets: Array, pairs: Array, earlier: Sequence[NearestLinks]) -> Array:
    """A factor for each pair: near 1 where earlier frames had a link in the same place."""
    edge, row, column = np.nonzero(pairs)
    vectors = np.concatenate([xy[sources[edge, row]], xy[targets[edge, column]]], axis=1)
    ages = [np.exp(-_DECAY_PER_PX * age * tree.query(vectors)[0]) for age, tree in enumerate(earlier, start=1)]
    return np.asarray(np.mean(ages, axis=0))
