"""One image: from the peaks of all bodyparts to the poses of individuals. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deeplabcut.core.assembly_growth import Draft, build_individuals
from deeplabcut.core.assembly_links import (
    NO_LINKS,
    AssemblyOptions,
    Costs,
    Detections,
    Links,
    NearestLinks,
    link_detections,
)
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SCORE, Array
from deeplabcut.core.similarity import extents, shared_fraction


@dataclass(frozen=True)
class FrameAssembly:
    """The individuals of one image.

    Parameters
    ----------
    poses : (n, n_bodyparts, 4) x_px, y_px, score, identity; an absent point is NaN, NaN, 0, NaN.
    members : (n, n_bodyparts) which detection each point is, -1 where absent.
    affinity : (n,) sum over the links of each individual.
    links : for each individual the positions of its links in ``found``.
    found : all links of the image.
    unique : (n_unique, 3) x_px, y_px, score of unique bodyparts, NaN where absent.
    """

    poses: Array
    members: Array
    affinity: Array
    links: tuple[list[int], ...]
    found: Links
    unique: Array

    def __len__(self) -> int:
        return len(self.poses)

    @property
    def n_links(self) -> Array:
        """How many links hold each individual together, (n,)."""
        return np.array([len(links) for links in self.links], int)

    def as_array(self, n_individuals: int) -> Array:
        """The poses (n_individuals, n_bodyparts, 5) as networks hand them out: the last column is the mean affinity.

        Missing individuals are -1. Of too many individuals, those with the best scores stay, in their order.
        """
        rows = np.full((n_individuals, self.poses.shape[1], 5), -1.0)
        best = np.sort(np.argsort(-self.poses[..., SCORE].sum(axis=1), kind="stable")[:n_individuals])
        rows[: len(best), :, :4] = self.poses[best]
        rows[: len(best), :, 4] = (self.affinity / np.maximum(self.n_links, 1))[best, None]
        return rows


def assemble_frame(
    detections: Detections, costs: Costs, options: AssemblyOptions, earlier: Sequence[NearestLinks] = ()
) -> FrameAssembly:
    """The individuals of one image.

    No detection is used twice. There are at most ``max_n_individuals``, except where individuals have a single
    bodypart: then each sufficient detection is one.

    Parameters
    ----------
    costs : number of an edge -> ``{"m1": affinities, "distance": lengths}``, each (n_sources, n_targets), rows and
        columns in the order of the detections. NaN counts as 0, edges may be missing.
    earlier : links of earlier frames, the nearest frame first.
    """
    if len(detections.counts) != options.n_bodyparts + options.n_unique:
        raise InvalidInput(
            f"There are detections of {len(detections.counts)} bodyparts, but individuals of {options.n_bodyparts} "
            f"and {options.n_unique} unique bodyparts are to be assembled."
        )
    unique = _unique_points(detections, options)
    usable = np.flatnonzero(detections.usable & (detections.bodypart < options.n_bodyparts))
    found, lost = NO_LINKS, set[int]()
    if options.n_bodyparts == 1:
        enough = usable[detections.score[usable] >= detections.rounded(options.pcutoff)]
        return _result([Draft({0: joint}) for joint in enough.tolist()], detections, found, unique, options)
    if options.max_n_individuals == 1:
        best = _by_bodypart(_by_score(usable, detections), detections)
        return _result([Draft(best)] if best else [], detections, found, unique, options)
    if options.identity_only:
        drafts = _by_identity(usable, detections, options)
    else:
        found = link_detections(detections, costs, options, earlier)
        drafts = build_individuals(found, detections.bodypart, detections.xy, options)
    drafts = [draft for draft in drafts if not 0 < len(draft.links) < options.min_n_links]
    if 0 < options.max_overlap < 1 and len(drafts) > 1:
        drafts, lost = _without_doubles(drafts, detections, options)
    if len(drafts) > options.max_n_individuals:
        drafts = sorted(drafts, key=lambda draft: -len(draft.joints))[: options.max_n_individuals]
    if options.add_discarded and drafts:
        lost.update(joint for draft in drafts for joint in draft.joints.values())
        pool = _by_score(np.setdiff1d(usable, list(lost)), detections)
        _add_discarded(drafts, pool, detections, options)
    return _result(drafts, detections, found, unique, options)


def _by_score(chosen: Array, detections: Detections) -> Array:
    """Detections with the best score first."""
    return np.asarray(chosen[np.argsort(-detections.score[chosen], kind="stable")])


def _by_bodypart(chosen: Array, detections: Detections) -> dict[int, int]:
    """The first of the chosen detections of each bodypart."""
    joints: dict[int, int] = {}
    for joint, part in zip(chosen.tolist(), detections.bodypart[chosen].tolist(), strict=True):
        joints.setdefault(part, joint)
    return joints


def _unique_points(detections: Detections, options: AssemblyOptions) -> Array:
    """The best detection of each unique bodypart (n_unique, 3); NaN where it is not better than the cutoff."""
    points = np.full((options.n_unique, 3), np.nan)
    chosen = np.flatnonzero(detections.usable & (detections.bodypart >= options.n_bodyparts))
    if not options.add_discarded:
        chosen = chosen[detections.score[chosen] > detections.rounded(options.pcutoff)]
    for part, joint in _by_bodypart(_by_score(chosen, detections), detections).items():
        points[part - options.n_bodyparts] = *detections.xy[joint], detections.score[joint]
    return points


def _by_identity(usable: Array, detections: Detections, options: AssemblyOptions) -> list[Draft]:
    """One individual for each identity, of its best detections; weak ones stay out."""
    chosen = usable[detections.score[usable] >= detections.rounded(options.pcutoff)]
    chosen, groups = _by_score(chosen, detections), np.unique(detections.group[chosen]).tolist()
    return [Draft(_by_bodypart(chosen[detections.group[chosen] == group], detections)) for group in groups]


def _members(drafts: list[Draft], n_bodyparts: int) -> Array:
    """Which detection each point of each individual is (n, n_bodyparts), -1 where absent."""
    members = np.full((len(drafts), n_bodyparts), -1)
    rows = [i for i, draft in enumerate(drafts) for _ in draft.joints]
    members[rows, [part for draft in drafts for part in draft.joints]] = [
        joint for draft in drafts for joint in draft.joints.values()
    ]
    return members


def _points(members: Array, detections: Detections) -> Array:
    """The positions (n, n_bodyparts, 2) of the members, NaN where absent."""
    return np.asarray(np.where((members >= 0)[..., None], detections.xy[members], np.nan))


def _without_doubles(
    drafts: list[Draft], detections: Detections, options: AssemblyOptions
) -> tuple[list[Draft], set[int]]:
    """The individuals by falling affinity, without those that share too much with a stronger one; and their joints.

    Among equals those with more and better points come first.
    """
    score = detections.score.tolist()
    quality = [(-draft.affinity, -sum(score[joint] for joint in draft.joints.values())) for draft in drafts]
    drafts = [drafts[i] for i in sorted(range(len(drafts)), key=quality.__getitem__)]
    xy = _points(_members(drafts, options.n_bodyparts), detections)
    rivals: dict[int, set[int]] = {}  # weaker -> stronger ones that it shares too much with
    strong, weak = _meeting(extents(xy))
    if not len(weak):
        return drafts, set()
    for i in np.flatnonzero(shared_fraction(xy[strong], xy[weak]) >= options.max_overlap).tolist():
        rivals.setdefault(int(weak[i]), set()).add(int(strong[i]))
    kept: list[int] = []
    lost: set[int] = set()
    for i, draft in enumerate(drafts):
        if rivals.get(i, set()).isdisjoint(kept):
            kept.append(i)
        else:
            lost.update(draft.joints.values())
    return [drafts[i] for i in kept], lost


def _meeting(boxes: Array) -> tuple[Array, Array]:
    """Which boxes (n, 4) of two corners touch: positions of the first and of the second of each pair."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    first, second = np.nonzero(np.triu((low <= high).all(axis=-1), 1))
    return first, second


def _add_discarded(drafts: list[Draft], pool: Array, detections: Detections, options: AssemblyOptions) -> None:
    """Give each detection of the pool, the best first, to the closest individual that lacks its bodypart."""
    points = _points(_members(drafts, options.n_bodyparts), detections)
    lacks = np.asarray(np.isnan(points[..., 0]))
    pool = pool[np.take(lacks.any(axis=0), detections.bodypart[pool])]
    xy = detections.xy[pool]
    distance = np.empty((len(pool), len(drafts)))
    for i, pose in enumerate(points):
        distance[:, i] = _distances(xy, pose[np.isfinite(pose[:, 0])]).min(axis=1)
    for row, (joint, part) in enumerate(zip(pool.tolist(), detections.bodypart[pool].tolist(), strict=True)):
        reach = np.where(lacks[:, part], distance[row], np.inf)
        closest = int(reach.argmin())
        if reach[closest] > options.max_discarded_distance_px or not lacks[closest, part]:
            continue
        drafts[closest].joints[part] = joint
        lacks[closest, part] = False
        distance[:, closest] = np.minimum(distance[:, closest], _distances(xy, xy[row : row + 1])[:, 0])


def _distances(a: Array, b: Array) -> Array:
    """How far each point of ``a`` (n, 2) is from each of ``b`` (m, 2)."""
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]))


def _result(
    drafts: list[Draft], detections: Detections, found: Links, unique: Array, options: AssemblyOptions
) -> FrameAssembly:
    """Individuals in the making as arrays."""
    members = _members(drafts, options.n_bodyparts)
    poses = np.full((*members.shape, 4), np.nan)
    poses[..., SCORE] = 0
    there = members >= 0
    chosen = members[there]
    poses[there] = np.column_stack([detections.xy[chosen], detections.score[chosen], detections.group[chosen]])
    affinity = np.array([draft.affinity for draft in drafts], float)
    return FrameAssembly(poses, members, affinity, tuple(draft.links for draft in drafts), found, unique)
